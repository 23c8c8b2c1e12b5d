"""One ID an item: how items that came to the same codes are told apart, the same way each time.

Two steps. `spread`: of the items that share an ID the best coded one keeps it, and each other takes, of the IDs that tell it nearly as
well (a beam over all levels, a wider one for what the first leaves), the first that is free. `repaired`: what found none goes to the nearest free ID at all. Neither
invents a code that means nothing, as a counter behind the ID would.
"""

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidConfig
from recsys_core.semantic_ids.books import Books, Codes
from recsys_core.semantic_ids.clusters import Vectors

Prefix = tuple[int, ...]
_BEAMS = (16, 64)
_COMPARED = 1 << 22  # IDs compared at once
_TABLED = 1_024  # codes up to which the products of any two centres are kept


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
    between = _between(books)
    for beam in _BEAMS:
        still = []
        block = max(1, _COMPARED // (beam * books.codes))
        for first in range(0, len(leaves), block):
            rows = leaves[first : first + block]
            near = _alike(books, between, vectors[rows], beam).tolist()
            for row, others in zip(rows.tolist(), near, strict=True):
                own = next((id for id in map(tuple, others) if id not in taken), None)
                if own is None:
                    still.append(row)
                else:
                    taken.add(own)
                    found[row] = own
        leaves = np.array(still, dtype=np.int64)
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


def _between(books: Books) -> dict[tuple[int, int], Vectors]:
    """(codes, codes) products of the centres of two levels, the upper first; none where they would take too much memory."""
    if books.codes > _TABLED:
        return {}
    centres = [level.centres for level in books.levels]
    return {(upper, at): centres[upper] @ centres[at].T for at in range(len(centres)) for upper in range(at)}


def _alike(books: Books, between: dict[tuple[int, int], Vectors], vectors: Vectors, most: int) -> Codes:
    """(rows, most, levels) the IDs that tell each vector best, as a beam search over the levels finds them, best first.

    What an ID leaves over is |left - c|^2 = |left|^2 + |c|^2 - 2 v.c + 2 (c1 + c2 + ...).c, so that products of centres do.
    """
    rows = np.arange(len(vectors))[:, None]
    lost = np.square(vectors).sum(axis=1)[:, None]  # (rows, beam)
    codes = np.zeros((len(vectors), 1, 0), dtype=np.int32)
    for at, level in enumerate(books.levels):
        centres = level.centres
        told = np.zeros((*lost.shape, len(centres)), dtype=np.float32)  # (rows, beam, codes)
        for upper in range(at):
            own = codes[:, :, upper]
            told += between[upper, at][own] if between else books.levels[upper].centres[own] @ centres.T
        alone = np.square(centres).sum(axis=1) - 2 * (vectors @ centres.T)
        flat = (2 * told + alone[:, None] + lost[:, :, None]).reshape(
            len(vectors), -1
        )  # (rows, beam * codes)
        kept = min(most, flat.shape[1])
        top = np.argpartition(flat, kept - 1, axis=1)[:, :kept]
        order = np.argsort(np.take_along_axis(flat, top, axis=1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, axis=1)
        before, code = np.divmod(top, len(centres))
        codes = np.concatenate([codes[rows, before], code[:, :, None].astype(np.int32)], axis=2)
        lost = np.take_along_axis(flat, top, axis=1)
    return codes
