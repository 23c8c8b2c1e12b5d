"""Where two versions of a pipeline part over one item: layer by layer the present one is put in place of the earlier.

First everything is the earlier version's; then the listener's history is the present one, then the sources with their
catalogue, then the ranker, then the rules with what they know of items. Each time the whole pipeline is run, so the
layer after which the item is shown, or no longer, is the layer that did it, and not one that merely changed as well.
Two versions are trained apart and their vectors live in different spaces: no figure here compares the one with the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from recsys_core.explanation.changes import Pair, changes
from recsys_core.explanation.journey import Journey, Layer, Request, follow, known
from recsys_core.pipeline import Pipeline
from recsys_core.ranking.linear_ranker import LinearRanker
from recsys_core.rules.slate import Slate


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome once this layer, and those before it, are the present version's. place: None when it is not shown."""

    layer: Layer | None
    place: int | None


@dataclass(frozen=True, slots=True)
class Parting:
    """before: the item's way in the earlier version, None when it has no such item, or no history to go on from.

    layer: where the two part; None when the item is shown at the same place, or in neither. steps: from all of the
    earlier version to all of the present one. changed: what differs at that layer.
    """

    before: Journey | None
    layer: Layer | None
    steps: tuple[Step, ...]
    changed: tuple[str, ...]


def part(now: Pipeline, before: Pipeline, item: str, request: Request, earlier: Request) -> Parting:
    """request, earlier: what was asked of each, the histories as each version knows them. Raises as `follow`."""
    if item not in set(before.item_ids):
        return Parting(None, Layer.CATALOGUE, (), ("the earlier version does not have the item",))
    told = len(known(before, earlier.history).items) > 0 or bool(request.surface and request.surface.cold)
    way = follow(before, item, earlier) if told else None
    steps = tuple(_steps(now, before, item, request, way.place if way else None))
    layer = _parts(steps)
    changed = () if layer is None else tuple(changes(layer, Pair(now, before, item, request, earlier)))
    return Parting(way, layer, steps, changed)


def _steps(now: Pipeline, before: Pipeline, item: str, request: Request, first: int | None) -> Iterator[Step]:
    yield Step(None, first)
    yield Step(Layer.USER, _place(before, before.ranker, before, item, request))
    if exchangeable(now.ranker, before.ranker):
        yield Step(Layer.CANDIDATES, _place(now, before.ranker, before, item, request))
    yield Step(Layer.RANKER, _place(now, now.ranker, before, item, request))
    yield Step(Layer.RULES, _place(now, now.ranker, now, item, request))


def exchangeable(one: LinearRanker | None, other: LinearRanker | None) -> bool:
    """Whether each can order what the other orders: both weigh the same features, or there are none."""
    if one is None or other is None:
        return one is other
    return one.weights.keys() == other.weights.keys()


def _place(
    proposer: Pipeline, ranker: LinearRanker | None, ruler: Pipeline, item: str, request: Request
) -> int | None:
    """Where the item is shown by the sources of the one, this ranker and the rules of the other."""
    surface = request.surface
    past = known(proposer, request.history)
    if not (len(past.items) or (surface and surface.cold)):
        return None
    situation = replace(request.situation, seen=request.situation.seen | frozenset(request.history))
    proposals = proposer.proposed(past, situation, surface)
    slate, _ = ruler.ruled(
        _as_known_to(ruler, proposer.ranked(proposals, surface, ranker=ranker)), situation, surface
    )
    places = (place for place, each in enumerate(slate[: situation.size], start=1) if each.item.id == item)
    return next(places, None)


def _as_known_to(ruler: Pipeline, slate: Slate) -> Slate:
    """The same items with what this version's catalogue says of them, where it has them."""
    facts = {item.id: item for item in ruler.data.items}
    return tuple(replace(each, item=facts.get(each.item.id, each.item)) for each in slate)


def _parts(steps: tuple[Step, ...]) -> Layer | None:
    """The layer after which it was shown, or no longer, for good; else the last at which its place changed."""
    first, last = steps[0].place, steps[-1].place
    if first == last:
        return None
    flipped = (first is None) != (last is None)
    parting = None
    for one, other in pairwise(steps):
        if one.place != other.place and (not flipped or (one.place is None) != (other.place is None)):
            parting = other.layer
    return parting
