"""One writer at a time in a home, whichever process it is in."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys_core.errors import OutputBusy


@contextmanager
def sole_writer(home: Path, *, patience: float, lock: str = "registry.lock") -> Iterator[None]:
    """Nobody else holds the file `lock` in `home` meanwhile; waits `patience` seconds for that. Raises OutputBusy."""
    with (home / lock).open("a") as held:
        until = time.monotonic() + patience
        while not _taken(held.fileno()):
            if time.monotonic() >= until:
                raise OutputBusy(
                    f"another process is writing the registry in {str(home)!r}; try again in a moment"
                )
            time.sleep(0.05)
        yield


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
