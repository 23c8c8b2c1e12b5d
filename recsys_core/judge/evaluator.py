"""The judge: ranks every held-out item among the whole catalogue, masked and unmasked in one pass.

Streams over blocks of users, so memory stays at one block of scores whatever the number of users. Each view comes
from the same scores: `masked` takes the history out of the candidates, `unmasked` leaves it in. Papers rarely say
which they report, and on short histories the difference is larger than most papers' gains.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.judge.first_ten import PLACES, FirstTen, Shown, add_both
from recsys_core.judge.metrics import metrics
from recsys_core.judge.protocol import EvaluationProtocol
from recsys_core.judge.ranks import RankBlock, rank
from recsys_core.judge.slices import by_slice
from recsys_core.judge.split import Split
from recsys_core.model import Scorer

BLOCK = 1 << 23  # scores held at once: 32 MB of float32
VIEWS = ("masked", "unmasked")


@dataclass(frozen=True, eq=False)
class View:
    """What one view of the ranking gives.

    values: (users,) a metric. overall: coverage@10 and gini@10, which no single user has. tied: share of held-out
    items that share their score with another candidate. decided: share whose place among the first ten was lost to
    such a tie. unwinnable: share that is masked itself, being in the history already. slices: by slice, then
    metric: (users,) values over the held-out items of that slice, NaN for who has none.
    """

    values: Mapping[str, NDArray[np.float64]]
    overall: Mapping[str, float]
    tied: float
    decided: float
    unwinnable: float
    slices: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)


class Outcomes(Protocol):
    """Knows what lists do for users: the generated world does (`world/outcomes.py`), data of the past does not."""

    def values(self, histories: Histories, lists: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        """By goal: (rows,) means over the places of each row's list (rows, places), -1 for an empty place."""
        ...


def judge(
    scorer: Scorer, parts: Split, protocol: EvaluationProtocol, *, outcomes: Outcomes | None = None
) -> dict[str, View]:
    """A `View` for "masked" and "unmasked"; outcomes: measure goals of the first ten too. Raises InvalidScores."""
    histories, targets = parts.histories, parts.targets
    ten = {view: FirstTen(len(histories), histories.item_count) for view in VIEWS}
    blocks: list[RankBlock] = []
    for start, stop in _blocks(len(histories), histories.item_count):
        past = histories.slice(start, stop)
        scores = scorer.score(past)
        blocks.append(rank(scores, past, targets.slice(start, stop)))
        add_both(ten, scores, past)
    found = {view: view_of(view, blocks, parts, protocol, ten[view].shown(parts.train)) for view in VIEWS}
    if outcomes is None:
        return found
    return {view: _with_goals(it, outcomes.values(histories, ten[view].lists)) for view, it in found.items()}


def _with_goals(view: View, goals: Mapping[str, NDArray[np.float64]]) -> View:
    return replace(view, values={**view.values, **{f"{name}@{PLACES}": goals[name] for name in goals}})


def _blocks(users: int, items: int) -> Iterator[tuple[int, int]]:
    step = max(1, BLOCK // items)
    return ((start, min(start + step, users)) for start in range(0, users, step))


def view_of(
    name: str, blocks: list[RankBlock], parts: Split, protocol: EvaluationProtocol, shown: Shown
) -> View:
    """What the blocks of all users come to, in the view `name`."""
    ranks: NDArray[np.float64] = np.concatenate([getattr(block, name) for block in blocks])
    ties: NDArray[np.int64] = np.concatenate([getattr(block, f"ties_{name}") for block in blocks])
    values = metrics(ranks, parts.targets.owners, users=len(parts.targets), cutoffs=protocol.cutoffs)
    return View(
        values={**values, **shown.values},
        overall={"coverage@10": shown.coverage, "gini@10": shown.gini},
        tied=float((ties > 0).mean()),
        decided=float(((ranks > PLACES) & (ranks - ties <= PLACES)).mean()),
        unwinnable=_old_share(parts) if name == "masked" else 0.0,
        slices=by_slice(ranks, parts) if name == protocol.headline else {},
    )


def _old_share(parts: Split) -> float:
    matrix = parts.histories.matrix
    pairs = np.asarray(matrix[parts.targets.owners, parts.targets.items]).ravel()
    return float((pairs > 0).mean())
