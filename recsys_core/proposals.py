"""What the sources propose to one listener, merged: an item is there once, with everybody who proposed it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.ranking.features_at import Listener

WORDS = "words"
"""The proposer's name where the words of a query propose."""

Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""(n,) item indices and the proposer's scores of them, best first."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """By proposer. cold: the source whose order stands, since there is no history to rank by; else ""."""

    found: Mapping[str, Found]
    listener: Listener
    cold: str = ""


Places = tuple[tuple[str, ...], tuple[int, ...], tuple[float, ...]]
"""Of one item: who proposed it, at which place from 1, with which score."""


def merged(proposals: Proposals) -> NDArray[np.int64]:
    """Item indices, each once, ascending."""
    found = [items for items, _ in proposals.found.values()]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def places(proposals: Proposals, wanted: Iterable[int]) -> Iterator[Places]:
    """Of each wanted item."""
    held = {
        name: dict(zip(items.tolist(), enumerate(scores.tolist(), start=1), strict=True))
        for name, (items, scores) in proposals.found.items()
    }
    for item in wanted:
        found = [(name, *at[item]) for name, at in held.items() if item in at]
        names, ranks, scores = zip(*found, strict=True) if found else ((), (), ())
        yield names, ranks, scores


def worded(matching: NDArray[np.int64], counts: NDArray[np.int64], count: int) -> Found:
    """Of the items that have every word of a query the most taken, and how often each was."""
    order = np.lexsort((matching, -counts[matching]))[:count]
    return matching[order], counts[matching[order]].astype(np.float32)
