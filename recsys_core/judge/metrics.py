"""Metrics of one user from the ranks of her held-out items.

recall@k   share of the held-out items among the first k (with one held-out item: the hit rate)
ndcg@k     sum of 1 / log2(rank + 1) over those found, against the best order possible (Jarvelin and Kekalainen,
           TOIS 2002, doi:10.1145/582415.582418)
hr@k       1 if any was found among the first k
mrr        1 / rank of the first one
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def metrics(
    ranks: Values, owners: NDArray[np.int64], *, users: int, cutoffs: tuple[int, ...]
) -> dict[str, Values]:
    """(users,) values a metric. ranks: (targets,) from 1, inf for never. owners: (targets,) the target's user."""
    sizes = np.bincount(owners, minlength=users)
    gains = 1 / np.log2(ranks + 1)
    best = np.append(
        0, (1 / np.log2(np.arange(2, max(cutoffs) + 2))).cumsum()
    )  # (cutoff + 1,) ideal DCG by targets
    values: dict[str, Values] = {}
    for cutoff in cutoffs:
        found = ranks <= cutoff
        hits = np.bincount(owners, found, minlength=users)
        values[f"recall@{cutoff}"] = hits / sizes
        dcg = np.bincount(owners, found * gains, minlength=users)
        values[f"ndcg@{cutoff}"] = dcg / best[np.minimum(sizes, cutoff)]
        values[f"hr@{cutoff}"] = (hits > 0).astype(np.float64)
    first = np.full(users, np.inf)
    np.minimum.at(first, owners, ranks)
    values["mrr"] = 1 / first
    return values
