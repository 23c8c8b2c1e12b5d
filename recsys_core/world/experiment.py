"""A simulated A/B test of two models, with the truth beside it and what a log alone would have said.

Each model becomes a policy that shows one item: a softmax of its scores over what the user has not had yet, with a share
of uniform exploration, so that the log of one policy can speak for another. In the generated world the value of a policy
is known exactly, so the error of each estimate is known too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.config import Config
from recsys_core.data.histories import Histories
from recsys_core.judge.intervals import Interval
from recsys_core.judge.off_policy import Estimate, Log, estimate
from recsys_core.model import Scorer
from recsys_core.world.generate import World
from recsys_core.world.goals import goals

Floats = NDArray[np.float64]
_RESAMPLES = 1000


class ExperimentConfig(Config):
    """impressions: shown to each user in each log. exploration: share of uniform choice. sharpness: of the softmax over
    standardised scores; 0 is uniform. repeats: logs over which an estimator's bias is averaged."""

    impressions: int = Field(default=100, ge=1, le=10_000)
    exploration: float = Field(default=0.3, gt=0, le=1)
    sharpness: float = Field(default=1.5, ge=0, le=20)
    repeats: int = Field(default=20, ge=1, le=1_000)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: control, treatment: the true values of the policies. tested: treatment - control by an A/B test, half
    of the users each. logged: the treatment's value from the control's log. bias: by estimator, the mean error over
    repeated logs as a share of the true value."""

    control: float
    treatment: float
    tested: Interval
    logged: Estimate
    bias: Mapping[str, float]


def experiment(
    world: World,
    histories: Histories,
    control: Scorer,
    treatment: Scorer,
    config: ExperimentConfig | None = None,
) -> dict[str, Goal]:
    """By goal. histories: users of the world with what the models may know. Raises InvalidScores."""
    config = config or ExperimentConfig()
    old, new = (policy(scorer, histories, config) for scorer in (control, treatment))
    rng = np.random.default_rng([config.seed, 0xAB])
    reached = goals(world, histories)
    logged = [_logged(old, new, reached, config, rng) for _ in range(config.repeats)]
    tested = _tested(old, new, reached, config, rng)
    found = {}
    for goal, chances in reached.items():
        before, after = (float((shown * chances).sum(axis=1).mean()) for shown in (old, new))
        estimates = [log[goal] for log in logged]
        found[goal] = Goal(before, after, tested[goal], estimates[0], _bias(estimates, after))
    return found


def _bias(estimates: list[Estimate], truth: float) -> dict[str, float]:
    """By estimator. The truth is above 0: no goal is out of reach for everything."""
    return {
        "ips": float(np.mean([each.ips.mean for each in estimates])) / truth - 1,
        "snips": float(np.mean([each.snips.mean for each in estimates])) / truth - 1,
    }


def policy(scorer: Scorer, histories: Histories, config: ExperimentConfig) -> Floats:
    """(rows, items) the chance with which each item is shown; rows sum to 1, what was seen has 0."""
    from recsys_core.judge.ranks import check

    scores = scorer.score(histories)
    check(scores, histories)
    fresh = np.asarray(histories.matrix.toarray() == 0)
    fresh &= fresh.any(axis=1, keepdims=True)
    finite = fresh & np.isfinite(scores)
    values = np.where(finite, scores, np.nan).astype(np.float64)
    spread = np.maximum(np.nanstd(values, axis=1, keepdims=True), 1e-12)
    odds = np.exp(config.sharpness * (values - np.nanmax(values, axis=1, keepdims=True)) / spread)
    odds = np.where(finite, odds, 0)
    chosen = odds / odds.sum(axis=1, keepdims=True)
    explored = fresh / fresh.sum(axis=1, keepdims=True)
    mixed: Floats = (1 - config.exploration) * chosen + config.exploration * explored
    return mixed


def _draw(chances: Floats, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(rows, count) items, independent draws of each row."""
    edges = chances.cumsum(axis=1)
    edges /= edges[:, -1:]
    marks = rng.random((len(chances), count))
    rows = [np.searchsorted(row, mark, side="right") for row, mark in zip(edges, marks, strict=True)]
    return np.stack(rows).astype(np.int64)


def _rewards(reached: Floats, shown: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """(rows, count) 1 where the goal was reached."""
    chance = np.take_along_axis(reached, shown, axis=1)
    return (rng.random(shown.shape) < chance).astype(np.float64)


def _logged(
    old: Floats,
    new: Floats,
    reached: Mapping[str, Floats],
    config: ExperimentConfig,
    rng: np.random.Generator,
) -> dict[str, Estimate]:
    """By goal, from one log of `old`: everybody sees the same items whatever goal is counted."""
    shown = _draw(old, config.impressions, rng)
    owners = np.repeat(np.arange(len(shown)), config.impressions)
    then, now = (np.take_along_axis(chances, shown, axis=1).ravel() for chances in (old, new))
    return {
        goal: estimate(Log(owners, then, _rewards(chances, shown, rng).ravel(), len(shown)), now)
        for goal, chances in reached.items()
    }


def _tested(
    old: Floats,
    new: Floats,
    reached: Mapping[str, Floats],
    config: ExperimentConfig,
    rng: np.random.Generator,
) -> dict[str, Interval]:
    """By goal, the difference of the arms, bootstrapped over the users of each (Efron and Tibshirani 1993, ch. 8.3)."""
    users = rng.permutation(len(old))
    arms = list(zip((old, new), np.array_split(users, 2), strict=True))
    shown = [_draw(chances[rows], config.impressions, rng) for chances, rows in arms]
    found = {}
    for goal, chances in reached.items():
        means = [
            _rewards(chances[rows], items, rng).mean(axis=1)
            for (_, rows), items in zip(arms, shown, strict=True)
        ]
        before, after = (rng.choice(arm, (_RESAMPLES, len(arm))).mean(axis=1) for arm in means)
        low, high = np.quantile(after - before, (0.025, 0.975))
        found[goal] = Interval(float(low), float(means[1].mean() - means[0].mean()), float(high))
    return found
