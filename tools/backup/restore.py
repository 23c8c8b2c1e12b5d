"""Reads an archive back."""

import gzip
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.backup.checking import check
from tools.backup.ending import end_what_was_open
from tools.backup.manifest import (
    ALLOWED,
    ARTIFACTS,
    DATABASES,
    FORMAT,
    OWN,
    QUESTIONS,
    REGISTRY,
    Manifest,
    Member,
)
from tools.errors import BackupDamaged, BackupRefused, StateError
from tools.restoring import MARK

_WITH_REGISTRY, _WITH_QUESTIONS = 2, 4  # the formats
_LARGEST_MANIFEST = 16 * 1024 * 1024
_LARGEST_HEADER = 64 * 1024  # bytes of what is no file, such as the long name of one
_BESIDE = ("-journal", "-wal", "-shm")


class RestoreReport(BaseModel):
    """What was put back; `moved_aside` is the folder with what stood there before, empty when nothing did.

    `kept` names what people wrote into this home and was not replaced. `ended_plans` and `ended_grants` count what was
    open when it was saved, and is not any more (`tools.backup.ending`).
    """

    model_config = ConfigDict(frozen=True)

    home: str
    members: tuple[str, ...]
    created_at: str
    moved_aside: str = ""
    kept: tuple[str, ...] = ()
    ended_plans: int = 0
    ended_grants: int = 0
    audit_fault: str = ""
    registry_fault: str = ""


def restore(archive: Path, home: Path, *, force: bool = False) -> RestoreReport:
    """Check an archive whole, then put it in place; what stood there is moved aside, never deleted.

    A policy, approvers, actions and playbooks of this home stay: an old archive lets nobody in again.

    Raises `BackupDamaged` for an archive that is not what its manifest says, and `BackupRefused` when it does not fit
    on the disk, or there is state under `home` already and `force` is false. After any error `home` is as it was.
    """
    home.mkdir(parents=True, exist_ok=True)
    _undo_interrupted(home)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as folder:
        staged = Path(folder)
        manifest = _unpack(archive, staged)
        check(staged, manifest)
        ended = end_what_was_open(staged / "state.db")
        saved = sorted({member.name.partition("/")[0] for member in manifest.members})
        kept = tuple(name for name in saved if name in OWN and os.path.lexists(home / name))
        tops = [name for name in saved if name not in kept]
        standing = [name for name in _in_the_way(tops, manifest) if (home / name).exists()]
        if standing and not force:
            raise BackupRefused(
                f"{home} holds {', '.join(standing)} already; stop the server and restore with --force to "
                "replace it (the old state is moved aside), or name another home"
            )
        aside = _swap(home, staged, tops=tops, standing=standing)
    return RestoreReport(
        home=str(home),
        members=tuple(
            member.name for member in manifest.members if member.name.partition("/")[0] not in kept
        ),
        created_at=manifest.created_at,
        moved_aside=str(aside) if aside else "",
        kept=kept,
        ended_plans=ended.plans,
        ended_grants=ended.grants,
        audit_fault=manifest.audit_fault,
        registry_fault=manifest.registry_fault,
    )


