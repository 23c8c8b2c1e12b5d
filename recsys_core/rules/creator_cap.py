"""At most a few items of one artist, show or author."""

from collections import Counter
from typing import Literal

from pydantic import Field

from recsys_core.config import Config
from recsys_core.rules.slate import Ruling, Situation, Slate, remove
from recsys_core.stages import Stage


class CreatorCapConfig(Config):
    """most: items a creator may have in the slate."""

    kind: Literal["creator_cap"] = "creator_cap"
    most: int = Field(default=2, ge=1)


def creator_cap(
    slate: Slate,
    situation: Situation,  # noqa: ARG001 - every rule takes these three
    config: CreatorCapConfig,
) -> Ruling:
    """Keeps the best `most` of each creator; items without a creator are never counted."""
    count: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    for candidate in slate:
        creator = candidate.item.creator
        count[creator] += bool(creator)
        if count[creator] > config.most:
            reasons[candidate.item.id] = f"{creator} already has {config.most}"
    return remove("creator_cap", slate, reasons)


STAGE = Stage(CreatorCapConfig, creator_cap)
