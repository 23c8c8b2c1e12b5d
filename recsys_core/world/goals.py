"""What an item does for a user who is shown it, by the law of the world: three goals of a recommender.

engagement     she plays it: sigmoid(logit - pivot), the pivot being what her best twentieth of the catalogue reaches,
               averaged over users
satisfaction   she plays it and it is to her taste: times <t_u, x_i> where that is above 0. What is only popular or
               habitual engages and does not satisfy
discovery      she plays it and has never played anything of its creator
"""

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.world.generate import World

GOALS = ("engagement", "satisfaction", "discovery")
BEST = 0.95
Floats = NDArray[np.float64]


def goals(world: World, histories: Histories, *, at: float | None = None) -> dict[str, Floats]:
    """By goal: (rows, items) the chance that it is reached when the item is shown on the last day.

    Rows are users of the world with what is known of them; at: the pivot, by default that of these rows.
    """
    logits = _logits(world, histories)
    if at is None:
        at = float(np.quantile(logits, BEST, axis=1).mean())
    played = 1 / (1 + np.exp(at - logits))
    law = world.law
    liked = np.maximum(law.tastes[histories.users] @ law.traits.T, 0)
    return {
        "engagement": played,
        "satisfaction": played * liked,
        "discovery": played * ~_known_creators(world, histories),
    }


def pivot(world: World, histories: Histories) -> float:
    """The logit that the best twentieth of the catalogue reaches, mean over the rows."""
    return float(np.quantile(_logits(world, histories), BEST, axis=1).mean())


def _logits(world: World, histories: Histories) -> Floats:
    """(rows, items) of the last day, after what each row played last."""
    previous = np.where(histories.lengths > 0, histories.items[histories.indptr[1:] - 1], -1)
    return world.law.logits(histories.users, previous, world.config.days - 1).astype(np.float64)


def _known_creators(world: World, histories: Histories) -> NDArray[np.bool_]:
    """(rows, items) True where the history holds something of the item's creator."""
    names, creator = np.unique([item.creator for item in world.data.items], return_inverse=True)
    known = np.zeros((len(histories), len(names)), dtype=bool)
    known[histories.owners, creator[histories.items]] = True
    return known[:, creator]
