"""The ports in memory: a library of a few entities and pages, an assistant that quotes, an indexer that counts.

Deterministic and without any model: search counts shared words. For tests, of teams' own actions too.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from tools.plan import Target
from tools.ports import Filters, Turn

_MODIFIED = datetime(2026, 5, 1, 12, tzinfo=UTC)
_REF = re.compile(r"^(?:([a-z][a-z0-9-]*):)?(?:([a-z0-9][a-z0-9-]*)/)?([a-z0-9][a-z0-9_.-]*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class FakeRef:
    kind: str
    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str, *, kind: str | None = None, namespace: str = "default") -> "FakeRef":
        match = _REF.match(text.strip())
        if match is None or not (match[1] or kind):
            raise ValueError(f"{text!r} is not an entity reference")
        return cls((match[1] or kind or "").lower(), (match[2] or namespace).lower(), match[3].lower())

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class FakeRelation:
    source: FakeRef
    type: str
    target: FakeRef
    declared: bool = True


@dataclass(frozen=True, slots=True)
class FakeEntity:
    ref: FakeRef
    kind: str = "Component"
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Mapping[str, Any], ...] = ()
    type: str | None = "service"
    lifecycle: str | None = "production"
    owner: FakeRef | None = None
    system: FakeRef | None = None


@dataclass(frozen=True, slots=True)
class FakeSection:
    entity: FakeRef
    path: str | None
    anchor: str
    title: str
    heading: str
    text: str
    breadcrumb: tuple[str, ...] = ()
    revision: str = "git:0123abc"
    modified: datetime | None = _MODIFIED
    owner: FakeRef | None = None
    reviewed: str = ""

    @property
    def as_read(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class FakePage:
    entity: FakeRef
    path: str
    title: str
    sections: tuple[FakeSection, ...]
    trail: tuple[str, ...] = ()
    revision: str = "git:0123abc"
    modified: datetime | None = _MODIFIED
    owner: FakeRef | None = None
    reviewed: str = ""

    @property
    def markdown(self) -> str:
        return "\n\n".join(section.text for section in self.sections)


@dataclass(frozen=True, slots=True)
class FakeHit:
    section: FakeSection
    score: float


@dataclass(frozen=True, slots=True)
class FakeCitation:
    number: int
    entity: str
    path: str | None
    anchor: str
    heading: str
    quote: str
    revision: str
    owner: str | None = None
    modified: datetime | None = _MODIFIED


@dataclass(frozen=True, slots=True)
class FakeFlag:
    entity: str
    path: str | None
    anchor: str
    owner: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class FakeConflict:
    kind: str
    says: tuple[str, ...]
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FakeAnswer:
    text: str
    abstained: bool = False
    confidence: float = 0.9
    citations: tuple[FakeCitation, ...] = ()
    facts: tuple[str | int, ...] = ()
    passages: tuple[FakeHit, ...] = ()
    produced_by: str = "passages"
    entities: tuple[str, ...] = ()
    standalone_question: str = ""
    flags: tuple[FakeFlag, ...] = ()
    conflicts: tuple[FakeConflict, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class FakeLink:
    entity: FakeEntity
    score: float
    mention: str


@dataclass(frozen=True, slots=True)
class FakeKinship:
    alike: Mapping[str, float]
    belongs: Mapping[str, float]


class FakeMeaning:
    """Texts are alike as far as they share words."""

    def likeness(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        words = set(_words(text))
        return tuple(
            len(words & set(_words(other))) / max(1, len(words | set(_words(other)))) for other in others
        )

    def kinship(self, text: str, groups: Mapping[str, Sequence[str]]) -> FakeKinship:
        alike = {
            phrase: self.likeness(text, (phrase,))[0] for phrases in groups.values() for phrase in phrases
        }
        belongs = {name: max(alike[phrase] for phrase in phrases) for name, phrases in groups.items()}
        return FakeKinship(alike, belongs)


@dataclass(frozen=True)
class FakeCatalog:
    entities: tuple[FakeEntity, ...] = ()
    links: tuple[FakeRelation, ...] = ()

    @cached_property
    def _by_ref(self) -> Mapping[FakeRef, FakeEntity]:
        return {entity.ref: entity for entity in self.entities}

    @property
    def dangling(self) -> tuple[FakeRelation, ...]:
        return tuple(link for link in self.links if link.target not in self._by_ref)

    def get(self, ref: FakeRef) -> FakeEntity | None:
        return self._by_ref.get(ref)

    def relations(self, ref: FakeRef, *, types: Sequence[str] | None = None) -> tuple[FakeRelation, ...]:
        return tuple(link for link in self.links if link.source == ref and (not types or link.type in types))

    def query(self, **filters: str | None) -> tuple[FakeEntity, ...]:
        return tuple(entity for entity in self.entities if _meets(entity, filters))

    def called(self, text: str) -> tuple[FakeEntity, ...]:
        wanted = "-".join(text.lower().replace("_", " ").split())
        return tuple(
            entity
            for entity in self.entities
            if wanted
            in (
                entity.ref.name,
                f"{entity.ref.namespace}/{entity.ref.name}",
                "-".join(entity.title.lower().split()),
            )
        )

    def link(self, text: str) -> tuple[FakeEntity, ...]:
        words = set(_words(text))
        return tuple(entity for entity in self.entities if words & set(_words(entity.ref.name)))

    def link_scored(self, text: str) -> tuple[FakeLink, ...]:
        return tuple(FakeLink(entity, 0.9, entity.ref.name) for entity in self.link(text))


@dataclass(frozen=True)
class FakeLibrary:
    """`hidden` are references that nobody may see."""

    whole: FakeCatalog = field(default_factory=FakeCatalog)
    documents: tuple[FakePage, ...] = ()
    hidden: frozenset[str] = frozenset()

    def catalog(self, principal: object) -> FakeCatalog:
        seen = tuple(entity for entity in self.whole.entities if str(entity.ref) not in self.hidden)
        links = tuple(
            link for link in self.whole.links if not {str(link.source), str(link.target)} & self.hidden
        )
        return FakeCatalog(seen, links)

    def whole_catalog(self) -> FakeCatalog:
        return self.whole

    def search(
        self, question: str, *, principal: object, k: int = 10, filters: Filters | None = None
    ) -> tuple[FakeHit, ...]:
        words = set(_words(question))
        hits = [
            FakeHit(section, len(words & set(_words(section.text))) / (len(words) or 1))
            for page in self._visible()
            if filters is None or not filters.component or filters.component == str(page.entity)
            for section in page.sections
        ]
        return tuple(sorted((hit for hit in hits if hit.score > 0), key=lambda hit: -hit.score)[:k])

    def section(self, entity: str, path: str | None, anchor: str, *, principal: object) -> FakeSection:
        for page in self._visible():
            for section in page.sections:
                if (str(section.entity), section.path, section.anchor) == (entity, path, anchor):
                    return section
        raise LookupError(f"no section {anchor!r}")

    def page(self, entity: str, path: str, *, principal: object) -> FakePage:
        for page in self._visible():
            if (str(page.entity), page.path) == (entity, path):
                return page
        raise LookupError(f"no page {path!r}")

    def pages(self, entity: str, *, principal: object) -> tuple[FakePage, ...]:
        return tuple(page for page in self._visible() if str(page.entity) == entity)

    def same_meaning(self, texts: Sequence[str], about: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        groups: dict[tuple[tuple[str, ...], str], list[int]] = {}
        for place, (text, entity) in enumerate(zip(texts, about, strict=True)):
            groups.setdefault((tuple(sorted(_words(text))), entity), []).append(place)
        return tuple(map(tuple, groups.values()))

    def concern(self, source: FakeSection | FakePage | FakeEntity) -> str:
        ref = source.ref if isinstance(source, FakeEntity) else source.entity
        return "" if source.owner or ref.kind == "group" else "it has no owner"

    def _visible(self) -> tuple[FakePage, ...]:
        return tuple(page for page in self.documents if str(page.entity) not in self.hidden)


@dataclass(frozen=True)
class FakeAssistant:
    """Answers with the best section, word for word; abstains when no word of the question is found."""

    library: FakeLibrary

    def ask(
        self,
        question: str,
        *,
        principal: object,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
    ) -> FakeAnswer:
        earlier = " ".join(entity for turn in history for entity in turn.entities)
        hits = self.library.search(f"{question} {earlier}", principal=principal, k=3, filters=filters)
        if not hits:
            return FakeAnswer("The docs do not say.", abstained=True, confidence=0.0)
        best = hits[0].section
        return FakeAnswer(
            f"{best.text} [1]",
            citations=(_cited(best),),
            passages=hits,
            entities=tuple(dict.fromkeys(str(hit.section.entity) for hit in hits)),
        )

    def stream(
        self,
        question: str,
        *,
        principal: object,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        answer = self.ask(question, principal=principal, history=history, filters=filters)
        yield {"type": "retrieved", "hits": answer.passages}
        yield from ({"type": "citation", "citation": citation} for citation in answer.citations)
        yield from ({"type": "text", "delta": f"{word} "} for word in answer.text.split())
        yield {"type": "done", "answer": answer}


@dataclass(frozen=True, slots=True)
class FakeRefresh:
    generation: str
    changed: bool
    counts: Mapping[str, int]
    seconds: float


class FakeIndexer:
    """`revision` is the source's; `during` is called while a refresh runs; `refreshed` counts them."""

    def __init__(self) -> None:
        self.revision = "git:aaa"
        self.refreshed = self.current = 0
        self.during: Callable[[], None] = lambda: None

    def sources(self) -> tuple[Target, ...]:
        return (Target(ref="docs", revision=self.revision),)

    def before(self, generation: str) -> str:
        return f"g{self.current - 1}" if generation == f"g{self.current}" else ""

    def go_back(self, generation: str) -> str:
        self.current = int(self.before(generation)[1:])
        return f"g{self.current}"

    def refresh(self) -> FakeRefresh:
        self.refreshed += 1
        self.current = self.refreshed
        self.during()
        return FakeRefresh(f"g{self.refreshed}", changed=True, counts={"pages": 2}, seconds=0.1)


