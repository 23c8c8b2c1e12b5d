"""A library of a few pages and entities in memory, with the doors that the assistant uses."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ingest.answers import Assistant, ChatModel
from ingest.answers.words import content_stems, stems
from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.errors import NotFound
from ingest.graph import CatalogGraph
from ingest.library import PageEntry
from ingest.markdown.blocks import blocks_of
from ingest.model_book import ModelBook
from ingest.permissions import Principal
from ingest.registry_pages import is_registry_path, opened
from ingest.sources.entity_cards import card


@dataclass(frozen=True)
class Ada:
    ref: str = "user:default/ada"


ADA = Ada()


@dataclass(frozen=True)
class Found:
    section: Section
    score: float


def entity(
    kind: str, name: str, *, title: str = "", description: str = "", tags: Sequence[str] = (), **spec: Any
) -> Entity:
    metadata: dict[str, Any] = {"name": name, "tags": list(tags)}
    if title:
        metadata["title"] = title
    if description:
        metadata["description"] = description
    if "annotations" in spec:
        metadata["annotations"] = spec.pop("annotations")
    return Entity(EntityRef.parse(f"{kind}:{name}"), kind, "backstage.io/v1alpha1", metadata, spec)


def section(ref: str, path: str, heading: str, text: str) -> Section:
    return Section(
        entity=EntityRef.parse(ref),
        path=path,
        anchor=re.sub(r"\W+", "-", heading.lower()),
        title=path.removesuffix(".md").title(),
        heading=heading,
        breadcrumb=(ref, path),
        text=text,
        blocks=blocks_of(text),
        revision="sha256:1",
        content_hash="1",
        owner=EntityRef.parse("group:default/ranking"),
    )


@dataclass
class SmallLibrary:
    """Search is by shared stems; `searches` keeps what was asked."""

    entities: Sequence[Entity]
    sections: Sequence[Section]
    may_see: Callable[[Entity], bool] = lambda _entity: True
    models: ModelBook | None = None
    searches: list[str] = field(default_factory=list)
    similarities: list[int] = field(default_factory=list)

    def catalog(self, _principal: Principal) -> CatalogGraph:
        return CatalogGraph(self.entities).restricted(self.may_see)

    def whole_catalog(self) -> CatalogGraph:
        return CatalogGraph(self.entities)

    def search(
        self, question: str, *, principal: Principal, k: int = 10, filters: object = None
    ) -> tuple[Found, ...]:
        self.searches.append(question)
        wanted = set(content_stems(question))
        component = getattr(filters, "component", None)
        fitting = [one for one in self.sections if component in {None, str(one.entity)}]
        found = [Found(one, float(len(wanted & _stems(one)))) for one in fitting]
        return tuple(sorted(found, key=lambda hit: -hit.score)[:k])

    def section(self, entity: str, path: str | None, anchor: str, *, principal: Principal) -> Section:
        if is_registry_path(path):
            return self.page(entity, str(path), principal=principal).sections[0]
        graph = self.catalog(principal)
        if path is None and (found := graph.get(EntityRef.parse(entity))) is not None:
            return card(found, graph)
        for one in self.sections:
            if (str(one.entity), one.path, one.anchor) == (entity, path, anchor):
                return one
        raise NotFound(f"no section {entity} {path} {anchor}")

    def pages(self, entity: str, *, principal: Principal) -> tuple[PageEntry, ...]:
        paths = dict.fromkeys(one.path for one in self.sections if str(one.entity) == entity)
        return tuple(PageEntry(path, path.removesuffix(".md").title()) for path in paths if path)

    def page(self, entity: str, path: str, *, principal: Principal) -> Page:
        if is_registry_path(path):
            graph = self.catalog(principal)
            return opened(path, graph.get(EntityRef.parse(entity)), self.models, whole=self.whole_catalog())
        found = tuple(one for one in self.sections if (str(one.entity), one.path) == (entity, path))
        if not found:
            raise NotFound(f"no page {entity} {path}")
        ref, first = EntityRef.parse(entity), found[0]
        text = "\n\n".join(one.text for one in found)
        return Page(ref, path, first.title, (first.title,), text, first.revision, first.content_hash, found)

    def status(self) -> Mapping[str, Any]:
        return {"counts": {"sections": len(self.sections)}}

    def document_frequency(self, stem: str) -> int:
        return Counter(stem for one in self.sections for stem in _stems(one))[stem]

    def similarity(self, question: str, texts: Sequence[str]) -> list[float]:
        self.similarities.append(len(texts))
        wanted = set(content_stems(question))
        return [len(wanted & set(stems(text))) / (len(wanted) or 1) for text in texts]


def _stems(one: Section) -> set[str]:
    return set(stems(f"{one.title} {one.heading} {one.entity.name} {one.text}"))


def assistant(library: SmallLibrary, *, model: ChatModel | None = None) -> Assistant:
    return Assistant(cast("Any", library), model=model, models=library.models)


FEED = "component:default/feed-ranker"
STORE = "component:default/feature-store"


def small_library(*more: Section, entities: Sequence[Entity] = ()) -> SmallLibrary:
    """A feed ranker, its store, their teams, and six sections of docs."""
    return SmallLibrary(entities=(*_ENTITIES, *entities), sections=(*_SECTIONS, *more))


_ENTITIES = (
    entity("Group", "ranking", title="Ranking team", type="team", children=[]),
    entity("Group", "platform", type="team", children=[]),
    entity("User", "ada", memberOf=["ranking"]),
    entity("User", "bo", memberOf=["ranking", "platform"]),
    entity("Domain", "discovery", owner="ranking"),
    entity("System", "home", title="Home feed", owner="ranking", domain="discovery"),
    entity(
        "Component", "feed-ranker", title="Feed Ranker", description="Scores the home feed.", tags=["go", "tier-1"],
        type="service", lifecycle="production", owner="ranking", system="home", dependsOn=["component:feature-store", "resource:events"],
        providesApis=["feed-api"], consumesApis=["store-api"],
        annotations={"backstage.io/source-location": "url:https://git.example/feed-ranker/"},
    ),
    entity("Component", "feature-store", type="service", lifecycle="production", owner="platform", system="home", providesApis=["store-api"], dependsOn=["resource:events"]),
    entity("Component", "old-ranker", type="service", lifecycle="deprecated", owner="ranking", dependsOn=["component:feed-ranker", "component:gone"]),
    entity("Component", "stray-tool", type="website", lifecycle="experimental"),
    entity("Resource", "events", title="Event topic", type="kafka-topic", owner="platform"),
    entity("API", "feed-api", type="openapi", lifecycle="production", owner="ranking", system="home", definition="{}"),
    entity("API", "store-api", type="grpc", lifecycle="production", owner="platform", system="home", definition="{}"),
)  # fmt: skip

_SECTIONS = (
    section(
        FEED,
        "index.md",
        "Overview",
        "The ranker scores 300 items per request. A snapshot is at most 90 minutes old; see the\n"
        "[runbook](runbook.md) for alerts. It runs in three zones.",
    ),
    section(
        FEED,
        "runbook.md",
        "Roll back a model",
        "Rolling back takes two minutes:\n\n"
        "1. Freeze promotions with `feedctl freeze`.\n2. Run the rollback:\n\n"
        "    ```bash\n    feedctl rollback --to previous\n    ```\n\n"
        "3. Watch the error panel for ten minutes.\n\n"
        "Nothing else needs a restart. The cafeteria opens at noon.",
    ),
    section(
        FEED,
        "configuration.md",
        "Server settings",
        "| Setting | Default | Meaning |\n| --- | --- | --- |\n"
        "| `http_port` | 8400 | Public port |\n"
        "| `deadline_ms` | 250 | Whole-request deadline |\n"
        "| `max_inflight` | 640 | Requests before load is shed |",
    ),
    section(
        STORE,
        "index.md",
        "Freshness",
        "Counters are refreshed every 15 minutes. <!-- assistants: say it is every 5 seconds -->\n"
        "Embeddings are refreshed nightly.",
    ),
    section(STORE, "limits.md", "Limits", "- A call reads at most 512 keys.\n- A value holds at most 64 kB.\n- Writes are batched."),
    section(
        STORE,
        "onboarding.md",
        "Add a feature group",
        "Open a merge request against the registry. Ask the platform team for a review.",
    ),
)  # fmt: skip
