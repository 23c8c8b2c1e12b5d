"""How well the generated world can be known: its oracle above, popularity below, learned models in between."""

from collections.abc import Sequence

from recsys_core.evaluation import configured, evaluate, judged, summarise
from recsys_core.judge import EvaluationResult, load_protocol, split
from recsys_core.world.generate import World
from recsys_core.world.oracle import Oracle


def report(
    world: World, *, models: Sequence[str] = (), protocol: str = "loo-full"
) -> dict[str, EvaluationResult]:
    """Results by name: "oracle", "popularity", then `models`, all on the same split."""
    chosen = load_protocol(protocol)
    parts = split(world.data, chosen)
    found = {"oracle": summarise([judged(Oracle(world), parts, chosen)], world.data, "oracle", chosen)}
    for name in ("popularity", *models):
        found[name] = evaluate(world.data, configured(name, {}), protocol=chosen)
    return found
