"""What is like an item: by the codes that IDs begin with, and by the vectors that were coded.

The second is the truth that the first stands for, so the two side by side tell what coding lost around one item.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.semantic_ids.clusters import Vectors
from recsys_core.semantic_ids.identifiers import SemanticIds
from recsys_core.space import Placed
from recsys_core.top import top
from recsys_core.unit import unit


@dataclass(frozen=True, slots=True)
class Like:
    """row: of the item. codes: how many its ID has in common with the other's, from the first on."""

    row: int
    codes: int


def by_prefix(ids: SemanticIds, row: int, k: int) -> tuple[Like, ...]:
    """At most k items whose ID begins as that of `row`: most codes in common first, then by how near the coded vectors are."""
    common = _common(ids, row)
    found = np.flatnonzero(common)
    found = found[found != row]
    decoded = ids.books.decoded(ids.codes[found]) - ids.books.decoded(ids.codes[[row]])
    order = np.lexsort((found, np.square(decoded).sum(axis=1), -common[found]))[:k]
    return tuple(Like(int(at), int(common[at])) for at in found[order])


def by_vector(ids: SemanticIds, vectors: Vectors, row: int, k: int) -> tuple[Like, ...]:
    """At most k items by cosine to `row`, the highest first. vectors: see `coded`."""
    scores = vectors @ vectors[row]
    scores[row] = -np.inf
    common = _common(ids, row)
    return tuple(Like(int(at), int(common[at])) for at in top(scores, k))


def coded(ids: SemanticIds, spaces: Sequence[Placed]) -> Vectors:
    """(items, d) what was coded, brought to length 1. spaces: those that the IDs were learned from, in their order.

    Raises InvalidData for spaces of other widths, or without one of the items.
    """
    return unit(ids.mixing.mixed([item.id for item in ids.items], spaces))


def _common(ids: SemanticIds, row: int) -> NDArray[np.int64]:
    """(items,) how many codes each has in common with `row`, from the first on."""
    alike = np.cumprod(ids.codes == ids.codes[row], axis=1).sum(axis=1)
    return np.asarray(alike, dtype=np.int64)
