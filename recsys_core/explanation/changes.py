"""What differs between two versions of a pipeline at one layer, as far as it matters to one item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recsys_core.data.items import Item
from recsys_core.explanation.journey import Layer, Request, follow
from recsys_core.pipeline import Pipeline
from recsys_core.ranking.linear_ranker import LinearRanker

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions that were asked the same; request, earlier: with the history that each has of the listener."""

    now: Pipeline
    before: Pipeline
    item: str
    request: Request
    earlier: Request


def changes(layer: Layer, pair: Pair) -> Iterator[str]:
    """In phrases; none for a layer whose difference cannot be told, such as vectors that were trained anew."""
    if layer is Layer.USER:
        yield from _history(pair.request.history, pair.earlier.history)
    elif layer is Layer.CANDIDATES:
        yield from _sources(pair)
    elif layer is Layer.RANKER and pair.now.ranker is not None and pair.before.ranker is not None:
        yield from _weights(pair.now.ranker, pair.before.ranker)
    elif layer is Layer.RULES:
        yield from _rules(pair)
        yield from _facts(
            *(each.data.items[each.data.item_index(pair.item)] for each in (pair.now, pair.before))
        )


def _history(now: Sequence[str], before: Sequence[str]) -> Iterator[str]:
    for what, items in (
        ("new in the history", [each for each in now if each not in set(before)]),
        ("no longer in the history", [each for each in before if each not in set(now)]),
    ):
        if items:
            more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
            yield f"{what}: {', '.join(items[-_SHOWN:])}{more}"


def _sources(pair: Pair) -> Iterator[str]:
    """Each with the same history, so that nothing but the sources makes the difference."""
    places = []
    for pipeline in (pair.before, pair.now):
        there = set(pipeline.item_ids)
        past = tuple(each for each in pair.request.history if each in there)
        if not (past or (pair.request.surface and pair.request.surface.cold)):
            return
        request = Request(past, pair.request.situation, pair.request.surface)
        places.append({each.source: each for each in follow(pipeline, pair.item, request).sources})
    before, now = places
    for name in dict.fromkeys((*before, *now)):
        told = [
            f"place {found.rank:,}" if (found := at.get(name)) and found.rank else "no place"
            for at in (before, now)
        ]
        if told[0] != told[1]:
            yield f"{name} {told[0]} -> {told[1]}"


def _weights(now: LinearRanker, before: LinearRanker) -> Iterator[str]:
    names = sorted(
        now.weights.keys() | before.weights.keys(),
        key=lambda name: -abs(now.weights.get(name, 0.0) - before.weights.get(name, 0.0)),
    )
    for name in names[:_SHOWN]:
        yield f"weight of {name} {before.weights.get(name, 0.0):+.3f} -> {now.weights.get(name, 0.0):+.3f}"


def _rules(pair: Pair) -> Iterator[str]:
    if pair.request.surface is not None:
        return
    mine, theirs = (
        [str(rule.model_dump()) for rule in each.config.rules] for each in (pair.now, pair.before)
    )
    yield from (f"new rule {rule}" for rule in mine if rule not in theirs)
    yield from (f"no longer a rule {rule}" for rule in theirs if rule not in mine)


def _facts(now: Item, before: Item) -> Iterator[str]:
    for name in ("markets", "explicit", "creator", "attributes", "published", "vertical"):
        mine, theirs = getattr(now, name), getattr(before, name)
        if mine != theirs:
            yield f"{name} of the item {_plain(theirs)} -> {_plain(mine)}"


def _plain(value: object) -> str:
    if value is None:
        return "unstated"
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset | tuple) else str(value)