@dataclass(frozen=True, slots=True)
class FakeOpening:
    opens: bool
    found: bool
    by: str = "memory"
    problem: str = ""


@dataclass(frozen=True)
class FakeVerifier:
    """Opens citations in the library; `lost` are the anchors that do not open."""

    library: FakeLibrary
    lost: frozenset[str] = frozenset()

    def check(self, citations: Sequence[Any], *, principal: object) -> tuple[FakeOpening, ...]:
        return tuple(self._opened(citation, principal) for citation in citations)

    def _opened(self, cited: Any, principal: object) -> FakeOpening:
        if cited.anchor in self.lost:
            return FakeOpening(opens=False, found=False, problem=f"there is no heading {cited.anchor!r}")
        section = self.library.section(cited.entity, cited.path, cited.anchor, principal=principal)
        return FakeOpening(opens=True, found=cited.quote in section.text)


@dataclass(frozen=True)
class FakePorts:
    library: FakeLibrary
    assistant: FakeAssistant
    refs: type[FakeRef] = FakeRef
    indexer: FakeIndexer = field(default_factory=FakeIndexer)
    meaning: FakeMeaning = field(default_factory=FakeMeaning)
    at_hand: bool = True

    def files(self, entity: FakeEntity) -> None:
        return None

    @property
    def unaided(self) -> FakeAssistant:
        return self.assistant

    @property
    def verifier(self) -> FakeVerifier:
        return FakeVerifier(self.library)


