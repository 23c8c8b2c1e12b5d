"""Split a data set as a protocol says: what is trained on, what is known of each user, what is to be found."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidData
from recsys_core.judge.protocol import EvaluationProtocol


@dataclass(frozen=True, eq=False)
class Split:
    """train: for models that learn; counted: for models that count. histories, targets: a row each tested user.

    undecided: share of tested users whose target has the same time as its predecessor, so that the order of the
    file decided which one was held out.
    """

    train: Dataset
    counted: Dataset
    histories: Histories
    targets: Histories
    undecided: float


def split(data: Dataset, protocol: EvaluationProtocol, *, seed: int = 0) -> Split:
    """Split; the seed matters to holdout `random` only.

    Users without anything left as history stay in training and are not tested. Raises InvalidData when the protocol
    needs an order that the data has not, or when nobody can be tested.
    """
    lengths = data.histories.lengths
    by_place = protocol.holdout in {"last", "last-but-one"}
    if by_place:
        target, known, train = _by_place(data, protocol)
    else:
        target = (
            _latest(data, protocol)
            if protocol.holdout == "time"
            else _random(data.histories, protocol.share or 0.0, seed)
        )
        known = train = ~target
    tested = np.flatnonzero(np.bincount(data.histories.owners[known], minlength=len(lengths)) > 0)
    tested = tested[np.bincount(data.histories.owners[target], minlength=len(lengths))[tested] > 0]
    if not len(tested):
        raise InvalidData(
            f"nobody in {data.name} has the two interactions that {protocol.name} needs; give more data"
        )
    if by_place:  # nobody's only item is taken away from training
        train = train | (lengths == 1)[data.histories.owners]
    return Split(
        train=data.keep(train),
        counted=data if protocol.counts == "all" else data.keep(train),
        histories=data.histories.keep(known).take(tested),
        targets=data.histories.keep(target).take(tested),
        undecided=_undecided(data, target, tested) if by_place else 0.0,
    )


def _by_place(
    data: Dataset, protocol: EvaluationProtocol
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """(events,) each: held out, known, trained on, by how many events of the same user came later."""
    if not data.ordered:
        raise InvalidData(
            f"{data.name} has no order, and {protocol.name} holds out the last item; use holdout-random"
        )
    ages = data.histories.ages
    place = 0 if protocol.holdout == "last" else 1
    return ages == place, ages > place, ages > (1 if protocol.train == "all-but-two" else place)


def _latest(data: Dataset, protocol: EvaluationProtocol) -> NDArray[np.bool_]:
    """(events,) True from the moment on at which the latest share begins; events of that moment stay together."""
    if data.times is None:
        raise InvalidData(
            f"{data.name} has no times, and {protocol.name} cuts at a moment; use loo-full, or holdout-random "
            "where there is no order either"
        )
    known = int(len(data.times) * (1 - (protocol.share or 0.0)))
    late: NDArray[np.bool_] = data.times >= np.sort(data.times)[known]
    return late


def _random(histories: Histories, share: float, seed: int) -> NDArray[np.bool_]:
    """(events,) True for `share` of each row rounded, at least 1 and at most all but one; repeats go together."""
    rng = np.random.default_rng([seed, 0x5EED])
    pairs = histories.owners * histories.item_count + histories.items
    distinct, place = np.unique(pairs, return_inverse=True)  # sorted by row
    rows = distinct // histories.item_count
    counts = np.bincount(rows, minlength=len(histories))
    order = np.lexsort((rng.random(len(distinct)), rows))
    starts = np.append(0, counts.cumsum())[:-1]
    position = np.empty(len(distinct), dtype=np.int64)
    position[order] = np.arange(len(distinct)) - starts[rows]
    quota = np.minimum(np.maximum(np.rint(counts * share), 1), counts - 1)
    held: NDArray[np.bool_] = (position < quota[rows])[place]
    return held


def _undecided(data: Dataset, target: NDArray[np.bool_], tested: NDArray[np.int64]) -> float:
    if data.times is None:
        return 0.0
    events = np.flatnonzero(target)
    events = events[np.isin(data.histories.owners[events], tested)]
    return float((data.times[events] == data.times[events - 1]).mean())
