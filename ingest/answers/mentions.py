"""Finds where a question names entities, so that the words around them can be read as an intent.

`who owns the Home Ranker service?` becomes `who owns the «0» service` with `«0»` standing for the entities
that `home ranker` may mean. Exact names and titles win, in any of their kebab, spaced or camel spellings;
only when there is none is a misspelt one looked for.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from weakref import WeakKeyDictionary

from ingest.entities import Entity
from ingest.graph import CatalogGraph

_REF = re.compile(
    r"\b[a-z][a-z0-9-]{0,62}:(?:[a-z0-9][a-z0-9-]*/)?[a-z0-9][a-z0-9_.-]*[a-z0-9]\b", re.IGNORECASE
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_KINDS = ("component", "api", "system", "resource", "domain", "group", "user", "template")
_LONGEST = 8  # words in one name
_SPELLING = 0.84  # below it two different entities of one catalog begin to match each other
#: Words that are names of kinds or of nothing: never a mention by themselves.
_COMMON_WORDS = (
    "component components service services system systems api apis domain domains resource resources group groups "
    "team teams user users template templates owner owners type types production experimental deprecated catalog "
    "docs members entity entities lifecycle tag tags what who which how"
)
_COMMON = frozenset(_COMMON_WORDS.split())


_names_of: WeakKeyDictionary[CatalogGraph, Mapping[str, list[Entity]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` in lower case with `«n»` for each mention; `mentions[n]` are the entities it may mean."""

    text: str
    mentions: tuple[tuple[Entity, ...], ...]


def mask(question: str, graph: CatalogGraph) -> Masked:
    """The question with the entities it names replaced by numbered marks."""
    spans = _by_reference(question, graph)
    spans += _by_name(question, graph, taken=spans)
    if not spans:
        spans = _by_spelling(question, graph)
    spans.sort(key=lambda span: span[0])
    text = question
    for number, (start, end, _) in reversed(list(enumerate(spans))):
        text = f"{text[:start]}«{number}»{text[end:]}"
    return Masked(text.lower(), tuple(tuple(sorted(found, key=_preference)) for _, _, found in spans))


_Found = tuple[int, int, Sequence[Entity]]


def _by_reference(question: str, graph: CatalogGraph) -> list[_Found]:
    found: list[_Found] = []
    for match in _REF.finditer(question):
        kind, _, rest = match.group().lower().partition(":")
        namespace, slash, name = rest.rpartition("/")
        for entity in graph.entities:
            ref = entity.ref
            if ref.kind == kind and ref.name == name and (not slash or ref.namespace == namespace):
                found.append((*match.span(), (entity,)))
                break
    return found


def _by_name(question: str, graph: CatalogGraph, *, taken: Sequence[_Found]) -> list[_Found]:
    names = _names(graph)
    tokens = list(_WORD.finditer(question))
    found: list[_Found] = []
    at = 0
    while at < len(tokens):
        for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
            start, end = tokens[at].start(), tokens[at + length - 1].end()
            entities = names.get("".join(token.group().lower() for token in tokens[at : at + length]))
            if entities and _whole(question, start, end) and not _overlaps(start, end, taken):
                found.append((start, end, entities))
                at += length - 1
                break
        at += 1
    return found


def _by_spelling(question: str, graph: CatalogGraph) -> list[_Found]:
    tokens = list(_WORD.finditer(question))
    best: tuple[float, _Found | None] = (_SPELLING, None)
    for entity in graph.link(question)[:5]:
        for name in (entity.ref.name, entity.title):
            wanted = "".join(_WORD.findall(name)).lower()
            width = len(_WORD.findall(name))
            for at in range(len(tokens)):
                for length in range(max(1, width - 1), width + 2):
                    window = tokens[at : at + length]
                    start, end = window[0].start(), window[-1].end()
                    written = "".join(token.group().lower() for token in window)
                    if written in _COMMON or len(written) < 5 or not _whole(question, start, end):
                        continue
                    likeness = SequenceMatcher(None, written, wanted, autojunk=False).ratio()
                    if likeness > best[0]:
                        best = (likeness, (start, end, (entity,)))
    return [best[1]] if best[1] else []


def _names(graph: CatalogGraph) -> Mapping[str, list[Entity]]:
    """Entities by their joined lower-case names; kept as long as the graph is."""
    if (known := _names_of.get(graph)) is None:
        known = _names_of[graph] = _collected(graph)
    return known


def _collected(graph: CatalogGraph) -> Mapping[str, list[Entity]]:
    names: dict[str, list[Entity]] = defaultdict(list)
    for entity in graph.entities:
        profile = entity.spec.get("profile")
        shown = profile.get("displayName") if isinstance(profile, Mapping) else None
        for name in {entity.ref.name, entity.title, str(shown or entity.title)}:
            joined = "".join(_WORD.findall(name)).lower()
            if len(joined) > 1 and name.lower() not in _COMMON and entity not in names[joined]:
                names[joined].append(entity)
    return names


def _whole(text: str, start: int, end: int) -> bool:
    """Whether nothing of a longer identifier is left on either side."""
    before, after = text[start - 1 : start], text[end : end + 2]
    return not (before.isalnum() or before in {"-", "_", "/"}) and not re.match(r"\w|[-_/:]\w|\.\w", after)


def _overlaps(start: int, end: int, spans: Sequence[_Found]) -> bool:
    return any(start < stop and begin < end for begin, stop, _ in spans)


def _preference(entity: Entity) -> tuple[int, str]:
    kind = entity.ref.kind
    return (_KINDS.index(kind) if kind in _KINDS else len(_KINDS), str(entity.ref))
