"""Which entities does a text name? Fast and precise rather than clever.

Recognised, with the score that they get:

- a full reference, `component:default/feature-store` or `component:feature-store`: 1.0
- the name or title in quotation marks or backticks: 0.97
- the name as it is written, `feature-store`: 0.95
- its words in any joint, `feature store`, `FeatureStore`, `featurestore`, `Feature stores`: 0.85 to 0.9
- a name of one word that is not an everyday word, `feast`: 0.8
- an everyday word (`docs`, `search`) beside a word for what the entity is, `the docs team`, as the object of
  a question for entities, `who owns search?`, or as the whole text: 0.7 to 0.75; elsewhere it names nothing
- slips of the pen, `feature stroe`: one edit in five letters or more, two in nine or more: 0.5 to 0.65

A longer mention hides the shorter ones inside it: `home feed api` is the API, not the system `home-feed`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from ingest.common_words import COMMON_WORDS
from ingest.entities import Entity
from ingest.near_words import NearWords, allowed_edits

MAX_TEXT = 4_000
MAX_WORDS = 6
_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"[-_./]{0,2}|\s{1,3}|\s?-\s?")
_REF = re.compile(r"\b([a-z][a-z0-9-]{0,62}):(?:([a-z0-9-]+)/)?([a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)")
_QUOTED = re.compile(r"`([^`\n]{1,80})`|\"([^\"\n]{1,80})\"|“([^”\n]{1,80})”")
_INFLECTIONS = frozenset({"", "s", "e", "ed", "er", "es", "ers", "ing", "ings", "ly", "y", "ion"})
_INFLECTIONS_AFTER_E = _INFLECTIONS | {"d", "r", "rs"}
_ASKED_BEFORE = re.compile(
    r"\b(?:owns?|owners? of|maintains?|depends? on|depending on|dependen(?:cies|cy|ts) of|responsible for"
    r"|on[- ]call for|parts? of|consumers of|describe)\s+(?:the\s+)?$"
)
_ASKED_AFTER = re.compile(r"\s*(?:$|[?.!,;:)]|\s(?:and|or|when|if|in|for|with|to|at|on|now|today)\b)")
_KIND_WORDS: dict[str, frozenset[str]] = {
    "group": frozenset({"team", "teams", "group", "squad", "tribe", "department", "crew"}),
    "user": frozenset({"user", "person", "engineer"}),
    "component": frozenset(
        {"component", "service", "library", "website", "app", "pipeline", "job", "module"}
    ),
    "api": frozenset({"api", "apis", "endpoint", "interface"}),
    "system": frozenset({"system"}),
    "domain": frozenset({"domain"}),
    "resource": frozenset(
        {"resource", "database", "table", "topic", "bucket", "queue", "cluster", "dataset"}
    ),
    "template": frozenset({"template", "scaffolder"}),
}
_KIND_ORDER = ("component", "system", "api", "resource", "group", "domain", "user", "template")


@dataclass(frozen=True, slots=True)
class Link:
    """An entity that a text names: how surely, from 0 to 1, and with which words."""

    entity: Entity
    score: float
    mention: str


@dataclass(frozen=True, slots=True)
class _Alias:
    """One way to say an entity; `key` is its words, joined."""

    key: str
    words: tuple[str, ...]
    surface: str
    entity: Entity

    @property
    def everyday(self) -> bool:
        """Whether the words alone prove nothing."""
        if self.entity.ref.kind == "location" or len(self.key) < 3 or self.key.isdigit():
            return True
        return self.key in COMMON_WORDS


@dataclass(frozen=True, slots=True)
class _Match:
    """Words `first` to `last` (exclusive) of the text, read as `alias` with `edits` slips."""

    first: int
    last: int
    alias: _Alias
    score: float
    edits: int = 0

    @property
    def weight(self) -> int:
        return len(self.alias.key) - 3 * self.edits


class EntityLinker:
    """An index over the names and titles of some entities."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._by_ref = {str(entity.ref): entity for entity in entities}
        self._by_kind_and_name: defaultdict[tuple[str, str], list[Entity]] = defaultdict(list)
        self._by_key: defaultdict[str, list[_Alias]] = defaultdict(list)
        self._words: set[str] = set()
        for entity in entities:
            self._by_kind_and_name[entity.ref.kind, entity.ref.name].append(entity)
            for alias in _aliases(entity):
                self._by_key[alias.key].append(alias)
                self._words.update(alias.words)
        self._singular: dict[str, str] = {}
        for key in self._by_key:
            if (single := _singular(key)) and single not in self._by_key:
                self._singular.setdefault(single, key)
        self._near = lru_cache(maxsize=4096)(NearWords(self._words | set(self._by_key), shortest=4).near)

    def links(self, text: str) -> tuple[Link, ...]:
        """Entities named by the first 4,000 characters of `text`, the surest first, each once."""
        text = text[:MAX_TEXT]
        best: dict[str, tuple[float, int, Link]] = {}
        for score, position, entity, mention in (*self._by_reference(text), *self._by_words(text)):
            ref = str(entity.ref)
            if ref not in best or best[ref][0] < score:
                best[ref] = (score, position, Link(entity, round(score, 3), mention))
        ordered = sorted(best.values(), key=lambda item: (-item[0], item[1], _kind_rank(item[2].entity)))
        return tuple(link for _score, _position, link in ordered)

    def _by_reference(self, text: str) -> Iterator[tuple[float, int, Entity, str]]:
        for match in _REF.finditer(text.lower()):
            kind, namespace, name = match.groups()
            if namespace is not None:
                entity = self._by_ref.get(f"{kind}:{namespace}/{name}")
                named = [] if entity is None else [entity]
            else:
                named = self._by_kind_and_name.get((kind, name), [])
            for entity in named:
                yield 1.0, match.start(), entity, match.group()
        for match in _QUOTED.finditer(text):
            quoted = next(group for group in match.groups() if group)
            for alias in self._by_key.get("".join(_WORD.findall(quoted.lower())), ()):
                yield 0.97, match.start(), alias.entity, quoted

    def _by_words(self, text: str) -> Iterator[tuple[float, int, Entity, str]]:
        lowered = text.lower()
        found = list(_WORD.finditer(lowered))
        words = [match.group() for match in found]
        joined = [
            _JOINT.fullmatch(lowered, left.end(), right.start()) is not None
            for left, right in pairwise(found)
        ]
        for match in _without_overlaps(self._matches(words, joined, found, lowered)):
            start, end = found[match.first].start(), found[match.last - 1].end()
            yield match.score, start, match.alias.entity, text[start:end]

    def _matches(
        self, words: list[str], joined: list[bool], found: list[re.Match[str]], lowered: str
    ) -> Iterator[_Match]:
        slips = [self._slips(word) for word in words]
        for first in range(len(words)):
            for last in range(first + 1, min(first + MAX_WORDS, len(words)) + 1):
                if last - first > 1 and not joined[last - 2]:
                    break
                start, end = found[first].start(), found[last - 1].end()
                asked = bool(_ASKED_AFTER.match(lowered, end) and _ASKED_BEFORE.search(lowered[:start]))
                exact = list(self._exact(words, first, last, lowered[start:end], asked=asked))
                yield from exact or self._misspelt(words, slips, first, last)

    def _exact(
        self, words: list[str], first: int, last: int, written: str, *, asked: bool
    ) -> Iterator[_Match]:
        key, alone = "".join(words[first:last]), last - first == len(words)
        for form, loss in ((key, 0.0), (_singular(key), 0.05), (self._singular.get(key), 0.05)):
            aliases = self._by_key.get(form, ()) if form else ()
            for alias in aliases:
                score = _exact_score(alias, written) - loss
                beside = _beside(words, first, last, alias.entity)
                if alias.everyday:
                    score = _everyday_score(alias, beside=beside, alone=alone, asked=asked) - loss
                if score > 0:
                    yield _Match(first, last, alias, score + (0.03 if beside else 0.0))
            if aliases:
                return

    def _slips(self, word: str) -> tuple[tuple[str, int], ...]:
        """Vocabulary words that `word` may be a slip of; none when it is a word in its own right."""
        if len(word) < 4 or word in self._words or word in COMMON_WORDS or word.isdigit():
            return ()
        single = _singular(word)
        if single and (single in self._words or single in COMMON_WORDS):
            return ()
        near = [
            item
            for form in (word, single)
            if form
            for item in self._near(form)
            if not is_inflection(form, item[0]) and digits_of(form) == digits_of(item[0])
        ]
        nearest = min((edits for _word, edits in near), default=0)
        return tuple(item for item in near if item[1] == nearest)[:4]

    def _misspelt(
        self, words: list[str], slips: list[tuple[tuple[str, int], ...]], first: int, last: int
    ) -> Iterator[_Match]:
        if not any(slips[first:last]):
            return
        choices = [slips[at] or ((words[at], 0),) for at in range(first, last)]
        for choice in list(product(*choices))[:64]:
            key = "".join(word for word, _edits in choice)
            edits = sum(edits for _word, edits in choice)
            if edits > allowed_edits(len(key)):
                continue
            for alias in self._by_key.get(key, ()):
                if alias.everyday or (len(alias.words) == 1 and alias.key[0] != words[first][0]):
                    continue
                base = 0.6 if len(alias.words) == 1 else 0.7
                yield _Match(first, last, alias, base - 0.05 * edits, edits)


