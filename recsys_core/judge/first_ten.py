"""What the first ten places show, beyond whether a held-out item is among them.

coverage@10    share of the catalogue that is in anybody's first ten
gini@10        how unevenly the places go to the items of the catalogue: 0 all alike, near 1 all to a few
novelty@10     mean of -log2 of the share of training users who know an item, in bits (Zhou et al., PNAS 2010,
               doi:10.1073/pnas.1000488107)
diversity@10   mean of 1 - cosine of the attributes over all pairs of a list (Ziegler et al., WWW 2005,
               doi:10.1145/1060745.1060754); only where items have attributes
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.top import top

PLACES = 10
_NOTHING = -1
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shown:
    """coverage, gini: of all lists together. values: (users,) novelty@10, and diversity@10 where items have attributes."""

    coverage: float
    gini: float
    values: dict[str, Values]


class FirstTen:
    """Collects the first ten of each user, in the order in which users are judged; items: size of the catalogue."""

    def __init__(self, users: int, items: int) -> None:
        self._items = items
        self._lists = np.full((users, PLACES), _NOTHING, dtype=np.int64)
        self._filled = 0

    def add(self, scores: NDArray[np.floating]) -> None:
        """The next user's; scores: (items or more,). Columns beyond the catalogue hold a place and are nothing."""
        best = top(scores, PLACES)
        self._lists[self._filled, : len(best)] = np.where(best < self._items, best, _NOTHING)
        self._filled += 1

    @property
    def lists(self) -> NDArray[np.int64]:
        """(users, 10) items, best first; -1 in places that nothing fills."""
        return self._lists

    def shown(self, train: Dataset) -> Shown:
        """What all lists come to, against what `train` knows of the items."""
        owners, places = np.nonzero(self._lists != _NOTHING)
        shown = self._lists[owners, places]
        sizes = np.bincount(owners, minlength=len(self._lists))
        counts = np.bincount(shown, minlength=self._items)
        values = {"novelty@10": _mean(_surprise(train)[shown], owners, sizes)}
        if train.attributes.shape[1]:
            values["diversity@10"] = _diversity(train, owners, shown, sizes)
        return Shown(float((counts > 0).mean()), gini(counts), values)


def add_both(ten: dict[str, FirstTen], scores: NDArray[np.floating], past: Histories) -> None:
    """Collect a block in both views; scores: (rows, items or more). Masked leaves the history out."""
    for row, candidates in enumerate(scores):
        ten["unmasked"].add(candidates)
        fresh = candidates.copy()
        fresh[past.row(row)] = -np.inf
        ten["masked"].add(fresh)


def gini(counts: NDArray[np.integer]) -> float:
    """Gini coefficient of counts (items,); 0 when nothing was shown."""
    total = int(counts.sum())
    if not total:
        return 0.0
    places = np.arange(1, len(counts) + 1)
    return float(((2 * places - len(counts) - 1) @ np.sort(counts)) / (len(counts) * total))


def _surprise(train: Dataset) -> Values:
    """(items,) bits; one user more knows each item, so that an item nobody knows is finitely new."""
    known = np.asarray(train.histories.matrix.sum(axis=0)).ravel()
    surprise: Values = -np.log2((known + 1) / (len(train.histories) + 1))
    return surprise


def _mean(values: Values, owners: NDArray[np.int64], sizes: NDArray[np.int64]) -> Values:
    """(users,) mean of each user's values; 0 for an empty list, which shows nothing new."""
    mean: Values = np.bincount(owners, values, minlength=len(sizes)) / np.maximum(sizes, 1)
    return mean


def _diversity(
    train: Dataset, owners: NDArray[np.int64], shown: NDArray[np.int64], sizes: NDArray[np.int64]
) -> Values:
    """(users,) from |sum of unit vectors|^2 = sum over pairs of cosines; an item without attributes is far from all."""
    from scipy.sparse import csr_matrix, diags

    lengths = np.sqrt(np.asarray(train.attributes.multiply(train.attributes).sum(axis=1)).ravel())
    unit = diags(1 / np.maximum(lengths, 1e-12)) @ train.attributes
    lists = csr_matrix((np.ones(len(shown)), (owners, shown)), shape=(len(sizes), train.attributes.shape[0]))
    sums = lists @ unit
    squares = np.asarray(sums.multiply(sums).sum(axis=1)).ravel()
    alone = np.bincount(owners, lengths[shown] > 0, minlength=len(sizes))
    pairs = sizes * (sizes - 1)
    diversity: Values = np.where(pairs > 0, 1 - (squares - alone) / np.maximum(pairs, 1), 0.0)
    return diversity
