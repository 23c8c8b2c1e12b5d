"""Folders that appear whole or not at all.

A folder is written as `.NAME.draft` beside its place and then renamed. The draft itself is locked while it is
written, so a second writer is told; a draft that a killed process left is emptied by the next one.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys_core.errors import ArtifactDamaged, OutputBusy, OutputExists


@contextmanager
def drafted(folder: Path) -> Iterator[Path]:
    """A draft to fill; it becomes `folder` when the block ends well and goes away when it does not.

    `folder` may exist when it is empty. Raises OutputExists, OutputBusy.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.parent / f".{folder.name}.draft"
    lock = _locked(draft)
    try:
        _empty(draft)
        yield draft
        for path in draft.rglob("*"):
            _sync(path)
        _sync(draft)
        _put(draft, folder)
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    finally:
        os.close(lock)


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """As `drafted`, inside a folder that nobody else writes: without a lock, and never over what is there.

    Raises ArtifactDamaged when `folder` exists already.
    """
    if folder.exists():
        raise ArtifactDamaged(
            f"{str(folder)!r} exists already; artifacts are never overwritten, choose a new folder"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
        draft.chmod(0o755)
        os.rename(draft, folder)  # noqa: PTH104 - refuses a folder that appeared meanwhile, unlike Path.replace
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def holds_something(folder: Path) -> bool:
    """Whether `folder` is a file, or a folder that is not empty."""
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locked(draft: Path) -> int:
    """A descriptor that holds the lock on the draft; the kernel lets go of it when the process ends."""
    while True:
        draft.mkdir(exist_ok=True)
        try:
            lock = os.open(draft, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # renamed into place between the two calls
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            name = draft.name.removeprefix(".").removesuffix(".draft")
            raise OutputBusy(
                f"another process is writing {name!r} in {str(draft.parent)!r}; wait for it, or choose another folder"
            ) from None
        if draft.exists() and os.fstat(lock).st_ino == draft.stat().st_ino:
            return lock
        os.close(lock)


def _empty(draft: Path) -> None:
    for path in draft.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _put(draft: Path, folder: Path) -> None:
    try:
        os.rename(draft, folder)  # noqa: PTH104 - replaces an empty folder and no other
    except OSError as error:
        if not holds_something(folder):
            raise
        raise OutputExists(
            f"{str(folder)!r} appeared meanwhile; nothing was overwritten, choose a new folder"
        ) from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