def _aliases(entity: Entity) -> Iterator[_Alias]:
    profile = entity.spec.get("profile")
    display = profile.get("displayName") if isinstance(profile, dict) else None
    seen = set()
    for surface in (entity.ref.name, entity.title, str(display or "")):
        words = tuple(_WORD.findall(surface.lower()))
        key = "".join(words)
        if key and key not in seen and len(words) <= MAX_WORDS:
            seen.add(key)
            yield _Alias(key, words, surface.lower(), entity)


def _exact_score(alias: _Alias, written: str) -> float:
    if len(alias.words) == 1:
        return 0.8
    return 0.95 if written == alias.surface and " " not in written else 0.9


def _everyday_score(alias: _Alias, *, beside: bool, alone: bool, asked: bool) -> float:
    if alias.entity.ref.kind == "location":
        return 0.0
    if beside:
        return 0.75
    return 0.7 if alone or asked else 0.0


def _beside(words: list[str], first: int, last: int, entity: Entity) -> bool:
    """Whether a word next to the mention says what kind of thing it is."""
    telling = _KIND_WORDS.get(entity.ref.kind, frozenset()) | {entity.ref.kind, (entity.type or "").lower()}
    around = words[max(first - 1, 0) : first] + words[last : last + 1]
    return any(word in telling for word in around)


