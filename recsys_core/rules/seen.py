"""Leave out what the listener has had already."""

from typing import Literal

from recsys_core.config import Config
from recsys_core.data.items import Vertical
from recsys_core.rules.slate import Ruling, Situation, Slate, remove
from recsys_core.stages import Stage


class SeenConfig(Config):
    """verticals: where a repeat is unwanted; leave "track" out to let songs come back."""

    kind: Literal["seen"] = "seen"
    verticals: tuple[Vertical, ...] = tuple(Vertical)


def seen(slate: Slate, situation: Situation, config: SeenConfig) -> Ruling:
    """Keeps items of other verticals and items that are not in `situation.seen`."""
    reasons = {
        candidate.item.id: "already in the history"
        for candidate in slate
        if candidate.item.id in situation.seen and candidate.item.vertical in config.verticals
    }
    return remove("seen", slate, reasons)


STAGE = Stage(SeenConfig, seen)
