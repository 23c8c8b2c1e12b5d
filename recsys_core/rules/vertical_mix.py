"""Give each vertical at least its share of the places shown."""

from collections import Counter
from typing import Literal

from pydantic import model_validator

from recsys_core.config import Config
from recsys_core.data.items import Vertical
from recsys_core.rules.slate import Ruling, Situation, Slate, reorder
from recsys_core.stages import Stage


class VerticalMixConfig(Config):
    """least: smallest share of the shown places by vertical, rounded down; together at most 1."""

    kind: Literal["vertical_mix"] = "vertical_mix"
    least: dict[Vertical, float]

    @model_validator(mode="after")
    def _possible(self) -> "VerticalMixConfig":
        if any(share < 0 for share in self.least.values()) or sum(self.least.values()) > 1:
            raise ValueError("the least shares must be at least 0 and together at most 1")
        return self


def vertical_mix(slate: Slate, situation: Situation, config: VerticalMixConfig) -> Ruling:
    """A permutation: the best of a vertical come forward until it has its share, each group in its own order."""
    size = min(situation.size, len(slate))
    owed = Counter({vertical: int(share * size + 1e-9) for vertical, share in config.least.items()})
    promised = []
    for place, candidate in enumerate(slate):
        if owed[candidate.item.vertical] > 0:
            owed[candidate.item.vertical] -= 1
            promised.append(place)
    free = [place for place in range(len(slate)) if place not in set(promised)]
    shown = sorted(promised + free[: size - len(promised)])
    order = shown + [place for place in free if place not in set(shown)]
    return reorder("vertical_mix", slate, order, "its vertical is owed a share")


STAGE = Stage(VerticalMixConfig, vertical_mix)
