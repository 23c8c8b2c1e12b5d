"""Leave out explicit items for listeners who switched them off."""

from typing import Literal

from recsys_core.config import Config
from recsys_core.rules.slate import Ruling, Situation, Slate, remove
from recsys_core.stages import Stage


class ExplicitConfig(Config):
    """Nothing to set: the listener decides, in the situation."""

    kind: Literal["explicit"] = "explicit"


def explicit(
    slate: Slate,
    situation: Situation,
    config: ExplicitConfig,  # noqa: ARG001 - every rule takes these three
) -> Ruling:
    """Keeps everything when explicit items are allowed."""
    if situation.explicit_allowed:
        return Ruling(slate)
    reasons = {candidate.item.id: "explicit" for candidate in slate if candidate.item.explicit}
    return remove("explicit", slate, reasons)


STAGE = Stage(ExplicitConfig, explicit)
