"""Writes an archive."""

import os
import shutil
import sqlite3
import stat
import tarfile
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tools.audit import verify
from tools.backup.manifest import (
    ALLOWED,
    ARTIFACTS,
    DATABASES,
    FORMAT,
    OWN,
    QUESTIONS,
    REGISTRY,
    Manifest,
    member_of,
)
from tools.errors import BackupRefused, StateError
from tools.restoring import refuse_while_restoring

_SQLITE = b"SQLite format 3\0"
_PATIENCE = 30.0  # seconds a backup waits for whoever writes the registry


class BackupReport(BaseModel):
    """An archive that was written; `bytes` is its size. See `Manifest` for the last three."""

    model_config = ConfigDict(frozen=True)

    archive: str
    bytes: int
    members: tuple[str, ...]
    generation: str
    audit_head: str
    audit_fault: str = ""
    registry_fault: str = ""


def backup(home: Path, archive: Path, *, with_index: bool = False) -> BackupReport:
    """Write one archive of what is under `home`, or none at all.

    Raises `BackupRefused` when there is nothing to save, `archive` exists or the registry is busy, and `StateError` when it cannot
    be written, as on a full disk.
    """
    if not any((home / name).exists() for name in (*DATABASES, *REGISTRY)):
        raise BackupRefused(
            f"there is no state under {home}; name the folder that holds state.db with --home"
        )
    refuse_while_restoring(home)
    if archive.exists():
        raise BackupRefused(f"{archive} exists; choose another name, backups are not overwritten")
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=archive.parent) as folder:
            manifest = _save(home, archive, Path(folder), with_index=with_index)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StateError(f"{archive} was not written: {reason}; no part of it was left behind") from error
    return BackupReport(
        archive=str(archive),
        bytes=archive.stat().st_size,
        members=tuple(member.name for member in manifest.members),
        generation=manifest.generation,
        audit_head=manifest.audit_head,
        audit_fault=manifest.audit_fault,
        registry_fault=manifest.registry_fault,
    )


def _save(home: Path, archive: Path, folder: Path, *, with_index: bool) -> Manifest:
    copies = folder / "copies"
    generation = _generation(home)
    _copy_all(home, copies, generation=generation if with_index else "")
    manifest = _manifest(home, copies, generation=generation)
    packed = folder / "packed.tar.gz"
    _pack(copies, manifest, packed)
    packed.replace(archive)
    return manifest


def _copy_all(home: Path, copies: Path, *, generation: str) -> None:
    _copy_named(home, copies, [name for name in (*DATABASES, *QUESTIONS) if (home / name).exists()])
    _copy_registry(home, copies)
    _copy_own(home, copies)
    if generation:
        _copy_named(
            home, copies, ["index/CURRENT", *_below(home, home / "index" / "generations" / generation)]
        )


def _copy_registry(home: Path, copies: Path) -> None:
    """Both of its databases while nobody writes them, then the artifacts: those are only ever added."""
    from recsys_core.errors import OutputBusy
    from recsys_core.registry.lock import sole_writer

    found = [name for name in REGISTRY if (home / name).exists()]
    if not found:
        return
    try:
        with sole_writer(home, patience=_PATIENCE):
            _copy_named(home, copies, found)
    except OutputBusy as error:
        raise BackupRefused(f"nothing was saved: {error}") from error
    _copy_named(home, copies, _below(home, home / ARTIFACTS))


def _copy_own(home: Path, copies: Path) -> None:
    """Raises `BackupRefused` for approvers that anybody may have written: a restored copy would look like the real ones."""
    approvers = home / "approvers.json"
    if approvers.exists() and approvers.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BackupRefused(
            f"{approvers} may be written by others, so it proves nothing; look at what it says, then give it the mode 600"
        )
    files = [name for name in OWN if (home / name).is_file()]
    _copy_named(home, copies, [*files, *(name for top in OWN for name in _below(home, home / top))])


def _below(home: Path, folder: Path) -> list[str]:
    return [path.relative_to(home).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def _copy_named(home: Path, copies: Path, names: Sequence[str]) -> None:
    for name in names:
        if not ALLOWED.match(name):
            continue  # lock and journal files of a name nobody restores
        target = copies / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(home / name, target)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if not is_database:
        shutil.copyfile(source, target)
        return
    with closing(_read_only(source)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.backup(writer)


def _manifest(home: Path, copies: Path, *, generation: str) -> Manifest:
    audit_head = audit_fault = ""
    if (copies / "audit.db").exists():
        with closing(_read_only(copies / "audit.db")) as reader:
            verdict = verify(reader)
        audit_head = f"{verdict.number}:{verdict.head}"
        if verdict.broken:
            audit_fault = f"row {verdict.broken.number}: {verdict.broken.reason}"
    settings = home / "settings.toml"
    return Manifest(
        format=FORMAT,
        cuebook=_own_version(),
        sqlite=sqlite3.sqlite_version,
        created_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        generation=generation,
        audit_head=audit_head,
        audit_fault=audit_fault,
        registry_fault=_registry_fault(copies),
        settings=(member_of(settings, "settings.toml"),) if settings.is_file() else (),
        members=tuple(
            member_of(path, path.relative_to(copies).as_posix())
            for path in sorted(copies.rglob("*"))
            if path.is_file() and ALLOWED.match(path.relative_to(copies).as_posix())
        ),
    )


def _registry_fault(copies: Path) -> str:
    from recsys_core.errors import RegistryNewer
    from recsys_core.registry.health import examine

    try:
        health = examine(copies, verify=False)
    except RegistryNewer as error:  # saved all the same; whoever restores it needs that version
        return str(error)
    return health.fault if health else ""


def _pack(copies: Path, manifest: Manifest, packed: Path) -> None:
    described = copies / "manifest.json"
    described.write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    descriptor = os.open(packed, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
            for name in ("manifest.json", *(member.name for member in manifest.members)):
                tar.add(copies / name, arcname=name, recursive=False, filter=_anonymous)
        file.flush()
        os.fsync(file.fileno())


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def _generation(home: Path) -> str:
    try:
        return (home / "index" / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)


def _own_version() -> str:
    try:
        return version("cuebook")
    except PackageNotFoundError:
        return "source"
