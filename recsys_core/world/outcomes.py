"""What lists of items would do for users of the generated world, for the judge: goals beside ranks.

Real data has only what was done under the system that ran; the world knows what anybody would do with anything, so a
model's list has a true value for engagement, satisfaction and discovery (`goals.py`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.world.generate import World
from recsys_core.world.goals import goals, pivot

ROWS = 256  # users at once: goals hold a few dense (rows, items) blocks


@dataclass(frozen=True, eq=False)
class Outcomes:
    """pivot: of the users that are judged, so that every block of them is measured alike."""

    world: World
    pivot: float

    @classmethod
    def of(cls, world: World, histories: Histories) -> Self:
        """Outcomes for these histories, users of the world."""
        starts = range(0, len(histories), ROWS)
        blocks = [histories.slice(start, min(start + ROWS, len(histories))) for start in starts]
        sums = sum(pivot(world, block) * len(block) for block in blocks)
        return cls(world, sums / len(histories))

    def values(self, histories: Histories, lists: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        """By goal: (rows,) the mean chance that an item of the row's list reaches it; lists (rows, places), -1 for none."""
        found: dict[str, list[NDArray[np.float64]]] = {}
        for start in range(0, len(histories), ROWS):
            stop = min(start + ROWS, len(histories))
            shown = lists[start:stop]
            for name, chances in goals(self.world, histories.slice(start, stop), at=self.pivot).items():
                reached = np.take_along_axis(chances, np.maximum(shown, 0), axis=1) * (shown >= 0)
                found.setdefault(name, []).append(
                    reached.sum(axis=1) / np.maximum((shown >= 0).sum(axis=1), 1)
                )
        return {name: np.concatenate(parts) for name, parts in found.items()}


def outcomes_of(path: Path, format: str, histories: Histories) -> Outcomes | None:
    """Outcomes where the data is a generated world; None for any other format, which cannot know them."""
    if format != "world":
        return None
    from recsys_core.data.readers.world import read_world

    return Outcomes.of(read_world(path), histories)
