"""Fills an action's arguments from what a request names, and says which it could not fill."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.action import Action
from tools.routing.dates import WHOLE_MONTH
from tools.routing.filled import Filled
from tools.routing.known import Known
from tools.routing.missing import note_missing, unused
from tools.routing.named import entity_called, many, named
from tools.routing.reading import Reading
from tools.routing.spelling import Spelling
from tools.routing.values import chosen, keys, meant, number
from tools.things import Mention, Names, Thing

_NAMED = re.compile(
    r"\b(?:(?:name|call|label|dub) (?:it|that|this|the (?:model|job|result|folder))|named|called|(?:by|under|with) the name(?: of)?|(?:^|[,;]|\band|\bwith)\s*name(?! (?:it|that|this)\b))"
    r"(?:\s+|\s*[:=]\s*)[\"'`“]?([a-z][\w-]*)"
)
_HEADED = re.compile(r"(?:^|\s)([a-z][a-z0-9]*[-_0-9][\w-]*):\s")
"""`train als-wide: als, 256 factors`."""


def fill(
    action: Action[Any, Any],
    request: str,
    found: Sequence[Mention],
    known: Known,
    *,
    means: Mapping[str, Any],
    spelling: Spelling,
) -> Filled:
    """means: arguments that the phrase which fits the request says without a word of their own. spelling: over the
    words of all phrases."""
    reading = Reading(action, request, found, known, spelling=spelling)
    for name, schema in reading.properties.items():
        names = reading.names[name]
        is_number = names is not None and names.thing is Thing.NUMBER
        if name not in means or is_number or meant(reading, name) is not None:
            _fill(reading, name, schema)
    filled = reading.filled
    filled.arguments = {**means, **filled.arguments}
    if "until" in reading.properties and (month := reading.at.get("since")) and month.kind == WHOLE_MONTH:
        filled.arguments.setdefault("until", month.value)
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
        value = _called_in_general(reading, name, pattern)
        value = value or reading.quoted(pattern)
        value = value or reading.contexts.token(name, pattern, slug=True, apart=reading.filled.used)
    elif schema.get("type") == "array":
        value = many(reading, name, names)
    else:
        value = named(reading, name, names)
    if value not in (None, "", (), [], {}, schema.get("default")):
        reading.filled.arguments[name] = value


def _called_in_general(reading: Reading, name: str, pattern: str) -> str | None:
    """`name it larch`, `called larch`, `larch-2: …`, whatever the phrases are."""
    if name != "name":
        return None
    text = reading.request.lower()
    if (found := _NAMED.search(text)) is None and (found := _HEADED.search(text)):
        headed = found.start(1)
        if any(each.start <= headed < each.end for each in reading.found):
            return None
    return found[1] if found and re.search(pattern, found[1]) else None


def _without_place(reading: Reading, text: str) -> str:
    """Without the end that narrows it, `in home-candidates`, once that is an argument."""
    for each in reading.filled.used:
        named = re.escape(reading.request[each.start : each.end])
        text = re.sub(
            rf",?\s+(?:only |just )?(?:in|of|for|from)(?: the)?(?: docs of)?(?: the)? {named}(?: (?:docs|documentation|pages|runbook))?[\s.?!]*$",
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
