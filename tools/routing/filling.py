"""Fills an action's arguments from what a request names, and says which it could not fill."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.action import Action
from tools.routing.filled import Filled
from tools.routing.known import Known
from tools.routing.missing import note_missing, unused
from tools.routing.named import entity_called, many, named
from tools.routing.reading import Reading
from tools.routing.values import chosen, keys, meant, number
from tools.things import Mention, Names, Thing

_NAMED = re.compile(r"\b(?:(?:name|call) it|named|called|by the name(?: of)?)\s+[\"'`“]?([a-z][\w-]*)")


def fill(
    action: Action[Any, Any],
    request: str,
    found: Sequence[Mention],
    known: Known,
    *,
    means: Mapping[str, Any],
) -> Filled:
    """means: arguments that the phrase which fits the request says without a word of their own."""
    reading = Reading(action, request, found, known)
    for name, schema in reading.properties.items():
        names = reading.names[name]
        if name not in means or (names is not None and names.thing is Thing.NUMBER):
            _fill(reading, name, schema)
    filled = reading.filled
    filled.arguments = {**means, **filled.arguments}
    note_missing(reading)
    filled.unused = tuple(unused(reading))
    return filled


def _fill(reading: Reading, name: str, schema: Mapping[str, Any]) -> None:
    names = reading.names[name]
    if schema.get("type") == "string" and (said := _assigned(reading, name, names, schema)):
        value: Any = said
    elif schema.get("type") == "object":
        value = keys(reading, name)
    elif (meaning := meant(reading, name)) is not None:
        value = meaning
    elif names is None:
        value = chosen(reading, name, schema)
    elif names.thing is Thing.REQUEST:
        value = _without_place(reading, reading.contexts.rest(name) or reading.request.strip())
    elif names.thing is Thing.NUMBER:
        value = number(reading, name, schema)
    elif names.thing is Thing.NEW_NAME:
        pattern = str(schema.get("pattern", ""))
        value = reading.contexts.token(name, pattern, slug=True, apart=reading.filled.used)
        value = value or _called_in_general(reading, name, pattern) or reading.quoted(pattern)
    elif schema.get("type") == "array":
        value = many(reading, name, names)
    else:
        value = named(reading, name, names)
    if value not in (None, "", (), [], {}, schema.get("default")):
        reading.filled.arguments[name] = value


def _called_in_general(reading: Reading, name: str, pattern: str) -> str | None:
    """`name it larch`, `called larch`, whatever the phrases are."""
    found = _NAMED.search(reading.request.lower()) if name == "name" else None
    return found[1] if found and re.search(pattern, found[1]) else None


def _without_place(reading: Reading, text: str) -> str:
    """Without the end that narrows it, `in home-candidates`, once that is an argument."""
    for each in reading.filled.used:
        named = re.escape(reading.request[each.start : each.end])
        text = re.sub(
            rf",?\s+(?:only |just )?(?:in|of|for|from)(?: the)?(?: docs of)?(?: the)? {named}[\s.?!]*$",
            "",
            text,
        )
    return text


def _assigned(reading: Reading, name: str, names: Names | None, schema: Mapping[str, Any]) -> str | None:
    """`owner=platform`: the thing that is named there, or the text as it stands if it is no name of a thing."""
    place = reading.contexts.assigned(name)
    if place is None:
        return None
    there = list(reading.free(names)) if names else []
    if at := next((each for each in there if each.start < place[1] and place[0] < each.end), None):
        reading.filled.used.append(at)
        return at.value
    said = reading.request[slice(*place)]
    if names and names.thing is Thing.ENTITY:
        return entity_called(reading, said, names)
    fitting = names is None or names.thing is Thing.NEW_NAME
    return said if fitting and re.search(str(schema.get("pattern", "")), said) else None
