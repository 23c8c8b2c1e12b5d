"""One ID an item: how items that came to the same codes are told apart, the same way each time.

Two steps. `spread`: of the items that share an ID the best coded one keeps it, and each other takes, of the IDs that tell it nearly as
well (a beam over all levels), the first that is free. `repaired`: what found none goes to the nearest free ID at all. Neither
invents a code that means nothing, as a counter behind the ID would.
"""

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidConfig
from recsys_core.semantic_ids.books import Books, Codes
from recsys_core.semantic_ids.clusters import Vectors

Prefix = tuple[int, ...]
_BEAM, _BLOCK = 16, 1_024


def shared(codes: Codes) -> NDArray[np.bool_]:
    """(rows,) whether another row has the same codes."""
    _, own, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(counts[own.reshape(-1)] > 1)


def spread(books: Books, vectors: Vectors, codes: Codes) -> Codes:
    """(rows, levels) where rows that were alike have gone apart, as far as an ID that tells them as well is free."""
    crowded = np.flatnonzero(shared(codes))
    loss = np.square(books.left(vectors[crowded], codes[crowded])).sum(axis=1)
    best: dict[Prefix, int] = {}
    for place in np.argsort(loss, kind="stable"):
        best.setdefault(tuple(codes[crowded[place]].tolist()), int(crowded[place]))
    keeps = set(best.values())
    taken = set(map(tuple, codes.tolist()))
    found = codes.copy()
    leaves = np.array([row for row in crowded.tolist() if row not in keeps], dtype=np.int64)
    for first in range(0, len(leaves), _BLOCK):
        rows = leaves[first : first + _BLOCK]
        for row, others in zip(rows, _alike(books, vectors[rows]).tolist(), strict=True):
            own = next((id for id in map(tuple, others) if id not in taken), None)
            if own is not None:
                taken.add(own)
                found[row] = own
    return found


def repaired(books: Books, vectors: Vectors, codes: Codes) -> Codes:
    """(rows, levels) without two rows alike. Rows that nothing has to move for stay where they are.

    Raises InvalidConfig where there are more rows than IDs.
    """
    if len(codes) > books.codes ** len(books.levels):
        raise InvalidConfig(
            f"{len(codes):,} items do not fit into {books.codes} codes at {len(books.levels)} levels; take more of either"
        )
    found, taken = codes.copy(), Taken()
    crowded = np.flatnonzero(shared(codes))
    for row in np.setdiff1d(np.arange(len(codes)), crowded):
        taken.add(tuple(codes[row].tolist()))
    for row in crowded:
        own = tuple(codes[row].tolist())
        if own in taken:
            own = free(books, vectors[row], taken)
            found[row] = own
        taken.add(own)
    return found


class Taken:
    """The IDs that items have, and how many stand under each prefix."""

    def __init__(self) -> None:
        self._under: Counter[Prefix] = Counter()
        self._last: dict[Prefix, set[int]] = defaultdict(set)

    def add(self, id: Prefix) -> None:
        self._last[id[:-1]].add(id[-1])
        for length in range(len(id)):
            self._under[id[:length]] += 1

    def under(self, prefix: Prefix) -> int:
        return self._under[prefix]

    def __contains__(self, id: Prefix) -> bool:
        return id[-1] in self._last.get(id[:-1], ())


def free(books: Books, vector: Vectors, taken: Taken) -> Prefix:
    """The free ID that the vector (d,) comes to first, trying the nearest code of each level before the next. There has to be one."""

    def at(prefix: Prefix, left: Vectors) -> Prefix | None:
        level = books.levels[len(prefix)]
        deeper = len(books.levels) - len(prefix) - 1
        room = books.codes**deeper
        for code in np.argsort(-level.likeness(left[None])[0], kind="stable").tolist():
            longer = (*prefix, code)
            if not deeper:
                if longer not in taken:
                    return longer
            elif taken.under(longer) < room and (found := at(longer, left - level.centres[code])):
                return found
        return None

    found = at((), vector)
    assert found is not None  # noqa: S101 - the caller has counted
    return found


def _alike(books: Books, vectors: Vectors) -> Codes:
    """(rows, beam, levels) the IDs that tell each vector best, as a beam search over the levels finds them, best first."""
    rows = np.arange(len(vectors))[:, None]
    left = vectors[:, None, :]  # (rows, beam, d)
    codes = np.zeros((len(vectors), 1, 0), dtype=np.int32)
    for level in books.levels:
        centres = level.centres
        loss = (
            np.square(left).sum(axis=2)[:, :, None] - 2 * (left @ centres.T) + np.square(centres).sum(axis=1)
        )
        flat = loss.reshape(len(vectors), -1)  # (rows, beam * codes)
        top = np.argpartition(flat, min(_BEAM, flat.shape[1] - 1), axis=1)[:, :_BEAM]
        top = np.take_along_axis(
            top, np.argsort(np.take_along_axis(flat, top, axis=1), axis=1, kind="stable"), axis=1
        )
        before, code = np.divmod(top, len(centres))
        codes = np.concatenate([codes[rows, before], code[:, :, None].astype(np.int32)], axis=2)
        left = left[rows, before] - centres[code]
    return codes
