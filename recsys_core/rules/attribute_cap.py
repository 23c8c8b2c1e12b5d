"""At most a few of the places shown for one genre, topic or other attribute, as long as there is something else."""

from collections import Counter
from typing import Literal

from pydantic import Field

from recsys_core.config import Config
from recsys_core.rules.slate import Ruling, Situation, Slate, reorder
from recsys_core.stages import Stage


class AttributeCapConfig(Config):
    """most: places shown that an attribute may have."""

    kind: Literal["attribute_cap"] = "attribute_cap"
    most: int = Field(default=3, ge=1)


def attribute_cap(slate: Slate, situation: Situation, config: AttributeCapConfig) -> Ruling:
    """A permutation: what would be over the cap waits behind the places shown, and the best of the others come forward.

    An item counts for each of its attributes; items without any are never counted. When too few others are left, the
    best of those who wait fill up.
    """
    size = min(situation.size, len(slate))
    count: Counter[str] = Counter()
    shown: list[int] = []
    waiting: list[int] = []
    for place, candidate in enumerate(slate):
        if len(shown) == size:
            break
        attributes = set(candidate.item.attributes)
        if any(count[attribute] >= config.most for attribute in attributes):
            waiting.append(place)
        else:
            count.update(attributes)
            shown.append(place)
    shown = sorted([*shown, *waiting[: size - len(shown)]])
    order = shown + [place for place in range(len(slate)) if place not in set(shown)]
    return reorder("attribute_cap", slate, order, f"others already have {config.most} of an attribute")


STAGE = Stage(AttributeCapConfig, attribute_cap)