class _Bounded(tarfile.TarInfo):
    """A header that tarfile may read: it takes those that are no file into memory whole, however long they claim to be."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Bounded":
        found = super().frombuf(buf, encoding, errors)
        if found.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) and found.size > _LARGEST_HEADER:
            raise ValueError(f"{found.name[:80]!r} is no file and {found.size:,} bytes long")
        return found


def _make_sure_of_room(archive: Path, staged: Path, manifest: Manifest) -> None:
    """A few kilobytes can unpack to more than any disk: what is listed has to fit, and nothing else is written."""
    wanted, free = sum(member.size for member in manifest.members), shutil.disk_usage(staged).free
    if wanted > free:
        raise BackupRefused(
            f"{archive} unpacks to {wanted:,} bytes and {free:,} are free; make room or name a home on another disk"
        )


def _unpack(archive: Path, staged: Path) -> Manifest:
    try:
        with tarfile.open(archive, mode="r:gz", tarinfo=_Bounded) as tar:
            entries = iter(tar)
            manifest = _read_manifest(archive, tar, next(entries, None))
            _make_sure_of_room(archive, staged, manifest)
            wanted = {member.name: member for member in manifest.members}
            for entry in entries:
                member = wanted.pop(entry.name, None)
                if member is None or not entry.isreg() or entry.size != member.size:
                    raise BackupDamaged(
                        f"{archive}: {entry.name!r} is not what the manifest lists; use another copy"
                    )
                _extract(tar, entry, member, staged, archive)
    except FileNotFoundError as error:
        raise BackupDamaged(f"there is no file {archive}") from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        raise BackupDamaged(f"{archive} cannot be read as a backup ({error}); use another copy") from error
    except OSError as error:
        raise StateError(f"{archive} could not be unpacked: {error}; nothing was changed") from error
    if wanted:
        raise BackupDamaged(f"{archive}: {', '.join(sorted(wanted))} is missing; use another copy")
    return manifest


def _read_manifest(archive: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo | None) -> Manifest:
    if entry is None or entry.name != "manifest.json" or not entry.isreg() or entry.size > _LARGEST_MANIFEST:
        raise BackupDamaged(f"{archive} is no backup of cuebook: it does not begin with manifest.json")
    file = tar.extractfile(entry)
    content: Any = json.loads(file.read() if file else b"{}")
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise BackupDamaged(
            f"{archive} has format {found}, newer than {FORMAT}; upgrade cuebook to restore it"
        )
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        raise BackupDamaged(
            f"{archive}: its manifest cannot be understood: {error.errors()[0]['msg']}"
        ) from error
    for member in manifest.members:
        if not ALLOWED.match(member.name) or ".." in member.name.split("/"):
            raise BackupDamaged(f"{archive}: {member.name!r} is no file that a backup of cuebook holds")
    return manifest


def _extract(
    tar: tarfile.TarFile, entry: tarfile.TarInfo, member: Member, staged: Path, archive: Path
) -> None:
    source = tar.extractfile(entry)
    if source is None:
        raise BackupDamaged(f"{archive}: {entry.name!r} cannot be read")
    target = staged / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with source, os.fdopen(descriptor, "wb") as file:
        while block := source.read(1 << 20):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != member.sha256:
        raise BackupDamaged(f"{archive}: the content of {entry.name!r} was altered; use another copy")


def _in_the_way(tops: Sequence[str], manifest: Manifest) -> list[str]:
    """What has to make room: all databases that the format knows, whatever the archive holds, and their journals."""
    has_registry = manifest.format >= _WITH_REGISTRY
    questions = QUESTIONS if manifest.format >= _WITH_QUESTIONS else ()
    known = (*DATABASES, *questions, *(REGISTRY if has_registry else ()))
    journals = [f"{name}{ending}" for name in known for ending in _BESIDE]
    artifacts = (ARTIFACTS,) if has_registry else ()
    return list(dict.fromkeys((*tops, *known, *artifacts, *journals)))


def _swap(home: Path, staged: Path, *, tops: Sequence[str], standing: Sequence[str]) -> Path | None:
    """Put `tops` in place and what stands there aside; returns the folder it went to, if there was any."""
    aside = home / f"replaced-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
    with _all_or_nothing(home, aside, tops=tops, standing=standing):
        for name in standing:
            (home / name).replace(aside / name)
        for name in tops:
            (staged / name).replace(home / name)
    if standing:
        return aside
    aside.rmdir()
    return None


@contextmanager
def _all_or_nothing(
    home: Path, aside: Path, *, tops: Sequence[str], standing: Sequence[str]
) -> Iterator[None]:
    """Moves inside are undone after an error, and after a kill by the next restore; see `tools.restoring`."""
    aside.mkdir()
    mark = home / MARK
    with mark.open("w", encoding="utf-8") as file:
        json.dump({"aside": aside.name, "tops": list(tops), "standing": list(standing)}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        yield
    except BaseException:
        _undo_interrupted(home)
        raise
    mark.unlink()


def _undo_interrupted(home: Path) -> None:
    mark = home / MARK
    if not mark.exists():
        return
    try:
        noted = json.loads(mark.read_text(encoding="utf-8"))
    except ValueError:  # killed while writing the mark, before anything was moved
        mark.unlink()
        return
    aside = home / Path(noted["aside"]).name
    for name in noted["tops"]:
        if name not in noted["standing"]:
            _discard(home / name)
    for name in noted["standing"]:
        if (aside / name).exists():
            _discard(home / name)
            (aside / name).replace(home / name)
    if aside.is_dir():
        aside.rmdir()
    mark.unlink()


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
