"""A source asked for one history: its best items and its scores of given items, without scoring the whole catalogue.

How, depends on the form that a source has:

| form         | best items                          | spread of its scores over the catalogue |
|--------------|-------------------------------------|-----------------------------------------|
| `Embedded`   | nearest neighbours of its query     | from the covariance of its vectors      |
| `Linked`     | what the history's items link to    | from the sums of these few              |
| `Unpersonal` | one order, sorted once              | counted once                            |
| any other    | a scan                              | a scan                                  |

Neighbours are exact below 20,000 items and approximate above; all the rest is exact, up to rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidScores
from recsys_core.judge.ranks import check
from recsys_core.model import Scorer
from recsys_core.neighbours import EXACT_BELOW, Neighbours
from recsys_core.top import top

Items = NDArray[np.int64]
Scores = NDArray[np.float32]
BLOCK = 1 << 16


@runtime_checkable
class Embedded(Protocol):
    """A source with score(histories) = queries(histories) @ item_vectors.T."""

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """(items, d)."""
        ...

    def queries(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, d)."""
        ...


@runtime_checkable
class Linked(Protocol):
    """A source whose items vote for a few others, all other scores being 0."""

    def links(self, items: Items) -> tuple[Items, Scores]:
        """What distinct `items` vote for: item indices, ascending, and the sum of the votes."""
        ...


@runtime_checkable
class Unpersonal(Protocol):
    """A source that scores alike for everybody."""

    @property
    def same_for_all(self) -> Scores:
        """(items,)."""
        ...


class Asked(Protocol):
    """A source asked for one history."""

    def best(self, count: int) -> tuple[Items, Scores]:
        """At most `count` items and their scores, best first, equal scores by lower index."""
        ...

    def at(self, items: Items) -> Scores:
        """Its scores of these items."""
        ...

    @property
    def spread(self) -> float:
        """Standard deviation of its scores over the whole catalogue."""
        ...


class Asking(Protocol):
    """A source ready to be asked."""

    def ask(self, past: Histories) -> Asked:
        """For the single row of `past`. Raises InvalidScores for NaN."""
        ...


def asking(source: Scorer, *, among: Items | None = None, index: Neighbours | None = None) -> Asking:
    """The source ready to be asked; it proposes only items `among` these, ascending. index: of all its items."""
    if isinstance(source, Embedded):
        return _Vectors(source, among, index)
    if isinstance(source, Linked):
        return _Links(source, among)
    if isinstance(source, Unpersonal):
        return _Order(source, among)
    return _Scan(source, among)


def indices(
    sources: Mapping[str, Scorer], *, items: int, exact_below: int = EXACT_BELOW
) -> dict[str, Neighbours]:
    """An index for each embedded source when the catalogue is large enough to need one, else none."""
    if items < exact_below:
        return {}
    return {
        name: Neighbours.build(source.item_vectors, exact_below=exact_below)
        for name, source in sources.items()
        if isinstance(source, Embedded)
    }


@dataclass(frozen=True, eq=False)
class _Scored:
    """scores: (items,) of one history."""

    scores: Scores
    among: Items | None

    def best(self, count: int) -> tuple[Items, Scores]:
        if self.among is None:
            found = top(self.scores, count)
        else:
            found = self.among[top(self.scores[self.among], count)]
        return found, self.scores[found]

    def at(self, items: Items) -> Scores:
        return self.scores[items]

    @cached_property
    def spread(self) -> float:
        return float(self.scores.std())


@dataclass(frozen=True, eq=False)
class _Scan:
    source: Scorer
    among: Items | None

    def ask(self, past: Histories) -> Asked:
        scores = self.source.score(past)
        check(scores, past)
        return _Scored(scores[0], self.among)


@dataclass(frozen=True, eq=False)
class _Order:
    source: Unpersonal
    among: Items | None

    @cached_property
    def _scored(self) -> "_Sorted":
        scores = self.source.same_for_all
        order = np.argsort(-scores, kind="stable")
        if self.among is not None:
            order = order[np.isin(order, self.among)]
        return _Sorted(scores, self.among, order.astype(np.int64))

    def ask(self, past: Histories) -> Asked:
        return self._scored


@dataclass(frozen=True, eq=False)
class _Sorted(_Scored):
    """order: all items that may be proposed, best first."""

    order: Items

    def best(self, count: int) -> tuple[Items, Scores]:
        return self.order[:count], self.scores[self.order[:count]]


@dataclass(frozen=True, eq=False)
class _Links:
    source: Linked
    among: Items | None

    def ask(self, past: Histories) -> Asked:
        items, votes = self.source.links(np.unique(past.row(0)))
        if not np.isfinite(votes).all():
            raise InvalidScores(
                f"votes for user index {past.users[0]} are no numbers; train the source again"
            )
        return _Voted(items, votes, past.item_count, self.among)


@dataclass(frozen=True, eq=False)
class _Voted:
    """items: (n,) ascending, those with votes; all others of the `count` items have 0 and are not proposed."""

    items: Items
    votes: Scores
    count: int
    among: Items | None

    def best(self, count: int) -> tuple[Items, Scores]:
        kept = self.votes > 0
        if self.among is not None:
            kept &= np.isin(self.items, self.among, assume_unique=True)
        items, votes = self.items[kept], self.votes[kept]
        order = np.lexsort((items, -votes))[:count]
        return items[order], votes[order]

    def at(self, items: Items) -> Scores:
        if not len(self.items):
            return np.zeros(len(items), np.float32)
        places = np.minimum(np.searchsorted(self.items, items), len(self.items) - 1)
        return np.where(self.items[places] == items, self.votes[places], np.float32(0))

    @cached_property
    def spread(self) -> float:
        votes = self.votes.astype(np.float64)
        return float(np.sqrt(max((votes @ votes) / self.count - (votes.sum() / self.count) ** 2, 0.0)))


@dataclass(frozen=True, eq=False)
class _Vectors:
    source: Embedded
    among: Items | None
    index: Neighbours | None

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        return self.source.item_vectors

    @cached_property
    def neighbours(self) -> Neighbours:
        """Of the items that may be proposed."""
        if self.among is not None:
            return Neighbours.build(self.vectors[self.among])
        return self.index or Neighbours.build(self.vectors)

    @cached_property
    def covariance(self) -> NDArray[np.float64]:
        """(d, d) of the item vectors: the variance of q . v over the items is q' C q."""
        mean = self.vectors.mean(axis=0, dtype=np.float64)
        total = np.zeros((len(mean), len(mean)))
        for start in range(0, len(self.vectors), BLOCK):
            block = self.vectors[start : start + BLOCK] - mean
            total += block.T @ block
        return total / max(len(self.vectors), 1)

    def ask(self, past: Histories) -> Asked:
        query = self.source.queries(past)
        if not np.isfinite(query).all():
            raise InvalidScores(
                f"a query for user index {past.users[0]} holds NaN or infinity; train the source again"
            )
        return _Queried(query, self)


@dataclass(frozen=True, eq=False)
class _Queried:
    """query: (1, d)."""

    query: NDArray[np.float32]
    source: _Vectors

    def best(self, count: int) -> tuple[Items, Scores]:
        found, scores = self.source.neighbours.nearest(self.query, count)
        items = found[0] if self.source.among is None else self.source.among[found[0]]
        return items, scores[0]

    def at(self, items: Items) -> Scores:
        return np.asarray(self.source.vectors[items] @ self.query[0], dtype=np.float32)

    @cached_property
    def spread(self) -> float:
        query = self.query[0].astype(np.float64)
        return float(np.sqrt(max(query @ self.source.covariance @ query, 0.0)))
