"""From histories to batches: windows, grouped by length, in an order and with negatives that the epoch's number gives.

Nothing here keeps a state: an epoch's batches follow from (seed, epoch) and a batch's negatives from (seed, epoch, step),
so that training resumes at any step without a generator's state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.encoder import padded

Rows = NDArray[np.int64]
_ORDER, _NEGATIVES = 1, 2  # what a generator is for


@dataclass(frozen=True, eq=False)
class Batch:
    """items (rows, length) padded on the right, lengths (rows,), wanted (targets,) in the order of the filled places.

    drawn: (negatives,) distinct and sorted, shared by all targets; or one for each of them.
    """

    items: NDArray[np.int64]
    lengths: NDArray[np.int64]
    wanted: NDArray[np.int64]
    drawn: NDArray[np.int64]

    @property
    def filled(self) -> NDArray[np.bool_]:
        """(rows, length) places that hold an item."""
        return np.arange(self.items.shape[1]) < self.lengths[:, None]

    def share(self, part: int, parts: int) -> "Batch":
        """Every `parts`-th row from `part` on, with the same negatives: what one of several processes takes."""
        if parts == 1:
            return self
        rows = np.arange(len(self.lengths)) % parts == part
        targets = np.repeat(rows, self.lengths)
        drawn = self.drawn[targets] if len(self.drawn) == len(targets) else self.drawn
        return Batch(self.items[rows], self.lengths[rows], self.wanted[targets], drawn)


@dataclass(frozen=True, eq=False)
class Batches:
    """Batches of the windows of `histories`; each transition from one item to the next is in exactly one window."""

    histories: Histories
    config: SequentialConfig
    seed: int

    @cached_property
    def windows(self) -> Histories:
        """Rows of 2 to length + 1 items, cut from the latest backwards and overlapping by one."""
        return cut(self.histories, self.config.length)

    @property
    def targets(self) -> int:
        """Targets in an epoch."""
        return len(self.windows.items) - len(self.windows)

    def epoch(self, number: int) -> Sequence[Rows]:
        """Rows of `windows` by step: of like lengths, so that little is padding, in an order drawn anew."""
        rng = np.random.default_rng([self.seed, _ORDER, number])
        order = rng.permutation(len(self.windows))
        lengths = self.windows.lengths - 1
        order = order[np.argsort(lengths[order], kind="stable")]
        steps: list[Rows] = []
        start = 0
        while start < len(order):
            rows = order[start : start + self.config.batch_users]
            fit = np.searchsorted(lengths[rows].cumsum(), self.config.batch_targets, side="right")
            steps.append(rows[: max(int(fit), 1)])
            start += len(steps[-1])
        return [steps[place] for place in rng.permutation(len(steps))]

    def batch(self, rows: Rows, *, epoch: int, step: int) -> Batch:
        """The batch of these rows of `windows`."""
        windows = self.windows.take(rows)
        past, wanted = (
            windows.keep(windows.ages > 0),
            windows.keep(windows.ages < windows.lengths[windows.owners] - 1),
        )
        items, lengths = padded(past)
        return Batch(items, lengths, wanted.items, self._drawn(windows, wanted, epoch, step))

    def _drawn(self, windows: Histories, wanted: Histories, epoch: int, step: int) -> NDArray[np.int64]:
        rng = np.random.default_rng([self.seed, _NEGATIVES, epoch, step])
        if self.config.loss == "full_softmax":
            return np.empty(0, dtype=np.int64)
        if self.config.loss != "bce":
            count = min(self.config.negatives, windows.item_count)
            return np.sort(rng.choice(windows.item_count, size=count, replace=False))
        drawn = rng.integers(windows.item_count, size=len(wanted.items))
        taken = np.unique(windows.owners * windows.item_count + windows.items)
        for _ in range(20):  # a window of nearly the whole catalogue may leave nothing to draw
            again = np.isin(wanted.owners * windows.item_count + drawn, taken)
            if not again.any():
                break
            drawn[again] = rng.integers(windows.item_count, size=int(again.sum()))
        return drawn


def cut(histories: Histories, length: int) -> Histories:
    """Windows of 2 to length + 1 items of each row with 2 or more, from the latest backwards, overlapping by one."""
    lengths = histories.lengths
    counts = np.maximum(-(-(lengths - 1) // length), 0)  # windows of a row
    owners = np.repeat(np.arange(len(histories)), counts)
    places = np.arange(len(owners)) - np.repeat(
        np.append(0, counts.cumsum())[:-1], counts
    )  # 0 for the latest
    stops = histories.indptr[1:][owners] - places * length
    starts = np.maximum(stops - length - 1, histories.indptr[:-1][owners])
    sizes = stops - starts
    indptr = np.append(0, sizes.cumsum())
    events = np.arange(int(indptr[-1])) - np.repeat(indptr[:-1] - starts, sizes)
    return Histories(histories.users[owners], indptr, histories.items[events], histories.item_count)
