"""How somebody follows a long training, and where it keeps what it needs to go on after it was killed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True)
class Watch:
    """progress: told stage, done and total; training is cancelled by raising in it. checkpoints: a folder of this run's
    own, where a run on the same data with the same configuration goes on; seconds: between two of them."""

    progress: Progress = silent
    checkpoints: Path | None = None
    seconds: float = 30.0
