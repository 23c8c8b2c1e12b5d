"""Metrics of one slice at a time, from the ranks that the whole was measured by.

A mean over all listeners hides who pays for it: a model that is better on tracks may be worse on episodes, and one that
is better on what everybody knows may never show what is new.

    track, episode, audiobook    held-out items of that vertical, where there are several
    head, torso, tail            held-out items by how often training saw them: the head are the most frequent ones that
                                 hold half of all training interactions together, the torso the next 30 %, the tail the rest
    cold items                   held-out items that training never saw; they are of the tail too
    cold users                   users with at most five items in their history
"""

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.items import Vertical
from recsys_core.judge.first_ten import PLACES
from recsys_core.judge.metrics import Values, metrics
from recsys_core.judge.split import Split

HEAD, TORSO = 0.5, 0.8  # share of training interactions up to which an item is of the head, of the torso
COLD_USER = 5
Flags = NDArray[np.bool_]


def by_slice(ranks: NDArray[np.float64], parts: Split) -> dict[str, dict[str, Values]]:
    """By slice, then metric at ten: (users,) values over the held-out items of the slice, NaN for who has none.

    ranks: (targets,). Slices that hold nothing or everything are left out: they would be empty, or the whole.
    """
    targets = parts.targets
    held = {**_verticals(parts), **_popularity(parts)}
    held["cold users"] = (parts.histories.lengths <= COLD_USER)[targets.owners]
    return {name: _values(ranks, kept, parts) for name, kept in held.items() if kept.any() and not kept.all()}


def _verticals(parts: Split) -> dict[str, Flags]:
    verticals = parts.train.verticals[parts.targets.items]
    return {str(name): verticals == place for place, name in enumerate(Vertical)}


def _popularity(parts: Split) -> dict[str, Flags]:
    counts = parts.train.counts
    levels, level = np.unique(-counts, return_inverse=True)  # equal counts go together, the highest first
    held = np.bincount(level, counts, minlength=len(levels))
    before = np.append(0, held.cumsum()[:-1]) / max(1, counts.sum())  # (levels,) share of more frequent items
    place = before[level][parts.targets.items]
    return {
        "head": place < HEAD,
        "torso": (place >= HEAD) & (place < TORSO),
        "tail": place >= TORSO,
        "cold items": counts[parts.targets.items] == 0,
    }


def _values(ranks: NDArray[np.float64], kept: Flags, parts: Split) -> dict[str, Values]:
    users, rows = np.unique(parts.targets.owners[kept], return_inverse=True)
    values = {}
    for name, column in metrics(ranks[kept], rows, users=len(users), cutoffs=(PLACES,)).items():
        values[name] = np.full(len(parts.targets), np.nan)
        values[name][users] = column
    return values
