"""Give new items a few of the places shown."""

from typing import Literal

from pydantic import Field

from recsys_core.config import Config
from recsys_core.rules.slate import Ruling, Situation, Slate, reorder
from recsys_core.stages import Stage

DAY = 86_400


class FreshnessConfig(Config):
    """days: how long an item is new. least: how many of the places shown new items get, if there are so many."""

    kind: Literal["freshness"] = "freshness"
    days: float = Field(default=30, gt=0)
    least: int = Field(default=1, ge=0)


def freshness(slate: Slate, situation: Situation, config: FreshnessConfig) -> Ruling:
    """A permutation: the best new items take the last places shown when fewer than `least` got there by score.

    Without `situation.now` nothing is new, and the slate stays as it is.
    """
    if situation.now is None:
        return Ruling(slate)
    oldest = situation.now - config.days * DAY
    new = [
        place
        for place, candidate in enumerate(slate)
        if candidate.item.published is not None and oldest <= candidate.item.published <= situation.now
    ]
    size = min(situation.size, len(slate))
    kept = new[: min(config.least, size)]
    others = [place for place in range(len(slate)) if place not in set(kept)]
    shown = sorted(kept + others[: size - len(kept)])
    order = shown + [place for place in others if place not in set(shown)]
    return reorder("freshness", slate, order, f"published in the last {config.days:g} days")


STAGE = Stage(FreshnessConfig, freshness)
