"""Keep some of the places shown for what is promoted, and name who pays for them."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from recsys_core.config import Config
from recsys_core.rules.slate import Ruling, Situation, Slate, reorder
from recsys_core.stages import Stage


class PromotionConfig(Config):
    """campaign: what the trace says. slots: the places kept, from 1, one item each. items, creators: what is promoted.

    since, until: Unix seconds between which the campaign runs, None for an open end.
    """

    kind: Literal["promotion"] = "promotion"
    campaign: str = Field(min_length=1, max_length=100)
    slots: tuple[int, ...] = Field(min_length=1, max_length=50)
    items: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None

    @field_validator("slots")
    @classmethod
    def _places(cls, slots: tuple[int, ...]) -> tuple[int, ...]:
        if min(slots) < 1 or len(set(slots)) < len(slots):
            raise ValueError("slots are different places, counted from 1")
        return tuple(sorted(slots))

    @model_validator(mode="after")
    def _something(self) -> "PromotionConfig":
        if not (self.items or self.creators):
            raise ValueError("name items or creators to promote")
        if None not in {self.since, self.until} and (self.since or 0) >= (self.until or 0):
            raise ValueError(f"since = {self.since} is not before until = {self.until}")
        return self

    def runs(self, now: int | None) -> bool:
        """Whether the campaign runs now; one with an end never does at an unknown time."""
        if now is None:
            return self.since is None and self.until is None
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


def promotion(slate: Slate, situation: Situation, config: PromotionConfig) -> Ruling:
    """A permutation: the best promoted items take the slots, in the order of their score; who stands better already stays.

    Only what was proposed can be promoted, and rules before this one have had their say: what is not licensed, heard
    already or capped gets no slot.
    """
    if not config.runs(situation.now):
        return Ruling(slate)
    promoted = [
        place
        for place, candidate in enumerate(slate)
        if candidate.item.id in config.items or candidate.item.creator in config.creators
    ]
    slots = [slot - 1 for slot in config.slots if slot <= min(situation.size, len(slate))]
    taken = {slot: place for slot, place in zip(slots, promoted, strict=False) if place > slot}
    others = iter([place for place in range(len(slate)) if place not in taken.values()])
    order = [taken[place] if place in taken else next(others) for place in range(len(slate))]
    return reorder("promotion", slate, order, f"promoted by {config.campaign}")


STAGE = Stage(PromotionConfig, promotion)
