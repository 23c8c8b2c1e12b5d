"""Writes an archive."""

import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tools.audit import verify
from tools.backup.manifest import ALLOWED, DATABASES, FORMAT, Manifest, member_of
from tools.errors import BackupRefused
from tools.restoring import refuse_while_restoring

_SQLITE = b"SQLite format 3\0"


class BackupReport(BaseModel):
    """An archive that was written; `bytes` is its size. See `Manifest` for the last two."""

    model_config = ConfigDict(frozen=True)

    archive: str
    bytes: int
    members: tuple[str, ...]
    generation: str
    audit_head: str
    audit_fault: str = ""


def backup(home: Path, archive: Path, *, with_index: bool = False) -> BackupReport:
    """Write one archive of what is under `home`, or none at all.

    Raises `BackupRefused` when there is nothing to save or `archive` exists.
    """
    if not any((home / name).exists() for name in DATABASES):
        raise BackupRefused(
            f"there is no state under {home}; name the folder that holds state.db with --home"
        )
    refuse_while_restoring(home)
    if archive.exists():
        raise BackupRefused(f"{archive} exists; choose another name, backups are not overwritten")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=archive.parent) as folder:
        copies = Path(folder) / "copies"
        generation = _generation(home)
        _copy_all(home, copies, generation=generation if with_index else "")
        manifest = _manifest(home, copies, generation=generation)
        packed = Path(folder) / "packed.tar.gz"
        _pack(copies, manifest, packed)
        size = packed.stat().st_size
        packed.replace(archive)
    return BackupReport(
        archive=str(archive),
        bytes=size,
        members=tuple(member.name for member in manifest.members),
        generation=manifest.generation,
        audit_head=manifest.audit_head,
        audit_fault=manifest.audit_fault,
    )


def _copy_all(home: Path, copies: Path, *, generation: str) -> None:
    names = [name for name in DATABASES if (home / name).exists()]
    if generation:
        names.append("index/CURRENT")
        root = home / "index" / "generations" / generation
        names += [path.relative_to(home).as_posix() for path in sorted(root.rglob("*")) if path.is_file()]
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
        settings=(member_of(settings, "settings.toml"),) if settings.is_file() else (),
        members=tuple(
            member_of(path, path.relative_to(copies).as_posix())
            for path in sorted(copies.rglob("*"))
            if path.is_file()
        ),
    )


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
