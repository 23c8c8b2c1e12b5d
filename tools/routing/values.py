"""Values that are no things: numbers, settings of an object, choices out of a list, and texts that phrases lead to."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.routing.dates import length_in_days
from tools.routing.named import entity_called
from tools.routing.phrasing import STOP, stems
from tools.routing.reading import Reading
from tools.things import Mention, Names, Thing, choices_of, name_of

_LOOSE = {Thing.NUMBER, Thing.ALIAS, Thing.SURFACE}
_SAMPLE = re.compile(r"(?:such as|e\.g\.) ([\w/-]+\.[a-z]{1,5})\b")
_COUNTS = {"k", "limit"}
_SHORT = 3  # letters: shorter values of a list that is not closed are everyday words
_ENDING = 4  # letters: `featuregateway` is no form of `features`
_EVERYDAY = {"done", "planned"}
"""Values of a list that say something else in most sentences: `what has ada done`, `rejected plans`."""
_LONG = 200  # letters: a text that may be longer is more than a word


def number(reading: Reading, name: str, schema: Mapping[str, Any]) -> int | float | None:
    if (
        name == "days"
        and (lasting := length_in_days(reading.request.lower()))
        and _within(lasting[0], schema)
    ):
        days, start, end = lasting
        reading.filled.used.append(Mention(Thing.NUMBER, str(days), start, end))
        return days
    whole, called = schema.get("type") == "integer", reading.said[name].called
    for each in reading.free(Names(Thing.NUMBER)):
        counts = name in _COUNTS and (reading.contexts.counts(each) or _of_a_choice(reading, each))
        if not (
            counts
            or reading.contexts.stands_at(name, each)
            or any(reading.contexts.beside(each, word) for word in called)
        ):
            continue
        value = float(each.value)
        if (whole and not value.is_integer()) or not _within(value, schema):
            continue
        reading.filled.used.append(each)
        return int(value) if whole else value
    return None


def _of_a_choice(reading: Reading, number: Mention) -> bool:
    """Whether a value of another argument follows: `10 resources`."""
    word = re.match(r"\s*([a-z-]+)", reading.request[number.end :].lower())
    return word is not None and any(
        _said(choice, (word[1],))
        for name, schema in reading.properties.items()
        for choice in (*choices_of(dict(schema)), *reading.known.values_of(name))
    )


def keys(reading: Reading, name: str) -> dict[str, Any]:
    """`with 64 factors`, `factors = 64`, `named cove, owner platform`, for the keys that phrases of the action name."""
    found: dict[str, Any] = {}
    other = reading.said[name].keys
    for key in dict.fromkeys((*reading.contexts.keys_of(name), *other)):
        words = (key.replace("_", " "), *other.get(key, ()))
        for each in reading.free(Names(Thing.NUMBER)):
            if any(reading.contexts.beside(each, word) for word in words):
                value = float(each.value)
                found[key] = int(value) if value.is_integer() else value
                reading.filled.used.append(each)
                break
        if key not in found and (text := _text_of(reading, name, key)):
            found[key] = text
    return found


def _text_of(reading: Reading, name: str, key: str) -> str | None:
    """The value of a key that takes a name, or the reference of what is named."""
    names, place = name_of(key), f"{name}.{key}"
    if names is None or names.thing not in {Thing.NEW_NAME, Thing.ENTITY}:
        return None
    if names.thing is Thing.NEW_NAME:
        return reading.contexts.token(place, "", slug=True, apart=reading.filled.used)
    at = next((each for each in reading.free(names) if reading.contexts.follows(place, each)), None)
    if at is not None:
        reading.filled.used.append(at)
        return at.value
    return entity_called(reading, reading.contexts.token(place, "", slug=True, any_word=True) or "", names)


def chosen(reading: Reading, name: str, schema: Mapping[str, Any]) -> Any:
    """One of a list of values that the request has a word for; or a text that phrases say where to find."""
    if schema.get("type") == "boolean" or (reading.whole and not reading.contexts.has(name)):
        return None
    choices = [
        choice
        for choice in (*choices_of(dict(schema)), *reading.known.values_of(name))
        if choice not in _EVERYDAY or reading.contexts.is_called(name)
    ]
    free = {
        word: place
        for word, place in reading.words()
        if word not in STOP
        and place not in reading.spent
        and not any(
            _inside(place, one) or _tells_kind(word, place, one, reading) for one in reading.filled.used
        )
    }
    listed = bool(schema.get("enum"))
    if found := [
        choice for choice in choices if (listed or len(choice) >= _SHORT) and _said(choice, tuple(free))
    ]:
        chosen = max(found, key=len)
        reading.spent |= {place for word, place in free.items() if _said(chosen, (word,))}
        return (chosen,) if schema.get("type") == "array" else chosen
    closed = bool(schema.get("enum")) or schema.get("type") == "array" or not reading.contexts.has(name)
    if closed or (choices and not reading.contexts.is_called(name)):
        return None
    return _led_to(reading, name, schema)


def _led_to(reading: Reading, name: str, schema: Mapping[str, Any]) -> str | None:
    """A text that stands where phrases have the argument."""
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
    ahead = "" if pattern or long else reading.contexts.ahead(name) or ""
    taken = reading.filled.arguments.values()
    ahead = "" if ahead in STOP or ahead in taken or reading.is_word(ahead) else ahead
    return token or behind or before or ahead or reading.quoted(pattern)


def meant(reading: Reading, name: str) -> Any:
    """The value that the longest of its other words in the request says."""
    found = [
        (len(text), value)
        for value, texts in reading.said[name].values
        for text in texts
        if reading.says(text)
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _within(value: float, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minimum", value), schema.get("maximum", value)
    above, below = schema.get("exclusiveMinimum", value - 1), schema.get("exclusiveMaximum", value + 1)
    return bool(least <= value <= most and above < value < below)


def _inside(place: int, mention: Mention) -> bool:
    return mention.start <= place < mention.end


def _tells_kind(word: str, place: int, named: Mention, reading: Reading) -> bool:
    """`team` in `the platform team`, which says no more than the name."""
    between = reading.request[named.end : place]
    return (
        named.thing is Thing.ENTITY
        and not between.strip()
        and word in {named.kind, "team", "squad", "crew", "folks"}
    )


def _said(choice: str, words: Sequence[str]) -> bool:
    """`group` for `groups`, `loo-full` for itself, `succeeded` for `succeed`."""
    stem = stems(choice)
    if choice != choice.lower():  # an identifier
        return choice.lower() in words
    if len(stem) != 1 or not choice[:1].isalpha():
        return choice.lower() in words
    return any(
        bool(word)
        and _alike(stems(word), stem)
        and (len(word) > 3 or word == choice)
        and abs(len(word) - len(choice)) <= _ENDING
        for word in words
    )


def _alike(word: tuple[str, ...], choice: tuple[str, ...]) -> bool:
    """`fail` for `failed` as well: its whole stem begins the other's."""
    return word == choice or (len(word) == 1 and len(word[0]) > 3 and choice[0].startswith(word[0]))
