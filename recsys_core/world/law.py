"""The law of the generated world: how likely each user takes each item next.

    logit(u, i, day) = taste * <t_u, x_i> + lean_u[vertical(i)] + appeal_i + trend_i * day / days
                       + habit * <x_previous, x_i>

and nobody takes an item twice. The law is known in closed form, so an oracle can be scored beside what was learned.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Law:
    """tastes: (users, d) and traits: (items, d), unit rows in one space for all verticals. leans: (users, items),
    the user's liking of the item's vertical. appeal, trend: (items,). habit, taste: strengths. days: length."""

    tastes: Floats
    traits: Floats
    leans: Floats
    appeal: Floats
    trend: Floats
    taste: float
    habit: float
    days: int

    def logits(self, users: NDArray[np.int64], previous: NDArray[np.int64], day: int) -> Floats:
        """(rows, items) log-odds on `day`; previous: (rows,) item index, -1 for a first event."""
        pull = np.where(previous[:, None] >= 0, self.traits[previous], np.float32(0))  # (rows, d)
        aim = self.taste * self.tastes[users] + self.habit * pull
        logits = aim @ self.traits.T + self.leans[users] + self.appeal + self.trend * (day / self.days)
        return np.asarray(logits, dtype=np.float32)
