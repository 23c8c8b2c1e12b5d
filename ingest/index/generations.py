"""Where finished indexes live, and how one takes the place of another.

    <home>/index/CURRENT             the generation to read, and in its second line the one before
    <home>/index/generations/<id>/   a generation: `library.sqlite` and `vectors/`
    <home>/index/LOCK                held while one is built, by its process
    <home>/index/embeddings.sqlite   see `cache`

A generation is complete before CURRENT names it, and CURRENT is replaced in one step: readers see the old one
or the new one. The one before stays on disk for readers that have it open. What is neither is removed by the
next build, which is how a killed run's leavings go.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ingest.errors import IndexBusy, IndexMissing, IngestError


class Generations:
    """The generations under one home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "index"
        self._pointer = self.folder / "CURRENT"

    def current(self) -> str | None:
        named = self._named()
        return named[0] if named else None

    def opened(self) -> tuple[str, Path]:
        """The current generation and its folder. Raises `IndexMissing`."""
        current = self.current()
        if current is None:
            raise IndexMissing(
                f"nothing has been indexed under {self.folder.parent} yet; run `cuebook ingest PATH`"
            )
        return current, self.path(current)

    def path(self, generation: str) -> Path:
        return self.folder / "generations" / generation

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever CURRENT does; costs one system call."""
        try:
            found = self._pointer.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Held by one process at a time; the system lets go of it when that process ends, however it ends.

        Raises `IndexBusy`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "LOCK").open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                file.seek(0)
                raise IndexBusy(
                    f"process {file.read().strip() or '?'} is building the index in {self.folder}; "
                    f"wait until it is done, then try again"
                ) from error
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    @contextlib.contextmanager
    def building(self) -> Iterator[tuple[str, Path]]:
        """A new generation's name and empty folder, which becomes the current one at the end.

        On any error the folder is removed and everything stays as it was. Call it with the lock held.
        """
        self._sweep()
        generation = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        folder = self.path(generation)
        try:
            folder.mkdir(parents=True)
            yield generation, folder
            self._publish(generation)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._sweep()

    def before(self, generation: str) -> str | None:
        """The generation before this one, if this is the current one and the other is still there."""
        named = self._named()
        whole = len(named) > 1 and named[0] == generation and self.path(named[1]).is_dir()
        return named[1] if whole else None

    def go_back(self, generation: str) -> str:
        """Make the generation before this one the current one. Raises `IndexMissing` where `before` finds none."""
        with self.lock():
            before = self.before(generation)
            if before is None:
                raise IndexMissing(f"the index before {generation} is gone, or another one is current by now")
            self._publish(before)
        return before

    def _publish(self, generation: str) -> None:
        before = self.current()
        temporary = self._pointer.with_suffix(".tmp")
        with temporary.open("w", encoding="ascii") as file:
            file.write(f"{generation}\n{before or ''}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._pointer)

    def _sweep(self) -> None:
        """Remove generations that CURRENT does not name."""
        named = self._named()
        for folder in (self.folder / "generations").glob("*"):
            if folder.name not in named:
                shutil.rmtree(folder, ignore_errors=True)

    def _named(self) -> tuple[str, ...]:
        try:
            lines = self._pointer.read_text(encoding="ascii").split()
        except (FileNotFoundError, NotADirectoryError):
            return ()
        # A name that is a path would lead out of the folder.
        return tuple(line for line in lines if Path(line).name == line)


@contextlib.contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """Turns the many ways in which "no space left" is reported into one `IngestError` that names the folder."""
    try:
        yield
    except IngestError:
        raise
    except Exception as error:
        if not _says_full(error):
            raise
        raise IngestError(
            f"no space is left on the disk of {folder}: the new index was not finished and has been removed, "
            f"the one before is unchanged; free some space and run `cuebook ingest` again"
        ) from error


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    said = str(error).lower()
    return "disk is full" in said or "no space left" in said or "disk quota exceeded" in said
