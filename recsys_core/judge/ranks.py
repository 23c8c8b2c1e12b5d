"""Ranks of held-out items, counted and not sorted, with every tie against the model.

The rank of a target is one more than the candidates that score at least as high. Sorting would let the order of
indices decide ties, and a model that answers the same score everywhere could look good by luck of the index.
Masking takes the history out of the candidates: its scores are subtracted from the count, so that a masked rank
costs no second pass and needs no score to mask with (0 would outrank negative scores).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidScores

Ranks = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RankBlock:
    """(targets,) each, in the order of the rows' targets.

    unmasked, masked: rank from 1, inf for an item that cannot be found (score -inf; or masked, being in the
    history). ties_unmasked, ties_masked: candidates, other than targets, of the target's own score.
    """

    unmasked: Ranks
    masked: Ranks
    ties_unmasked: NDArray[np.int64]
    ties_masked: NDArray[np.int64]


def rank(scores: NDArray[np.floating], histories: Histories, targets: Histories) -> RankBlock:
    """Ranks for a block: scores (rows, items). Raises InvalidScores for NaN, +inf or another shape."""
    check(scores, histories)
    if (targets.lengths == 1).all():
        return _rank_single(scores, histories, targets.items)
    total = len(targets.items)
    unmasked, masked = np.empty(total), np.empty(total)
    ties_unmasked, ties_masked = np.empty(total, np.int64), np.empty(total, np.int64)
    for row in range(len(targets)):
        start, stop = targets.indptr[row], targets.indptr[row + 1]
        wanted, place = np.unique(targets.items[start:stop], return_inverse=True)
        seen = np.unique(histories.row(row))
        counted = _row(scores[row], wanted, seen)
        for column, into in zip(counted, (unmasked, masked, ties_unmasked, ties_masked), strict=True):
            into[start:stop] = column[place]
    return RankBlock(unmasked, masked, ties_unmasked, ties_masked)


def check(scores: NDArray[np.floating], histories: Histories) -> None:
    """Raise InvalidScores naming user and item when scores are no (rows, items) of numbers below infinity."""
    shape = (len(histories), histories.item_count)
    if scores.shape != shape:
        raise InvalidScores(f"the model returned scores of shape {scores.shape}, {shape} is expected")
    if scores.size and not scores.max() < np.inf:  # the maximum of a NaN is NaN: one pass finds both
        row, item = np.argwhere(~(scores < np.inf))[0]
        raise InvalidScores(
            f"the model scored user index {histories.users[row]}, item index {item} as {scores[row, item]}; "
            "scores must be numbers below infinity"
        )


def _rank_single(scores: NDArray[np.floating], histories: Histories, wanted: NDArray[np.int64]) -> RankBlock:
    """The same as `_row` for all rows at once, each with one target; wanted: (rows,)."""
    rows = np.arange(len(wanted))
    score = scores[rows, wanted]
    reached = np.array([np.count_nonzero(scores[row] >= score[row]) for row in rows])  # the target included
    level = np.array([np.count_nonzero(scores[row] == score[row]) for row in rows])
    seen = histories.matrix.tocoo()  # without repeats
    seen_score, bar = scores[seen.row, seen.col], score[seen.row]
    above = np.bincount(seen.row, seen_score >= bar, minlength=len(rows)).astype(np.int64)
    beside = np.bincount(seen.row, seen_score == bar, minlength=len(rows)).astype(np.int64)
    old = np.bincount(seen.row, seen.col == wanted[seen.row], minlength=len(rows)) > 0
    findable = score > -np.inf
    return RankBlock(
        unmasked=np.where(findable, reached, np.inf),
        masked=np.where(findable & ~old, reached - above, np.inf),
        ties_unmasked=np.where(findable, level - 1, 0),
        ties_masked=np.where(findable & ~old, level - 1 - beside, 0),
    )


def _row(
    row: NDArray[np.floating], wanted: NDArray[np.int64], seen: NDArray[np.int64]
) -> tuple[Ranks, Ranks, NDArray[np.int64], NDArray[np.int64]]:
    """Ranks of the distinct items `wanted`; among targets of equal score one comes after the other."""
    score = row[wanted]
    reached = np.array([np.count_nonzero(row >= value) for value in score])  # (targets,) targets included
    level = np.array([np.count_nonzero(row == value) for value in score])
    unmasked, ties = _place(score, reached, level, np.ones(len(wanted), bool))
    seen_score = row[seen]
    old = np.isin(wanted, seen, assume_unique=True)
    reached = reached - (seen_score >= score[:, None]).sum(axis=1)
    level = level - (seen_score == score[:, None]).sum(axis=1)
    masked, ties_masked = _place(score, reached, level, ~old)
    return unmasked, masked, ties, ties_masked


def _place(
    score: NDArray[np.floating],
    reached: NDArray[np.int64],
    level: NDArray[np.int64],
    findable: NDArray[np.bool_],
) -> tuple[Ranks, NDArray[np.int64]]:
    """Rank and ties, from candidates at or above (reached) and at (level) each target's score."""
    ranks = np.full(len(score), np.inf)
    ties = np.zeros(len(score), dtype=np.int64)
    findable = findable & (score > -np.inf)
    best_first = np.flatnonzero(findable)[np.argsort(-score[findable], kind="stable")]
    for position, target in enumerate(best_first):
        rivals_or_better = np.count_nonzero(score[findable] >= score[target])
        ranks[target] = reached[target] - rivals_or_better + position + 1
        ties[target] = level[target] - np.count_nonzero(score[findable] == score[target])
    return ranks, ties
