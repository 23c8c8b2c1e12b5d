"""Fills an action's arguments from what a request names, and says which it could not fill."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.action import Action
from tools.routing.contexts import Contexts
from tools.routing.known import Known
from tools.routing.mentions import quoted
from tools.routing.phrasing import STOP, stems
from tools.things import Mention, Names, Thing, choices_of, names_of

_NEVER = re.compile(r"^(?:context|before|(?:\w+_)?offset|max_chars)$")
"""Arguments that continue an earlier answer; no request names them."""
STRONG = {
    Thing.MODEL,
    Thing.MODEL_KIND,
    Thing.DATA,
    Thing.JOB,
    Thing.PROTOCOL,
    Thing.PLAN,
    Thing.PLAYBOOK,
    Thing.REPOSITORY,
}
_PRONOUN = re.compile(r"\b(?:that|it|this|them)\b")
_SAME = {"team": "group", "teams": "group", "squads": "group", "people": "user", "persons": "user"}
_LOOSE = {Thing.NUMBER, Thing.ALIAS, Thing.SURFACE}
_MOST_CANDIDATES = 8
_SAMPLE = re.compile(r"(?:such as|e\.g\.) ([\w/-]+\.[a-z]{1,5})\b")
_SHORT = 3  # letters: shorter values of a list that is not closed are everyday words
_LONG = 200  # letters: a text that may be longer is more than a word


@dataclass(frozen=True, slots=True)
class Missing:
    """An argument that is needed and was not said, or not clearly; candidates are values that would do."""

    argument: str
    description: str
    candidates: tuple[str, ...] = ()


@dataclass
class Filled:
    """used: the mentions that became arguments; unused: those that the action has no place for."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    used: list[Mention] = field(default_factory=list)
    unused: tuple[Mention, ...] = ()


def fill(
    action: Action[Any, Any],
    request: str,
    found: Sequence[Mention],
    known: Known,
    *,
    means: Mapping[str, Any],
) -> Filled:
    """means: arguments that the phrase which fits the request says without a word of their own."""
    filler = _Filler(action, request, found, known)
    for name, schema in filler.properties.items():
        if name not in means:
            filler.fill(name, schema)
    filled = filler.filled
    filled.arguments |= means
    filler.note_missing()
    filled.unused = tuple(filler.unused())
    return filled


