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
    if protocol.holdout != "random" and not data.ordered:
        raise InvalidData(
            f"{data.name} has no order, and {protocol.name} holds out the last item; use holdout-random"
        )
    ages, lengths = data.histories.ages, data.histories.lengths
    if protocol.holdout == "random":
        target = _random(data.histories, protocol.share or 0.0, seed)
        known = ~target
        train = known
    else:
        place = 0 if protocol.holdout == "last" else 1
        target = ages == place
        known = ages > place
        train = ages > (1 if protocol.train == "all-but-two" else place)
    tested = np.flatnonzero(np.bincount(data.histories.owners[known], minlength=len(lengths)) > 0)
    tested = tested[np.bincount(data.histories.owners[target], minlength=len(lengths))[tested] > 0]
    if not len(tested):
        raise InvalidData(
            f"nobody in {data.name} has the two interactions that {protocol.name} needs; give more data"
        )
    if protocol.holdout != "random":  # nobody's only item is taken away from training
        train = train | (lengths == 1)[data.histories.owners]
    return Split(
        train=data.keep(train),
        counted=data if protocol.counts == "all" else data.keep(train),
        histories=data.histories.keep(known).take(tested),
        targets=data.histories.keep(target).take(tested),
        undecided=0.0 if protocol.holdout == "random" else _undecided(data, target, tested),
    )


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
