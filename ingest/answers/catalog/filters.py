"""Kinds, types, lifecycles and tags as people say them: the words come from the catalog itself.

A catalog with a type or a lifecycle of its own is understood without a change here.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from ingest.answers.catalog.expressions import Every, Expression, Field, Having
from ingest.answers.catalog.inflection import plural
from ingest.graph import CatalogGraph

_WORD = re.compile(r"[^\W_]+")
KIND_WORDS: Mapping[str, str] = {
    "component": "component", "service": "component", "microservice": "component", "application": "component", "app": "component",
    "api": "api", "interface": "api", "endpoint": "api", "system": "system", "domain": "domain", "resource": "resource",
    "group": "group", "team": "group", "squad": "group", "tribe": "group", "guild": "group", "department": "group",
    "user": "user", "person": "user", "people": "user", "engineer": "user", "developer": "user", "colleague": "user",
    "human": "user", "folk": "user", "employee": "user", "template": "template", "software template": "template",
}  # fmt: skip
#: Words for a component that are a type where the catalog has that type.
_LOOSE = frozenset({"service", "microservice", "application", "app"})
_ANY = (
    "entity",
    "thing",
    "item",
    "piece of software",
    "asset",
    "stuff",
    "catalog entity",
    "one",
    "catalog entry",
)
_SAME_TYPE = {"lib": "library", "db": "database", "site": "website", "web site": "website", "microservice": "service", "data base": "database", "dataset": "data set"}  # fmt: skip
_LIFECYCLES = frozenset({"production", "experimental", "deprecated"})
_SAID_FOR = {"prod": "production", "live": "production"}
#: What may stand beside a name for the kind that it has, without narrowing its type.
HINTS: Mapping[str, frozenset[str]] = {
    "component": frozenset({"service", "library", "website", "app", "application", "microservice", "tool", "project", "lib", "package", "module", "job", "pipeline", "site", "repo", "plugin", "worker", "frontend", "backend"}),
    "group": frozenset({"team", "squad", "tribe", "department", "guild", "crew", "org", "organisation", "organization", "unit", "folks in", "people in"}),
    "resource": frozenset({"database", "db", "bucket", "topic", "queue", "cluster", "table", "cache", "dataset", "store"}),
    "api": frozenset({"interface", "endpoint"}),
    "user": frozenset({"person", "engineer", "developer"}),
    "template": frozenset({"software template", "scaffolder template"}),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """`heads` are the nouns with what they stand for; `values` what a field may be said to hold, by joined words;
    `tagged` the tags with the kinds of entities that bear them."""

    heads: Mapping[tuple[str, ...], Expression]
    values: Mapping[Field, Mapping[str, str]]
    words: frozenset[str] = field(default_factory=frozenset)
    tagged: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, graph: CatalogGraph) -> "Vocabulary":
        """Kept as long as the graph is."""
        if (known := _known.get(graph)) is None:
            known = _known[graph] = _collected(graph)
        return known

    def is_borne(self, field: Field, values: Iterable[str], kinds: frozenset[str] | None) -> bool:
        """Whether values before a noun may narrow it. A tag that nothing of the kind bears does not: the `podcasts team`
        is a team of that name where no team is tagged so, and not none."""
        if field != "tag" or kinds is None:
            return True
        return all(any((value, kind) in self.tagged for kind in kinds) for value in values)


_known: WeakKeyDictionary[CatalogGraph, Vocabulary] = WeakKeyDictionary()


def _collected(graph: CatalogGraph) -> Vocabulary:
    kinds_of_type: defaultdict[str, set[str]] = defaultdict(set)
    lifecycles: set[str] = set(_LIFECYCLES)
    tagged: set[tuple[str, str]] = set()
    for entity in graph.entities:
        if entity.type and entity.ref.kind not in {"location", "user"}:
            kinds_of_type[entity.type.lower()].add(entity.ref.kind)
        if entity.lifecycle:
            lifecycles.add(entity.lifecycle.lower())
        tagged.update((tag.lower(), entity.ref.kind) for tag in entity.tags)
    types = set(kinds_of_type)
    heads = dict(_heads(kinds_of_type, {entity.ref.kind for entity in graph.entities}))
    said = {value: value for value in lifecycles} | {k: v for k, v in _SAID_FOR.items() if v in lifecycles}
    values: dict[Field, Mapping[str, str]] = {
        "type": {_key(value): value for value in types} | {_key(plural(value)): value for value in types},
        "lifecycle": {_key(word): value for word, value in said.items()},
        "tag": {_key(value): value for value, _ in tagged},
    }
    words = {word for phrase in heads for word in phrase}
    words |= {word for found in values.values() for value in found.values() for word in _WORD.findall(value)}
    return Vocabulary(heads, values, frozenset(words), frozenset(tagged))


def _heads(types: Mapping[str, set[str]], kinds: set[str]) -> Iterator[tuple[tuple[str, ...], Expression]]:
    for noun in _ANY:
        yield from _forms(noun, Every())
    for kind in kinds - {"location"}:
        yield from _forms(kind, Every(kind))
    for noun, kind in KIND_WORDS.items():
        if not (noun in _LOOSE and _typed(noun, types)):
            yield from _forms(noun, Every(kind))
    for value in set(types) - set(KIND_WORDS) - kinds | (set(types) & _LOOSE):
        yield from _forms(" ".join(_WORD.findall(value)), _typed_as(value, types[value]))
    for noun, value in _SAME_TYPE.items():
        if value in types:
            yield from _forms(noun, _typed_as(value, types[value]))


def _typed_as(value: str, kinds: set[str]) -> Expression:
    """Templates bear the type of what they make, so a service is no template."""
    kinds = kinds - {"template"} or kinds
    return Having(Every(next(iter(kinds)) if len(kinds) == 1 else None), "type", (value,))


def _typed(noun: str, types: Collection[str]) -> bool:
    return noun in types or _SAME_TYPE.get(noun) in types


def _forms(noun: str, meaning: Expression) -> Iterator[tuple[tuple[str, ...], Expression]]:
    for form in {noun, plural(noun)}:
        yield tuple(form.split()), meaning


def _key(value: str) -> str:
    return "".join(_WORD.findall(value.lower()))


def hinted(words: Iterable[str]) -> frozenset[str]:
    """The kinds that a noun beside a name may say it has."""
    noun = " ".join(words)
    found = {kind for kind, hints in HINTS.items() if noun in hints}
    if (kind := KIND_WORDS.get(noun)) is not None:
        found.add(kind)
    return frozenset(found)
