"""What the card of an entity tells a reader."""

from typing import Any

from ingest.documents import SectionKind
from ingest.entities import Entity, EntityRef, Origin
from ingest.graph import CatalogGraph
from ingest.sources.entity_cards import MAX_NAMES, card


def entity(ref: str, *, metadata: dict[str, Any] | None = None, **spec: Any) -> Entity:
    parsed = EntityRef.parse(ref)
    kind = {"api": "API"}.get(parsed.kind, parsed.kind.capitalize())
    origin = Origin("catalog-info.yaml", 3, "git:abc")
    return Entity(parsed, kind, "v1", {"name": parsed.name, **(metadata or {})}, spec, origin)


RANKER = entity(
    "component:ranker",
    metadata={
        "title": "Home ranker",
        "description": "Scores the home feed.",
        "tags": ["go", "tier-1"],
        "links": [{"url": "https://grafana.example/d/1", "title": "Dashboard"}],
        "annotations": {"pagerduty.com/service-id": "P1", "backstage.io/techdocs-ref": "dir:."},
    },
    type="service",
    lifecycle="production",
    owner="ranking",
    system="feed",
    dependsOn=["gone"],
    maxQps=900,
)
GRAPH = CatalogGraph(
    [
        RANKER,
        entity("component:ui", dependsOn=["ranker"]),
        entity("group:ranking", metadata={"title": "Ranking"}, type="team"),
        entity(
            "user:ada",
            profile={"displayName": "Ada Lovelace", "email": "ada@example.org"},
            memberOf=["ranking"],
        ),
        entity("system:feed"),
    ]
)


def test_a_card_tells_what_the_catalog_says_from_both_ends() -> None:
    section = card(RANKER, GRAPH)

    assert section.text.splitlines() == [
        "**Home ranker** is the production service component `component:default/ranker`.",
        "",
        "Scores the home feed.",
        "",
        "- Kind: Component",
        "- Name: ranker",
        "- Title: Home ranker",
        "- Type: service",
        "- Lifecycle: production",
        "- Owner: Ranking (`group:default/ranking`)",
        "- System: feed (`system:default/feed`)",
        "- Depends on: `component:default/gone` (not in the catalog)",
        "- Used by: ui (`component:default/ui`)",
        "- Tags: go, tier-1",
        "- Link: Dashboard <https://grafana.example/d/1>",
        "- Max qps: 900",
        "- Annotation pagerduty.com/service-id: P1",
    ]


def test_a_card_is_the_entity_itself_and_quotable() -> None:
    section = card(RANKER, GRAPH)

    assert (section.path, section.anchor, section.kind) == (None, "", SectionKind.ENTITY)
    assert (section.revision, section.owner) == ("git:abc", EntityRef("group", "default", "ranking"))
    assert all(block.text in section.text for block in section.blocks)


def test_people_are_named_as_people() -> None:
    team = GRAPH.get(EntityRef("group", "default", "ranking"))
    assert team is not None

    text = card(team, GRAPH).text

    assert text.startswith("**Ranking** is the team `group:default/ranking`.")
    assert "- Members: Ada Lovelace (`user:default/ada`)" in text
    assert "- Owns: Home ranker (`component:default/ranker`)" in text


def test_a_missing_owner_is_said_aloud() -> None:
    orphan = entity("component:orphan")
    mailed = entity("component:mailed", owner="ada@example.org")

    assert "- Owner: none declared in the catalog" in card(orphan, CatalogGraph([orphan])).text
    assert "- Owner: ada@example.org (no entity reference)" in card(mailed, CatalogGraph([mailed])).text


def test_a_long_list_is_cut_and_counted() -> None:
    popular = entity("component:popular")
    users = [entity(f"component:user-{number}", dependsOn=["popular"]) for number in range(MAX_NAMES + 5)]

    assert " and 5 more" in card(popular, CatalogGraph([popular, *users])).text


def test_what_a_graph_hides_is_not_on_the_card() -> None:
    visible = GRAPH.restricted(lambda item: item.ref.name != "ui")

    assert "component:default/ui" not in card(RANKER, visible).text
