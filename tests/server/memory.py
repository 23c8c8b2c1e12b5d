"""A small organisation in memory behind the real composition: no index, no model, no disk but the state."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.errors import IndexMissing, NotFound
from ingest.graph import CatalogGraph
from ingest.trust import concern
from server.composition import Cuebook, compose
from server.once import Once
from server.parts import Parts
from server.settings import Settings
from tools.fakes import FakeAssistant, FakeIndexer

WHEN = datetime(2026, 5, 1, 12, tzinfo=UTC)
RANKER = EntityRef.parse("component:default/home-ranker")
STORE = EntityRef.parse("component:default/feature-store")
TEAM = EntityRef.parse("group:default/ranking")


def entity(ref: EntityRef, kind: str, *, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Entity:
    return Entity(ref, kind, "backstage.io/v1alpha1", {"name": ref.name, **metadata}, spec)


ENTITIES = (
    entity(
        RANKER,
        "Component",
        metadata={"title": "Home ranker", "description": "Orders the home feed.", "tags": ["ranking"]},
        spec={
            "type": "service",
            "lifecycle": "production",
            "owner": "ranking",
            "dependsOn": ["component:feature-store", "resource:default/gone"],
        },
    ),
    entity(
        STORE,
        "Component",
        metadata={"title": "Feature store", "description": "Serves features."},
        spec={"type": "service", "lifecycle": "experimental", "owner": "ranking"},
    ),
    entity(TEAM, "Group", metadata={"title": "Ranking"}, spec={"type": "team", "children": []}),
)
RUNBOOK = """# Ranker runbook

Page the ranking team first. See the [freshness rules](../component/x.md) and <script>alert(1)</script>

## Restart the ranker

1. Drain the canary.
2. Run `make restart`.

## Restart the ranker

A second heading of the same name.
"""


def page(ref: EntityRef, path: str, title: str, markdown: str, headings: Sequence[tuple[str, str]]) -> Page:
    sections = tuple(
        Section(
            entity=ref,
            path=path,
            anchor=anchor,
            title=title,
            heading=heading,
            breadcrumb=(title, heading),
            text=text,
            blocks=(),
            revision="git:0123abc",
            content_hash="00",
            modified=WHEN,
            owner=TEAM,
        )
        for (heading, anchor), text in zip(headings, markdown.split("\n## "), strict=True)
    )
    return Page(
        ref, path, title, (title,), markdown, "git:0123abc", "00", sections, modified=WHEN, owner=TEAM
    )


PAGES = (
    page(RANKER, "index.md", "Home ranker", "# Home ranker\n\nScores candidates.", [("Home ranker", "")]),
    page(
        RANKER,
        "ops/runbook.md",
        "Ranker runbook",
        RUNBOOK,
        [
            ("Ranker runbook", ""),
            ("Restart the ranker", "restart-the-ranker"),
            ("Restart the ranker", "restart-the-ranker_1"),
        ],
    ),
)


@dataclass(frozen=True)
class MemoryHit:
    section: Section
    score: float


@dataclass
class MemoryLibrary:
    """Search counts shared words; `missing` makes it behave as before the first ingest."""

    missing: bool = False
    closed: bool = False
    generation: str = "g1"
    graph: CatalogGraph = field(default_factory=lambda: CatalogGraph(ENTITIES))

    is_current = True

    def catalog(self, _principal: object) -> CatalogGraph:
        return self.whole_catalog()

    def whole_catalog(self) -> CatalogGraph:
        self._check()
        return self.graph

    def search(
        self, question: str, *, principal: object, k: int = 10, filters: object = None
    ) -> tuple[MemoryHit, ...]:
        self._check()
        words = {word for word in question.lower().split() if len(word) > 3}
        found = [
            MemoryHit(section, float(len(words & set(section.text.lower().split()))))
            for each in PAGES
            for section in each.sections
        ]
        best = sorted((hit for hit in found if hit.score), key=lambda hit: -hit.score)
        return tuple(best[:k])

    def section(self, entity: str, path: str | None, anchor: str, *, principal: object) -> Section:
        for each in PAGES:
            for section in each.sections:
                if (str(each.entity), each.path, section.anchor) == (entity, path, anchor):
                    return section
        raise NotFound(f"there is no section {anchor!r} in {path!r} of {entity}")

    def page(self, entity: str, path: str, *, principal: object) -> Page:
        self._check()
        for each in PAGES:
            if (str(each.entity), each.path) == (entity, path):
                return each
        raise NotFound(f"{entity} has no page {path!r}")

    def pages(self, entity: str, *, principal: object) -> tuple[Page, ...]:
        self._check()
        if self.graph.get(EntityRef.parse(entity)) is None:
            raise NotFound(f"there is no entity {entity}")
        return tuple(each for each in PAGES if str(each.entity) == entity)

    def same_meaning(self, texts: Sequence[str], about: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        return tuple((place,) for place, _ in enumerate(zip(texts, about, strict=True)))

    def concern(self, source: Section | Page | Entity) -> str:
        return concern(source)

    def status(self) -> dict[str, Any]:
        self._check()
        counts = {"entities": 3, "pages": 2, "sections": 4, "chunks": 4}
        facts = {"generation": "g1", "built_at": WHEN.isoformat(), "embedder": "words"}
        return {**facts, "counts": counts, "skipped": [], "degraded": None}

    def warm(self) -> None:
        self._check()

    def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self.missing:
            raise IndexMissing("nothing is indexed yet; run `cuebook ingest`")


class MemoryParts(Parts):
    """The parts of a server whose library is in memory. `library_double.missing` takes the index away."""

    def __init__(self, settings: Settings, *, missing: bool = False) -> None:
        super().__init__(settings)
        self.library_double = MemoryLibrary(missing=missing)
        self.assistant_double: Any = FakeAssistant(self.library_double)  # type: ignore[arg-type]
        self.opened_library = Once[Any](lambda: self.library_double)
        self.indexer = FakeIndexer()  # type: ignore[assignment]

    @property
    def assistant(self) -> Any:
        return self.assistant_double

    @property
    def unaided(self) -> Any:
        return self.assistant_double


def settings_in(home: Path, **values: Any) -> Settings:
    return Settings(home=home, sources=(), **values)


@contextmanager
def small_cuebook(
    home: Path, *, missing: bool = False, client_policy: Path | None = None, **values: Any
) -> Iterator[Cuebook]:
    """The real composition over the small organisation."""
    settings = settings_in(home, **values)
    parts = MemoryParts(settings, missing=missing)
    cuebook = compose(settings, parts=parts, client_policy=client_policy)
    try:
        yield cuebook
    finally:
        cuebook.close()