def _singular(word: str) -> str | None:
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return None
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


def is_inflection(word: str, other: str) -> bool:
    """Whether two words differ in their ending only, as `ranked` and `ranker` do: not a slip of the pen."""
    same = 0
    for left, right in zip(word, other, strict=False):
        if left != right:
            break
        same += 1
    endings = _INFLECTIONS_AFTER_E if word[same - 1 : same] == "e" else _INFLECTIONS
    return same >= 3 and word[same:] in endings and other[same:] in endings


def digits_of(word: str) -> str:
    """Digits tell versions apart: `item2vec` is no slip of `item3vec`."""
    return "".join(letter for letter in word if letter.isdigit())


def _without_overlaps(matches: Iterator[_Match]) -> list[_Match]:
    """The longest mentions; of two that overlap only the weightier stays, several readings of one stay."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda match: (-match.weight, match.edits, -match.score)):
        rivals = [other for other in kept if match.first < other.last and other.first < match.last]
        same_mention = all(
            (other.first, other.last, other.edits) == (match.first, match.last, match.edits)
            for other in rivals
        )
        if same_mention:
            kept.append(match)
    return kept


def _kind_rank(entity: Entity) -> tuple[int, str]:
    kind = entity.ref.kind
    rank = _KIND_ORDER.index(kind) if kind in _KIND_ORDER else len(_KIND_ORDER)
    return rank, str(entity.ref)
