"""Leave out what is not licensed where the listener is."""

from typing import Literal

from recsys_core.config import Config
from recsys_core.rules.slate import Ruling, Situation, Slate, remove
from recsys_core.stages import Stage


class MarketConfig(Config):
    """Nothing to set: licences are no matter of taste."""

    kind: Literal["market"] = "market"


def market(
    slate: Slate,
    situation: Situation,
    config: MarketConfig,  # noqa: ARG001 - every rule takes these three
) -> Ruling:
    """Keeps items of the situation's market and items available everywhere."""
    place = situation.market
    reasons = {
        candidate.item.id: f"not available in {place or 'an unknown market'}"
        for candidate in slate
        if candidate.item.markets is not None and place not in candidate.item.markets
    }
    return remove("market", slate, reasons)


STAGE = Stage(MarketConfig, market)
