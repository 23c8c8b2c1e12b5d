"""What a policy would be worth, from the log of another one: inverse propensity scoring.

A log holds what was shown, the chance with which it was, and what came of it. Weighing each event by how much likelier
the new policy shows it makes the log's mean an estimate of the new policy's value, without bias where the old one could
show everything the new one shows (Horvitz and Thompson 1952, doi:10.1080/01621459.1952.10483446). Dividing by the sum
of the weights trades a little bias for much variance (SNIPS: Swaminathan and Joachims, NIPS 2015).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidData
from recsys_core.judge.intervals import Interval

Floats = NDArray[np.float64]
_EVENTS, _WEIGHTS, _REWARDS = range(3)


@dataclass(frozen=True, eq=False)
class Log:
    """One row an event, (events,) each. owners: the user's row, below `users`; chances: of what was shown, in (0, 1];
    rewards: what came of it. Raises InvalidData for a chance or a length that cannot be."""

    owners: NDArray[np.int64]
    chances: Floats
    rewards: Floats
    users: int

    def __post_init__(self) -> None:
        if not len(self.owners) == len(self.chances) == len(self.rewards):
            raise InvalidData(
                f"the log has {len(self.owners):,} owners, {len(self.chances):,} chances and {len(self.rewards):,} "
                "rewards; give one of each an event"
            )
        wrong = np.flatnonzero(~((self.chances > 0) & (self.chances <= 1)))
        if len(wrong):
            raise InvalidData(
                f"event {wrong[0]} of the log was shown with the chance {self.chances[wrong[0]]}; what was shown had "
                "a chance above 0 and at most 1"
            )


@dataclass(frozen=True, slots=True)
class Estimate:
    """ips, snips: the policy's value with an interval over users. effective: how many unweighted events the weighted ones
    are worth, (sum w)^2 / sum w^2 (Kong 1992)."""

    ips: Interval
    snips: Interval
    effective: float


def estimate(
    log: Log, chances: Floats, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """The value of the policy that would show the logged items with `chances` (events,). Raises InvalidData."""
    if chances.shape != log.chances.shape or not ((chances >= 0) & (chances <= 1)).all():
        raise InvalidData(
            f"{chances.shape} chances for {len(log.chances):,} events; give one between 0 and 1 an event"
        )
    weights = chances / log.chances
    sums: Floats = np.stack(
        [
            np.bincount(log.owners, np.ones(len(weights)), minlength=log.users),
            np.bincount(log.owners, weights, minlength=log.users),
            np.bincount(log.owners, weights * log.rewards, minlength=log.users),
        ],
        axis=1,
    )  # (users, 3)
    rng = np.random.default_rng([seed, 0x0FF])
    drawn = (
        rng.multinomial(log.users, np.full(log.users, 1 / log.users), size=resamples) @ sums
    )  # (resamples, 3)
    edge = (1 - confidence) / 2
    whole: Floats = sums.sum(axis=0)
    ips, snips = (_interval(drawn, whole, below, edge) for below in (_EVENTS, _WEIGHTS))
    return Estimate(ips, snips, float(weights.sum() ** 2 / max((weights**2).sum(), 1e-300)))


def _interval(drawn: Floats, whole: Floats, below: int, edge: float) -> Interval:
    """Of weighted rewards over the column `below`; a resample without any weight is worth nothing."""
    values = drawn[:, _REWARDS] / np.maximum(drawn[:, below], 1e-300)
    low, high = np.quantile(values, (edge, 1 - edge))
    return Interval(float(low), float(whole[_REWARDS] / max(whole[below], 1e-300)), float(high))
