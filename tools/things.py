"""What an argument can name, and where a request names it.

An action marks a parameter with `Names`: `model: Annotated[str, Names(Thing.MODEL)]`. A team's own action need not: its
parameters are told by their type, their name and the values that their description lists.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo


class Thing(StrEnum):
    """Kinds of things that a request can name; the value is the word that stands for one in a phrase."""

    REQUEST = "question"
    ENTITY = "component"
    MODEL = "model"
    MODEL_NAME = "model name"
    MODEL_KIND = "model kind"
    DATA = "data"
    JOB = "job"
    PROTOCOL = "protocol"
    ALIAS = "alias"
    METRIC = "metric"
    SURFACE = "surface"
    PLAYBOOK = "playbook"
    REPOSITORY = "repository"
    PLAN = "plan"
    ACTION = "action"
    NUMBER = "number"
    VERSION = "version"
    MOMENT = "date"
    NEW_NAME = "name"


@dataclass(frozen=True, slots=True)
class Names:
    """What the argument names. kinds: of entities, such as `group`; `active` for a job under way. also: other things."""

    thing: Thing
    kinds: tuple[str, ...] = ()
    also: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters `start` to `end` of a request name `value`; sure: 0 to 1."""

    thing: Thing
    value: str
    start: int
    end: int
    sure: float = 1.0
    kind: str = ""

    def overlaps(self, other: "Mention") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Said:
    """Other words that people have for an argument. called: for its own name; keys: for keys of an object, which take a
    number; values: texts that say a value, word by word in one number or the other."""

    called: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Sequence[tuple[Any, tuple[str, ...]]] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """All of them."""
        groups = (*self.keys.values(), *(texts for _, texts in self.values))
        return (*self.called, *(text for group in groups for text in group))


_BY_NAME: dict[str, Names] = {
    "question": Names(Thing.REQUEST),
    "entity": Names(Thing.ENTITY),
    "component": Names(Thing.ENTITY, ("component",)),
    "service": Names(Thing.ENTITY, ("component",)),
    "system": Names(Thing.ENTITY, ("system",)),
    "api": Names(Thing.ENTITY, ("api",)),
    "owner": Names(Thing.ENTITY, ("group", "user")),
    "team": Names(Thing.ENTITY, ("group",)),
    "group": Names(Thing.ENTITY, ("group",)),
    "job": Names(Thing.JOB),
    "data": Names(Thing.DATA),
    "dataset": Names(Thing.DATA),
    "protocol": Names(Thing.PROTOCOL),
    "alias": Names(Thing.ALIAS),
    "model": Names(Thing.MODEL),
    "playbook": Names(Thing.PLAYBOOK),
    "action": Names(Thing.ACTION),
    "repository": Names(Thing.REPOSITORY),
    "version": Names(Thing.VERSION),
    "since": Names(Thing.MOMENT),
    "until": Names(Thing.MOMENT),
}
_LISTED = re.compile(
    r"(?:\b[Ee]\.g\.|\b[Ss]uch as|\b[Oo]ne of|:)\s+"
    r"(?P<list>[\w/.@-]+(?:, [\w/.@-]+)*(?:,? (?:or|and) [\w/.@-]+|, [\w/.@-]+))(?=[.;,]|$)"
)


def names_of(name: str, info: FieldInfo, schema: dict[str, Any]) -> Names | None:
    """What the parameter `name` names; None for a free text, a choice or a truth value."""
    for mark in info.metadata:
        if isinstance(mark, Names):
            return mark
    if schema.get("enum") or schema.get("type") == "boolean":
        return None
    if schema.get("type") in {"integer", "number"}:
        return Names(Thing.NUMBER)
    if name in _BY_NAME:
        return _BY_NAME[name]
    return next((found for key, found in _BY_NAME.items() if name.endswith(f"_{key}")), None)


def name_of(key: str) -> Names | None:
    """What a key of an object names, told by its name alone."""
    return Names(Thing.NEW_NAME) if key == "name" else _BY_NAME.get(key)


def said_of(info: FieldInfo) -> Said:
    """Other words for the parameter; none where it states none."""
    return next((mark for mark in info.metadata if isinstance(mark, Said)), Said())


def choices_of(schema: dict[str, Any]) -> Sequence[str]:
    """The values that a parameter takes: its enumeration, or what its description lists."""
    if listed := schema.get("enum"):
        return tuple(str(value) for value in listed if value != "")
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return choices_of({"description": schema.get("description", ""), **schema["items"]})
    found = _LISTED.search(str(schema.get("description", "")))
    return tuple(part.strip(" .") for part in re.split(r", | or | and ", found["list"])) if found else ()
