"""Features of a user and an item, each a (rows, items) block with a name that can be read out.

Only differences inside a row matter to a ranking, so no feature is centred; each is scaled to its row's spread, which
makes the weights of a linear ranker comparable. `features_at.py` has them for a few items at a time.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.model import Scorer
from recsys_core.ranking.shelf import Shelf

Block = NDArray[np.float32]


def features(
    histories: Histories, *, sources: Mapping[str, Scorer], shelf: Shelf, ordered: bool
) -> Iterator[tuple[str, Block]]:
    """(name, (rows, items) block) one after the other, so that only one is in memory.

    Each source scores the whole history and, where the data has an order, the last item alone: what somebody just
    played says more about the next item than its share of the history.
    """
    latest = histories.last(1)
    for name, source in sources.items():
        yield name, _scaled(source.score(histories))
        if ordered and name != "popularity":
            yield f"{name}, last item", _scaled(source.score(latest))
    short = (1 / np.log2(2 + histories.lengths)).astype(np.float32)
    yield "popularity, short history", short[:, None] * shelf.log_counts
    if shelf.attributes.shape[1]:
        yield "attributes in common", _shares(histories, shelf.attributes)
    if shelf.verticals.shape[1] > 1:
        yield "vertical in common", _shares(histories, shelf.verticals)
    if shelf.tells_creators:
        yield "creator in common", _shares(histories, shelf.creators)


def _scaled(scores: Block) -> Block:
    """log(1 + |s|/spread) with the sign of s: sums of similarities have long tails."""
    spread = scores.std(axis=1, keepdims=True)
    scaled = scores / np.where(spread > 0, spread, np.float32(1))
    return np.asarray(np.copysign(np.log(np.abs(scaled) + np.float32(1)), scaled), dtype=np.float32)


def _shares(histories: Histories, membership: "NDArray[np.float32]") -> Block:
    """How much of the history shares each item's memberships (items, groups), 0 to 1."""
    profile = (histories.matrix @ membership).multiply(1 / np.maximum(histories.lengths, 1)[:, None]).tocsr()
    return np.asarray((profile @ membership.T).toarray(), dtype=np.float32)
