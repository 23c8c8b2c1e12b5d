"""The best k of a long row of scores, without sorting the row.

Any k of a row's per-chunk maxima are k different scores of the row, so the k-th largest maximum is a floor under
the k-th largest score: what lies below the floor is dropped before anything is partitioned.
"""

import numpy as np
from numpy.typing import NDArray

CHUNK = 64


def top(row: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Indices of the k highest scores of `row` (items,), best first; equal scores by lower index; -inf never.

    Shorter than k when fewer scores are above -inf.
    """
    candidates = _above_floor(row, k)
    scores = row[candidates]
    if len(candidates) > k:
        worst = np.partition(scores, len(scores) - k)[len(scores) - k]
        sure = np.flatnonzero(scores > worst)
        level = np.flatnonzero(scores == worst)[: k - len(sure)]
        chosen = np.concatenate([sure, level])
        candidates, scores = candidates[chosen], scores[chosen]
    return candidates[np.lexsort((candidates, -scores))]


def _above_floor(row: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    chunks = len(row) // CHUNK
    floor = -np.inf
    if chunks > 2 * k:
        maxima = row[: chunks * CHUNK].reshape(chunks, CHUNK).max(axis=1)
        floor = np.partition(maxima, chunks - k)[chunks - k]
    return np.flatnonzero(row >= floor) if floor > -np.inf else np.flatnonzero(row > -np.inf)
