"""Values that are no things: numbers, settings of an object, choices out of a list, and texts that phrases lead to."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.routing.phrasing import STOP, stems
from tools.routing.reading import Reading
from tools.things import Mention, Names, Thing, choices_of

_LOOSE = {Thing.NUMBER, Thing.ALIAS, Thing.SURFACE}
_SAMPLE = re.compile(r"(?:such as|e\.g\.) ([\w/-]+\.[a-z]{1,5})\b")
_SHORT = 3  # letters: shorter values of a list that is not closed are everyday words
_LONG = 200  # letters: a text that may be longer is more than a word


def number(reading: Reading, name: str, schema: Mapping[str, Any]) -> int | float | None:
    whole = schema.get("type") == "integer"
    for each in reading.free(Names(Thing.NUMBER)):
        if not reading.contexts.stands_at(name, each):
            continue
        value = float(each.value)
        if (whole and not value.is_integer()) or not _within(value, schema):
            continue
        reading.filled.used.append(each)
        return int(value) if whole else value
    return None


def keys(reading: Reading, name: str) -> dict[str, int | float]:
    """`with 64 factors`, `factors = 64`, for the keys that phrases of the action name."""
    found: dict[str, int | float] = {}
    for key in reading.contexts.keys_of(name):
        for each in reading.free(Names(Thing.NUMBER)):
            if reading.contexts.beside(each, key.replace("_", " ")):
                value = float(each.value)
                found[key] = int(value) if value.is_integer() else value
                reading.filled.used.append(each)
                break
    return found


def chosen(reading: Reading, name: str, schema: Mapping[str, Any]) -> Any:
    """One of a list of values that the request has a word for; or a text that phrases say where to find."""
    if schema.get("type") == "boolean" or (reading.whole and not reading.contexts.has(name)):
        return None
    choices = (*choices_of(dict(schema)), *reading.known.values_of(name))
    free = {
        word: place
        for word, place in reading.words()
        if word not in STOP
        and place not in reading.spent
        and not any(_inside(place, one) for one in reading.filled.used)
    }
    listed = bool(schema.get("enum"))
    if found := [
        choice for choice in choices if (listed or len(choice) >= _SHORT) and _said(choice, tuple(free))
    ]:
        chosen = max(found, key=len)
        reading.spent |= {place for word, place in free.items() if _said(chosen, (word,))}
        return (chosen,) if schema.get("type") == "array" else chosen
    if schema.get("enum") or schema.get("type") == "array" or not reading.contexts.has(name):
        return None
    if choices and not listed and not reading.contexts.is_called(name):
        return None
    pattern, long = str(schema.get("pattern", "")), schema.get("maxLength", 1_000) > _LONG
    if sample := _SAMPLE.search(str(schema.get("description", ""))):
        return reading.contexts.like(sample[1])
    named = [
        each
        for each in reading.found
        if each.sure >= 0.5 and each.thing not in _LOOSE and each.thing is not Thing.VERSION
    ] + [each for each in reading.filled.used if each.thing is Thing.VERSION]
    token = reading.contexts.token(name, pattern, long=long, apart=named)
    behind = reading.contexts.behind(name, reading.filled.arguments, pattern)
    before = reading.contexts.before(name, reading.at, pattern)
    return token or behind or before or reading.quoted(pattern)


def _within(value: float, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minimum", value), schema.get("maximum", value)
    above, below = schema.get("exclusiveMinimum", value - 1), schema.get("exclusiveMaximum", value + 1)
    return bool(least <= value <= most and above < value < below)


def _inside(place: int, mention: Mention) -> bool:
    return mention.start <= place < mention.end


def _said(choice: str, words: Sequence[str]) -> bool:
    """`group` for `groups`, `loo-full` for itself, `succeeded` for `succeed`."""
    stem = stems(choice)
    if choice != choice.lower():  # an identifier
        return choice.lower() in words
    if len(stem) != 1 or not choice[:1].isalpha():
        return choice.lower() in words
    return any(bool(word) and stems(word) == stem and (len(word) > 3 or word == choice) for word in words)
