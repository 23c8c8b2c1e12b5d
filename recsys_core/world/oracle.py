"""The oracle: scores by the very law the world was drawn from. No model can be expected to beat it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import UNKNOWN_USER, Histories
from recsys_core.errors import UnknownUser
from recsys_core.world.generate import World


@dataclass(frozen=True, eq=False)
class Oracle:
    """Knows tastes, traits and the day; still misses, because people draw from the odds and don't take the best."""

    world: World

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items) log-odds of the next event on the last day. Raises UnknownUser for guests."""
        if (histories.users == UNKNOWN_USER).any():
            raise UnknownUser(
                "the oracle knows the people of its world only; a guest (user index -1) was given"
            )
        ends = histories.indptr[1:] - 1
        previous = np.where(histories.lengths > 0, histories.items[ends] if len(histories.items) else -1, -1)
        return self.world.law.logits(histories.users, previous, self.world.config.days - 1)
