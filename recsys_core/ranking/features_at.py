"""The features of `features.py` for a few items of one history: what serving needs, at a cost that grows with these items.

Both files state the same features; `test_features_of_a_few_items_are_those_of_the_catalogue` holds them together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_core.asking import Asked, Asking
from recsys_core.data.histories import Histories
from recsys_core.ranking.shelf import Shelf
from recsys_core.rows import entries, summed

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class Listener:
    """One history with what the sources say of it. latest: what they say of its last item, without `popularity`.

    latest is empty where the data has no order.
    """

    past: Histories
    asked: Mapping[str, Asked]
    latest: Mapping[str, Asked]

    @classmethod
    def of(cls, past: Histories, sources: Mapping[str, Asking], *, ordered: bool) -> "Listener":
        """Ask every source, each once a history. Raises InvalidScores."""
        last = past.last(1)
        return cls(
            past,
            {name: source.ask(past) for name, source in sources.items()},
            {name: source.ask(last) for name, source in sources.items() if ordered and name != "popularity"},
        )


def features_at(
    listener: Listener, items: NDArray[np.int64], *, shelf: Shelf
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """(name, (items,) values), in the order of `features`."""
    past = listener.past
    for name, asked in listener.asked.items():
        yield name, _scaled(asked, items)
        if name in listener.latest:
            yield f"{name}, last item", _scaled(listener.latest[name], items)
    short = np.float32(1 / np.log2(2 + len(past.items)))
    yield "popularity, short history", short * shelf.log_counts[items]
    if shelf.attributes.shape[1]:
        yield "attributes in common", _shares(past, items, shelf.attributes)
    if shelf.verticals.shape[1] > 1:
        yield "vertical in common", _shares(past, items, shelf.verticals)
    if shelf.tells_creators:
        yield "creator in common", _shares(past, items, shelf.creators)


def _scaled(asked: Asked, items: NDArray[np.int64]) -> NDArray[np.float32]:
    scaled = asked.at(items) / np.float32(asked.spread or 1)
    return np.asarray(np.copysign(np.log1p(np.abs(scaled)), scaled), dtype=np.float32)


def _shares(past: Histories, items: NDArray[np.int64], membership: "csr_matrix") -> NDArray[np.float32]:
    groups, weights = summed(entries(membership, np.unique(past.row(0))))
    found = entries(membership, items)
    if not len(groups):
        return np.zeros(len(items), np.float32)
    places = np.minimum(np.searchsorted(groups, found.columns), len(groups) - 1)
    shared = np.where(groups[places] == found.columns, weights[places], 0.0) * found.values
    shares = np.bincount(found.owners, shared, minlength=len(items)) / max(len(past.items), 1)
    return shares.astype(np.float32)
