"""Percentile bootstrap over users (Efron and Tibshirani 1993, ch. 13), seeded.

A user is the unit that is drawn: her held-out items are not independent of each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidData


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it would fall in `confidence` of resampled worlds."""

    low: float
    mean: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def intervals(
    values: Mapping[str, NDArray[np.float64]],
    *,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """An interval a metric; values: (users,) each, all drawn with the same users."""
    table = np.stack(list(values.values()), axis=1)  # (users, metrics)
    users = len(table)
    rng = np.random.default_rng([seed, 0xB007])
    means = np.empty((resamples, table.shape[1]))
    for draw in range(resamples):
        times_drawn = np.bincount(rng.integers(users, size=users), minlength=users)
        means[draw] = times_drawn @ table / users
    edge = (1 - confidence) / 2
    low, high = np.quantile(means, (edge, 1 - edge), axis=0)
    middle = table.mean(axis=0)
    return {
        name: Interval(*map(float, column)) for name, *column in zip(values, low, middle, high, strict=True)
    }


def paired_difference(
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    *,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the mean of ours - theirs, (users,) values of the same users in the same order."""
    if ours.shape != theirs.shape:
        raise InvalidData(
            f"{len(ours):,} users against {len(theirs):,}: only values of the same users can be paired"
        )
    return intervals({"": ours - theirs}, resamples=resamples, confidence=confidence, seed=seed)[""]
