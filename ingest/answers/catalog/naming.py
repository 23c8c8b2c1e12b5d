"""What the entities of a catalog are called: by name, title and display name, joined to one word each."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ingest.common_words import COMMON_WORDS
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from ingest.near_words import NearWords

_WORD = re.compile(r"[^\W_]+")
_SUFFIXES_IN_ONE = (
    "service svc api app application component system team group squad lib library website site db "
    "database topic bucket queue cluster resource domain"
)
_SUFFIXES = frozenset(_SUFFIXES_IN_ONE.split())


_GLUE = frozenset(["and", "of", "for", "the", "team", "group", "squad"])
_TEAMS = ("team", "group", "squad", "folks", "people", "guys", "crew")
_KINDS = ("component", "api", "system", "resource", "domain", "group", "user", "template")
_Spell = Callable[[Entity], Iterable[tuple[str, ...]]]


@dataclass(frozen=True)
class Bearers:
    """Entities that a joined name may mean, the likeliest first; `sure` when it is written so in the catalog."""

    refs: tuple[EntityRef, ...]
    cost: float = 0.0
    sure: bool = True


_names: WeakKeyDictionary[CatalogGraph, Mapping[str, Bearers]] = WeakKeyDictionary()
_near: WeakKeyDictionary[CatalogGraph, NearWords] = WeakKeyDictionary()


def names_of(graph: CatalogGraph) -> Mapping[str, Bearers]:
    """Entities by their joined lower-case names, titles and, where nobody bears those, shortened names.

    Kept as long as the graph is.
    """
    if (known := _names.get(graph)) is None:
        known = _names[graph] = _collected(graph)
    return known


def near_names(graph: CatalogGraph) -> NearWords:
    """The same names, to be found by slips of the pen."""
    if (known := _near.get(graph)) is None:
        known = _near[graph] = NearWords(names_of(graph))
    return known


def preference(entity: Entity) -> tuple[int, bool, str]:
    """Of entities with one name the likeliest first: by kind, then those of the default namespace."""
    kind = entity.ref.kind
    rank = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    return rank, entity.ref.namespace != "default", str(entity.ref)


def _collected(graph: CatalogGraph) -> Mapping[str, Bearers]:
    names = {
        key: Bearers(tuple(entity.ref for entity in found))
        for key, found in _by_key(graph, _spellings).items()
    }
    for key, found in _by_key(graph, _short_names).items():
        names.setdefault(key, Bearers(tuple(entity.ref for entity in found), 0.6, sure=False))
    return names


def _by_key(graph: CatalogGraph, spellings: _Spell) -> Mapping[str, list[Entity]]:
    found: defaultdict[str, list[Entity]] = defaultdict(list)
    for entity in sorted(graph.entities, key=preference):
        for words in spellings(entity):
            key = "".join(words)
            if len(key) > 1 and entity.ref.kind != "location" and entity not in found[key]:
                found[key].append(entity)
    return found


def _spellings(entity: Entity) -> Iterator[tuple[str, ...]]:
    profile = entity.spec.get("profile")
    shown = profile.get("displayName") if isinstance(profile, Mapping) else None
    for name in (entity.ref.name, entity.title, str(shown or "")):
        yield tuple(_WORD.findall(name.lower()))


def _short_names(entity: Entity) -> Iterator[tuple[str, ...]]:
    """`payments` for payments-service, `checkout` and `checkout team` for team-checkout, `podcasts team` for the group
    Podcasts and Audiobooks."""
    for words in _spellings(entity):
        if len(words) > 1 and words[-1] in _SUFFIXES and _is_telling(words[:-1]):
            yield words[:-1]
        if len(words) > 1 and words[0] in {"team", "group", "squad"} and _is_telling(words[1:]):
            yield words[1:]
            yield (*words[1:], words[0])
        if entity.ref.kind == "group" and len(words) > 1:
            yield from ((word, team) for word in words if word not in _GLUE for team in _TEAMS)


def _is_telling(words: tuple[str, ...]) -> bool:
    return len("".join(words)) > 2 and (len(words) > 1 or words[0] not in COMMON_WORDS)
