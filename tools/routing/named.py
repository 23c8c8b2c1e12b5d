"""Things that a request names as arguments: models, jobs, entities, and further ones of a kind."""

import re
from collections.abc import Sequence

from tools.routing.filled import Missing
from tools.routing.reading import Reading
from tools.things import Mention, Names, Thing

MOST_CANDIDATES = 8
_WHOSE = re.compile(r"\b(?:of|for|by|from|team|group|owner)\s+(?:the\s+)?([\w-]+)|\b([\w-]+)['’]s?\s")
"""Who has something: `gaps of platform`, `platform's docs`."""


def named(reading: Reading, name: str, names: Names) -> str | None:
    free = [each for each in reading.free(names) if not reading.whole or reading.contexts.follows(name, each)]
    if not free:
        return _called(reading, name, names)
    at = _first(reading, names, free) or reading.contexts.best(name, free)
    same = [each for each in free if (each.start, each.end) == (at.start, at.end)]
    if len({each.value for each in same}) > 1 and not _is_sure(same, names):
        wanted = tuple(dict.fromkeys(each.value for each in same))
        reading.filled.missing.append(Missing(name, reading.described(name), wanted[:MOST_CANDIDATES]))
        reading.filled.used.append(at)
        return None
    reading.filled.used.append(at)
    reading.at[name] = at
    return at.value


def many(reading: Reading, name: str, names: Names) -> tuple[str, ...]:
    """Further ones of a thing, where a phrase of the action says how they are named."""
    if not reading.contexts.has_lead(name):
        return ()
    free = sorted(reading.free(names), key=lambda one: one.start)
    values: list[str] = []
    for each in free:
        if reading.contexts.follows(name, each) and not any(
            each.overlaps(used) for used in reading.filled.used
        ):
            reading.filled.used.append(each)
            values.append(each.value)
    return tuple(dict.fromkeys(values))


def _first(reading: Reading, names: Names, free: Sequence[Mention]) -> Mention | None:
    """The first named, where a list takes the others: `bring a and b to production together`."""
    others = (
        name
        for name, each in reading.names.items()
        if each and each.thing is names.thing and reading.properties[name].get("type") == "array"
    )
    if any(reading.contexts.has_lead(name) for name in others) and len({each.value for each in free}) > 1:
        return min(free, key=lambda each: (each.start, -each.sure))
    return None


def _called(reading: Reading, name: str, names: Names) -> str | None:
    """An entity of the kind by its bare name, where a phrase has the argument: `owned by platform`."""
    if names.thing is not Thing.ENTITY or not names.kinds:
        return None
    for said in (reading.contexts.token(name, "", slug=True, any_word=True), reading.contexts.ahead(name)):
        if found := entity_called(reading, said or "", names):
            return found
    if names.kinds[0] != "group":
        return None
    owners = (
        entity_called(reading, match[1] or match[2], names)
        for match in _WHOSE.finditer(reading.request.lower())
    )
    return next(filter(None, owners), None)


def entity_called(reading: Reading, said: str, names: Names) -> str | None:
    wanted = "-".join(said.lower().split())
    entities = reading.known.catalog.entities if reading.known.catalog else ()
    found = (
        str(each.ref)
        for each in entities
        if each.ref.name == wanted and (not names.kinds or each.ref.kind in names.kinds)
    )
    return next(found, None)


def _is_sure(same: Sequence[Mention], names: Names) -> bool:
    """Whether the first of several readings is meant: the newest job, unless one is to be ended."""
    if same[0].thing is not same[1].thing:
        return True
    return (names.thing is Thing.JOB and "active" not in names.kinds) or same[0].sure > same[1].sure + 0.3
