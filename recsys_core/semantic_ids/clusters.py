"""k-means in two shapes, and which of them a cloud of vectors has.

`points` is Lloyd's k-means with k-means++ seeds (Arthur and Vassilvitskii, SODA 2007). `directions` compares by angle and keeps
one length for each centre, a gain-shape quantizer (Gersho and Gray, 1992; Dhillon and Modha, Machine Learning 2001). Residuals
have no groups but point everywhere: there a centre of many points is short, near to everything, and takes ever more
of them, so that a few codes hold most items. Angles know no such centre.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from recsys_core.unit import unit

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Vectors = NDArray[np.float32]
Shape = Literal["points", "directions"]
_BLOCK = 8_192  # rows compared at once, so that their products stay in a core's cache
_SEEDS = 256  # rows a code that seeds are drawn from
_SAMPLE, _TRIED = 8_192, 6  # rows and rounds by which the shape is chosen


@dataclass(frozen=True, eq=False)
class Clusters:
    """centres: (k, d). shape: how a vector finds its own."""

    centres: Vectors
    shape: Shape

    def likeness(self, vectors: Vectors) -> Vectors:
        """(rows, k) which is highest for the centre that a vector belongs to."""
        if self.shape == "directions":
            return vectors @ unit(self.centres).T
        return np.asarray(2 * (vectors @ self.centres.T) - np.square(self.centres).sum(1), dtype=np.float32)

    def nearest(self, vectors: Vectors) -> NDArray[np.int32]:
        """(rows,) index of the centre of each vector; of equal ones the first."""
        found = [
            self.likeness(vectors[first : first + _BLOCK]).argmax(axis=1)
            for first in range(0, len(vectors), _BLOCK)
        ]
        return np.concatenate(found).astype(np.int32) if found else np.zeros(0, np.int32)


def fitted(vectors: Vectors, k: int, *, iterations: int, rng: np.random.Generator) -> Clusters:
    """k centres in the shape that loses less on a sample of `vectors` (rows, d); rows >= k, all finite."""
    sample = vectors
    if len(vectors) > _SAMPLE:
        sample = vectors[np.sort(rng.choice(len(vectors), _SAMPLE, replace=False))]
    tried = min(iterations, _TRIED)
    fits = (_points, _directions)
    best = min(fits, key=lambda fit: _lost(sample, fit(sample, k, tried, rng)))
    return best(vectors, k, iterations, rng)


def _points(vectors: Vectors, k: int, iterations: int, rng: np.random.Generator) -> Clusters:
    found = Clusters(_seeds(vectors, k, rng), "points")
    for _ in range(iterations):
        own = found.nearest(vectors)
        counts = np.bincount(own, minlength=k)
        sums = np.asarray(_members(own, k) @ vectors, dtype=np.float32)
        found = Clusters(_refilled(sums / np.maximum(counts, 1)[:, None], counts, vectors, rng), "points")
    return found


def _directions(vectors: Vectors, k: int, iterations: int, rng: np.random.Generator) -> Clusters:
    found = Clusters(unit(vectors[np.sort(rng.choice(len(vectors), k, replace=False))]), "directions")
    for _ in range(iterations):
        own = found.nearest(vectors)
        counts = np.bincount(own, minlength=k)
        sums = np.asarray(_members(own, k) @ vectors, dtype=np.float32)
        found = Clusters(unit(_refilled(sums, counts, vectors, rng)), "directions")
    own = found.nearest(vectors)
    along = np.einsum("nd,nd->n", vectors, found.centres[own])
    lengths = np.bincount(own, along, minlength=k) / np.maximum(np.bincount(own, minlength=k), 1)
    # A centre that nothing fell to keeps a length, or it would have no direction.
    lengths = np.where(lengths > 0, lengths, max(float(along.mean()), 1e-6))
    return Clusters(np.asarray(found.centres * lengths[:, None], dtype=np.float32), "directions")


def _seeds(vectors: Vectors, k: int, rng: np.random.Generator) -> Vectors:
    """Each seed the best of several that are drawn by how far they are from those before, as scikit-learn does it."""
    pool = vectors[np.sort(rng.choice(len(vectors), min(len(vectors), k * _SEEDS), replace=False))]
    lengths = np.square(pool).sum(axis=1)
    trials = 2 + int(np.log(k))
    chosen = [int(rng.integers(len(pool)))]
    far = _squared(pool, lengths, chosen)[0]
    while len(chosen) < k:
        total = float(far.sum(dtype=np.float64))
        if total <= 0:  # fewer different vectors than seeds
            chosen += rng.integers(len(pool), size=k - len(chosen)).tolist()
            break
        drawn = np.searchsorted(np.cumsum(far, dtype=np.float64), rng.random(trials) * total)
        candidates = np.minimum(drawn, len(pool) - 1).tolist()
        left = np.minimum(far, _squared(pool, lengths, candidates))
        best = int(left.sum(axis=1, dtype=np.float64).argmin())
        chosen.append(candidates[best])
        far = left[best]
    return pool[chosen]


def _squared(pool: Vectors, lengths: Vectors, rows: list[int]) -> Vectors:
    """(rows, pool) squared distances."""
    found = lengths[rows][:, None] + lengths - 2 * (pool[rows] @ pool.T)
    return np.asarray(np.maximum(found, 0), dtype=np.float32)


def _refilled(
    centres: NDArray[np.floating], counts: NDArray[np.int64], vectors: Vectors, rng: np.random.Generator
) -> Vectors:
    """Each centre that lost all its vectors begins again at some vector."""
    empty = np.flatnonzero(counts == 0)
    filled = np.asarray(centres, dtype=np.float32).copy()
    filled[empty] = vectors[rng.choice(len(vectors), len(empty), replace=False)]
    return filled


def _members(own: NDArray[np.int32], k: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    rows = np.arange(len(own))
    return csr_matrix((np.ones(len(own), np.float32), (own, rows)), shape=(k, len(own)))


def _lost(vectors: Vectors, clusters: Clusters) -> float:
    return float(np.square(vectors - clusters.centres[clusters.nearest(vectors)]).sum(dtype=np.float64))