class _Filler:
    def __init__(
        self, action: Action[Any, Any], request: str, found: Sequence[Mention], known: Known
    ) -> None:
        self._action, self._request, self._known = action, request, known
        self._found = found
        self._schema = action.info.input_schema
        self._contexts = Contexts(action.examples, request)
        self.filled = Filled()
        self._at: dict[str, Mention] = {}
        self._spent: set[int] = set()  # where words stand that became a value of a list
        properties = self._schema.get("properties", {})
        takes = {name: field for name, field in action.input.model_fields.items() if not _NEVER.match(name)}
        self._names = {name: names_of(name, field, properties[name]) for name, field in takes.items()}
        order = sorted(takes, key=self._turn)
        self.properties = {name: properties[name] for name in order}
        # Beside a question the others narrow it: only what a phrase leads to is that, not all that the question names.
        self._whole = any(names and names.thing is Thing.REQUEST for names in self._names.values())

    def _turn(self, name: str) -> tuple[int, bool, float]:
        """What is told apart by the words around it goes first, so that it is not taken for something else."""
        names = self._names[name]
        named = [each for each in self._found if names and each.thing in {names.thing, *names.also}]
        return _late(names), not self._contexts.has(name), -self._contexts.strength(name, named)

    def fill(self, name: str, schema: Mapping[str, Any]) -> None:
        names = self._names[name]
        if schema.get("type") == "string" and (said := self._assigned(name, names, schema)):
            value: Any = said
        elif schema.get("type") == "object":
            value = self._keys(name)
        elif names is None:
            value = self._chosen(name, schema)
        elif names.thing is Thing.REQUEST:
            value = self._contexts.rest(name) or self._request.strip()
        elif names.thing is Thing.NUMBER:
            value = self._number(name, schema)
        elif names.thing is Thing.NEW_NAME:
            pattern = str(schema.get("pattern", ""))
            value = self._contexts.token(name, pattern, slug=True, apart=self.filled.used)
            value = value or self._quoted(pattern)
        elif schema.get("type") == "array":
            value = self._many(name, names)
        else:
            value = self._named(name, names)
        if value not in (None, "", (), [], {}, schema.get("default")):
            self.filled.arguments[name] = value

    def _assigned(self, name: str, names: Names | None, schema: Mapping[str, Any]) -> str | None:
        """`owner=platform`: the thing that is named there, or the text as it stands if it is no name of a thing."""
        place = self._contexts.assigned(name)
        if place is None:
            return None
        there = list(self._free(names)) if names else []
        if at := next((each for each in there if each.start < place[1] and place[0] < each.end), None):
            self.filled.used.append(at)
            return at.value
        said = self._request[slice(*place)]
        if names and names.thing is Thing.ENTITY:
            return self._entity_called(said, names)
        fitting = names is None or names.thing is Thing.NEW_NAME
        return said if fitting and re.search(str(schema.get("pattern", "")), said) else None

    def _named(self, name: str, names: Names) -> str | None:
        free = [each for each in self._free(names) if not self._whole or self._contexts.follows(name, each)]
        if not free:
            return self._called(name, names)
        at = self._first(names, free) or self._contexts.best(name, free)
        same = [each for each in free if (each.start, each.end) == (at.start, at.end)]
        if len({each.value for each in same}) > 1 and not self._is_sure(same, names):
            wanted = tuple(dict.fromkeys(each.value for each in same))
            self.filled.missing.append(Missing(name, self._described(name), wanted[:_MOST_CANDIDATES]))
            self.filled.used.append(at)
            return None
        self.filled.used.append(at)
        self._at[name] = at
        return at.value

    def _first(self, names: Names, free: Sequence[Mention]) -> Mention | None:
        """The first named, where a list takes the others: `bring a and b to production together`."""
        others = (
            name
            for name, each in self._names.items()
            if each and each.thing is names.thing and self.properties[name].get("type") == "array"
        )
        if any(self._contexts.has_lead(name) for name in others) and len({each.value for each in free}) > 1:
            return min(free, key=lambda each: (each.start, -each.sure))
        return None

    def _called(self, name: str, names: Names) -> str | None:
        """An entity of the kind by its bare name, where a phrase has the argument: `owned by platform`."""
        if names.thing is not Thing.ENTITY or not names.kinds:
            return None
        said = self._contexts.token(name, "", slug=True) or self._contexts.ahead(name)
        return self._entity_called(said or "", names)

    def _entity_called(self, said: str, names: Names) -> str | None:
        wanted = "-".join(said.lower().split())
        entities = self._known.catalog.entities if self._known.catalog else ()
        found = (
            str(each.ref)
            for each in entities
            if each.ref.name == wanted and (not names.kinds or each.ref.kind in names.kinds)
        )
        return next(found, None)

    def _is_sure(self, same: Sequence[Mention], names: Names) -> bool:
        """Whether the first of several readings is meant: the newest job, unless one is to be ended."""
        if same[0].thing is not same[1].thing:
            return True
        return (names.thing is Thing.JOB and "active" not in names.kinds) or same[0].sure > same[1].sure + 0.3

    def _free(self, names: Names) -> Iterable[Mention]:
        wanted = {names.thing, *names.also}
        for each in sorted(self._found, key=lambda one: (-one.sure, one.start)):
            if each.thing not in wanted or not each.value:
                continue
            if any(each.overlaps(used) for used in self.filled.used):
                continue
            if (
                names.kinds
                and each.thing in {Thing.ENTITY, Thing.JOB}
                and names.thing is each.thing
                and each.kind not in names.kinds
            ):
                continue
            yield each

    def _many(self, name: str, names: Names) -> tuple[str, ...]:
        """Further ones of a thing, where a phrase of the action says how they are named."""
        if not self._contexts.has_lead(name):
            return ()
        free = sorted(self._free(names), key=lambda one: one.start)
        values: list[str] = []
        for each in free:
            if self._contexts.follows(name, each) and not any(
                each.overlaps(used) for used in self.filled.used
            ):
                self.filled.used.append(each)
                values.append(each.value)
        return tuple(dict.fromkeys(values))

    def _number(self, name: str, schema: Mapping[str, Any]) -> int | float | None:
        whole = schema.get("type") == "integer"
        for each in self._free(Names(Thing.NUMBER)):
            if not self._contexts.stands_at(name, each):
                continue
            value = float(each.value)
            if (whole and not value.is_integer()) or not _within(value, schema):
                continue
            self.filled.used.append(each)
            return int(value) if whole else value
        return None

    def _keys(self, name: str) -> dict[str, int | float]:
        """`with 64 factors`, `factors = 64`, for the keys that phrases of the action name."""
        found: dict[str, int | float] = {}
        for key in self._contexts.keys_of(name):
            for each in self._free(Names(Thing.NUMBER)):
                if self._contexts.beside(each, key.replace("_", " ")):
                    value = float(each.value)
                    found[key] = int(value) if value.is_integer() else value
                    self.filled.used.append(each)
                    break
        return found

    def _chosen(self, name: str, schema: Mapping[str, Any]) -> Any:
        """One of a list of values that the request has a word for; or a text that phrases say where to find."""
        if schema.get("type") == "boolean" or (self._whole and not self._contexts.has(name)):
            return None
        choices = (*choices_of(dict(schema)), *self._known.values_of(name))
        free = {
            word: place
            for word, place in self._words()
            if word not in STOP
            and place not in self._spent
            and not any(_inside(place, one) for one in self.filled.used)
        }
        listed = bool(schema.get("enum"))
        if found := [
            choice for choice in choices if (listed or len(choice) >= _SHORT) and _said(choice, tuple(free))
        ]:
            chosen = max(found, key=len)
            self._spent |= {place for word, place in free.items() if _said(chosen, (word,))}
            return (chosen,) if schema.get("type") == "array" else chosen
        if schema.get("enum") or schema.get("type") == "array" or not self._contexts.has(name):
            return None
        if choices and not listed and not self._contexts.is_called(name):
            return None
        pattern, long = str(schema.get("pattern", "")), schema.get("maxLength", 1_000) > _LONG
        if sample := _SAMPLE.search(str(schema.get("description", ""))):
            return self._contexts.like(sample[1])
        named = [
            each
            for each in self._found
            if each.sure >= 0.5 and each.thing not in _LOOSE and each.thing is not Thing.VERSION
        ] + [each for each in self.filled.used if each.thing is Thing.VERSION]
        token = self._contexts.token(name, pattern, long=long, apart=named)
        behind = self._contexts.behind(name, self.filled.arguments, pattern)
        before = self._contexts.before(name, self._at, pattern)
        return token or behind or before or self._quoted(pattern)

    def _quoted(self, pattern: str) -> str | None:
        """What stands in quotation marks and is no other argument yet."""
        taken = self.filled.arguments.values()
        fitting = (text for text in quoted(self._request) if text not in taken and re.search(pattern, text))
        return next(fitting, None)

    def _words(self) -> Iterable[tuple[str, int]]:
        for match in re.finditer(r"[\w.@:/-]+", self._request.lower()):
            word = match[0].strip(".-:")
            yield word, match.start()
            if word in _SAME:
                yield _SAME[word], match.start()

    def note_missing(self) -> None:
        asked = {each.argument for each in self.filled.missing}
        for name in self._schema.get("required", ()):
            if name in self.filled.arguments or name in asked:
                continue
            if value := self._meant_by_pronoun(name):
                self.filled.arguments[name] = value
            else:
                self.filled.missing.append(Missing(name, self._described(name), self._candidates(name)))

    def _meant_by_pronoun(self, name: str) -> str | None:
        """`undo that`: the newest plan; `stop it`: the only job that can be meant."""
        names = self._names.get(name)
        if (
            names is None
            or names.thing not in {Thing.PLAN, Thing.JOB}
            or not _PRONOUN.search(self._request.lower())
        ):
            return None
        fitting = self._candidates(name)
        return fitting[0] if fitting and (names.thing is Thing.PLAN or len(fitting) == 1) else None

    def _described(self, name: str) -> str:
        return str(self._schema["properties"][name].get("description", ""))

    def _candidates(self, name: str) -> tuple[str, ...]:
        names, known = self._names.get(name), self._known
        if names is None:
            return tuple(choices_of(self._schema["properties"][name]))[:_MOST_CANDIDATES]
        jobs = (job.id for job in known.jobs if "active" not in names.kinds or job.is_active)
        served = sorted(known.models.values(), key=lambda model: (not model.aliases, model.name))
        values: Iterable[str] = {
            Thing.MODEL: (model.name for model in served),
            Thing.MODEL_NAME: (model.name for model in served),
            Thing.MODEL_KIND: known.kinds,
            Thing.DATA: known.data,
            Thing.JOB: jobs,
            Thing.PROTOCOL: known.protocols,
            Thing.PLAYBOOK: known.playbooks,
            Thing.REPOSITORY: known.repositories,
            Thing.PLAN: known.plans,
            Thing.ENTITY: self._entities(names),
        }.get(names.thing, ())
        return tuple(values)[:_MOST_CANDIDATES]

    def _entities(self, names: Names) -> Iterable[str]:
        """Owners of what is named, then the entities of the kind."""
        catalog = self._known.catalog
        if catalog is None:
            return ()
        owners = []
        if "group" in names.kinds:
            for link in self._known.links(self._request):
                owner = link.entity.ref if link.entity.ref.kind == "group" else link.entity.owner
                owners += [str(owner)] if owner else []
        of_kind = [str(each.ref) for each in catalog.entities if each.ref.kind in names.kinds[:1]]
        return dict.fromkeys((*owners, *of_kind))

    def unused(self) -> Iterable[Mention]:
        """What the request names surely and no argument took."""
        seen: list[Mention] = list(self.filled.used)
        if self._whole:
            return
        for each in sorted(self._found, key=lambda one: (one.start - one.end, -one.sure)):
            strong = each.thing in STRONG or (each.thing is Thing.ENTITY and each.sure >= 0.8)
            if strong and each.sure >= 0.5 and not any(each.overlaps(one) for one in seen):
                seen.append(each)
                yield each


def _late(names: Names | None) -> int:
    """Free texts after what is known, numbers last of what is known."""
    if names is None or names.thing in {Thing.REQUEST, Thing.NEW_NAME}:
        return 2
    return 1 if names.thing in {Thing.NUMBER, Thing.ALIAS} else 0


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