def example_ports(*, hidden: Sequence[str] = ()) -> FakePorts:
    """A feature store, its API, two rankers of one name in different kinds, and two pages of docs."""
    store, ranker = (
        FakeRef.parse("component:default/feature-store"),
        FakeRef.parse("component:default/ranker"),
    )
    api, model = FakeRef.parse("api:default/features"), FakeRef.parse("resource:default/ranker")
    team, gone = FakeRef.parse("group:default/ranking"), FakeRef.parse("resource:default/redis")
    pages = (
        _page(
            store,
            "index.md",
            "Feature store",
            {
                "": "# Feature store\n\nServes features to rankers.",
                "freshness": "## Freshness\n\nHourly refresh.",
            },
            owner=team,
        ),
        _page(ranker, "runbook.md", "Runbook", {"": "# Runbook\n\nRestart with `make restart`."}, owner=None),
    )
    catalog = FakeCatalog(
        entities=(
            FakeEntity(api, "API", "Features", "Features by key.", type="openapi", owner=team),
            FakeEntity(
                store, title="Feature store", description="Serves features.", tags=("core",), owner=team
            ),
            FakeEntity(ranker, title="Ranker", description="Orders candidates.", owner=team),
            FakeEntity(team, "Group", "Ranking", type="team", lifecycle=None),
            FakeEntity(model, "Resource", "Ranker", "Its weights.", type="model"),
        ),
        links=(
            FakeRelation(ranker, "dependsOn", store),
            FakeRelation(store, "dependencyOf", ranker, declared=False),
            FakeRelation(store, "dependsOn", gone),
            FakeRelation(store, "providesApi", api),
            FakeRelation(api, "apiProvidedBy", store, declared=False),
            FakeRelation(store, "ownedBy", team),
        ),
    )
    library = FakeLibrary(catalog, pages, frozenset(hidden))
    return FakePorts(library, FakeAssistant(library))


def _page(
    entity: FakeRef, path: str, title: str, texts: Mapping[str, str], *, owner: FakeRef | None
) -> FakePage:
    sections = tuple(
        FakeSection(
            entity, path, anchor, title, text.partition("\n")[0].lstrip("# "), text, (title,), owner=owner
        )
        for anchor, text in texts.items()
    )
    return replace(FakePage(entity, path, title, sections), owner=owner, trail=(title,))


def _cited(section: FakeSection) -> FakeCitation:
    return FakeCitation(
        1,
        str(section.entity),
        section.path,
        section.anchor,
        section.heading,
        section.text,
        section.revision,
        owner=str(section.owner) if section.owner else None,
    )


def _meets(entity: FakeEntity, filters: Mapping[str, str | None]) -> bool:
    owner = entity.owner.name if entity.owner else None
    own = {
        "kind": entity.kind.lower(),
        "type": entity.type,
        "owner": owner,
        "system": None,
        "lifecycle": entity.lifecycle,
    }
    return all(
        (name in own and own[name] == wanted.lower())
        or (name == "tag" and wanted in entity.tags)
        or (name == "text" and wanted.lower() in f"{entity.title} {entity.description}".lower())
        for name, wanted in filters.items()
        if wanted
    )


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z0-9]+", text.lower()) if len(word) > 2]
