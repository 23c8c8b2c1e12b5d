"""Items by the words that stand in their title, creator and attributes: what a query finds, whoever asks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.items import Item

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Words:
    """holders: item indices by word, ascending."""

    holders: Mapping[str, NDArray[np.int64]]

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Words":
        """Of a whole catalogue, by dense index."""
        found: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            for word in set(words(" ".join((item.title, item.creator, *item.attributes)))):
                found.setdefault(word, []).append(place)
        return cls({word: np.array(places, dtype=np.int64) for word, places in found.items()})

    def matching(self, query: str) -> NDArray[np.int64]:
        """Items that have every word of the query, ascending; none for a query without words."""
        nothing = np.empty(0, np.int64)
        lists = sorted((self.holders.get(word, nothing) for word in set(words(query))), key=len)
        if not lists:
            return nothing
        found = lists[0]
        for other in lists[1:]:
            found = np.intersect1d(found, other, assume_unique=True)
        return found


def words(text: str) -> list[str]:
    """Letters and digits in runs, small."""
    return _WORD.findall(text.lower())
