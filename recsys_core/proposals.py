"""What a source proposes to one listener: its best items, by a scan or, in large catalogues, by nearest neighbours.

A source whose score is a product of a query and item vectors is searched through `Neighbours`, which is exact below
20,000 items and approximate above; the others are scanned.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidScores
from recsys_core.judge.ranks import check
from recsys_core.model import Scorer
from recsys_core.neighbours import EXACT_BELOW, Neighbours
from recsys_core.top import top


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


def propose(
    source: Scorer, past: Histories, count: int, *, index: Neighbours | None = None
) -> NDArray[np.int64]:
    """(count,) item indices for a single row of history, best first. Raises InvalidScores for NaN."""
    if index is None or not isinstance(source, Embedded):
        scores = source.score(past)
        check(scores, past)
        return top(scores[0], count)
    query = source.queries(past)
    if not np.isfinite(query).all():
        raise InvalidScores(
            f"a query for user index {past.users[0]} holds NaN or infinity; train the source again"
        )
    found: NDArray[np.int64] = index.nearest(query, count)[0][0]
    return found
