"""Residual quantization: at each level a vector takes a code, and the next level sees what that left over.

Residual k-means is what published tokenizers came to (OneRec, 2025; Penha et al., RecSys 2025), plain k-means on vectors
that were not normalised is what made a third of the items share an ID in one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.semantic_ids.clusters import Clusters, Vectors, fitted

Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Books:
    """levels: the clusters of each level, as many in all."""

    levels: tuple[Clusters, ...]

    @property
    def codes(self) -> int:
        """Codes of a level."""
        return len(self.levels[0].centres)

    def encoded(self, vectors: Vectors) -> Codes:
        """(rows, levels), each level by itself the best; two vectors may come to the same codes."""
        left, found = vectors, []
        for level in self.levels:
            own = level.nearest(left)
            found.append(own)
            left = left - level.centres[own]
        return np.stack(found, axis=1).astype(np.int32)

    def left(self, vectors: Vectors, codes: Codes) -> Vectors:
        """(rows, d) what the first levels, as many as `codes` (rows, n) has, leave over."""
        for level, own in zip(self.levels, codes.T, strict=False):
            vectors = vectors - level.centres[own]
        return vectors

    def decoded(self, codes: Codes) -> Vectors:
        """(rows, d) the vectors that codes stand for."""
        found = np.zeros((len(codes), self.levels[0].centres.shape[1]), dtype=np.float32)
        return np.asarray(-self.left(found, codes), dtype=np.float32)


def learned(
    vectors: Vectors,
    *,
    levels: int,
    codes: int,
    iterations: int,
    seed: int,
    progress: Callable[[int], None] = lambda _level: None,
) -> Books:
    """Code books for `vectors` (rows, d); the same for the same rows in the same order."""
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    found, left = [], vectors
    with threadpool_limits(1, "blas"):  # sums in another order would make other books
        for level in range(levels):
            progress(level)
            clusters = fitted(left, codes, iterations=iterations, rng=rng)
            left = left - clusters.centres[clusters.nearest(left)]
            found.append(clusters)
    return Books(tuple(found))
