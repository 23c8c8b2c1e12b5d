"""Where a training is: what a checkpoint holds beside the weights."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Place:
    """phase: `choose` the epochs on held-out items, or `fit` everything. until: epochs at most, of this phase.

    epoch, step: the next to be taken; steps: taken in this phase. seconds: that everything took so far; reserve: that the
    best round had taken, None before the first. rounds: (epochs, ndcg@10). ended: what ended the choosing: `patience`,
    `epochs` or `minutes`; `fixed` when nothing was to be chosen.
    """

    phase: Literal["choose", "fit"]
    until: int
    epoch: int = 0
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    reserve: float | None = None
    rounds: list[tuple[int, float]] = field(default_factory=list)
    ended: str = "fixed"

    @property
    def best(self) -> tuple[int, float]:
        """Epochs and ndcg@10 of the best round, the earliest of equals; (0, 0) before the first."""
        return max(self.rounds, key=lambda each: each[1], default=(0, 0.0))

    @property
    def rounds_since_best(self) -> int:
        """How many rounds were no better."""
        return sum(epoch > self.best[0] for epoch, _ in self.rounds)
