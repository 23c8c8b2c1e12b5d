"""Questions to the catalog: filters, reachability, visibility, and the entities that a text names."""

from typing import Any

import pytest

from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph


def entity(ref: str, *, title: str | None = None, tags: tuple[str, ...] = (), **spec: Any) -> Entity:
    parsed = EntityRef.parse(ref)
    metadata: dict[str, Any] = {"name": parsed.name, "tags": list(tags)}
    if title:
        metadata["title"] = title
    return Entity(parsed, parsed.kind.capitalize(), "backstage.io/v1alpha1", metadata, spec)


def ref(text: str) -> EntityRef:
    return EntityRef.parse(text)


GRAPH = CatalogGraph(
    [
        entity(
            "component:feature-store",
            type="service",
            owner="data",
            system="features",
            tags=("python", "tier-1"),
        ),
        entity("component:home-ranker", type="service", owner="ranking", dependsOn=["feature-store", "gone"]),
        entity(
            "component:home-ui",
            type="website",
            owner="user:ada",
            dependsOn=["home-ranker"],
            lifecycle="production",
        ),
        entity("component:docs", type="website", owner="eu/ranking"),
        entity("component:feast", type="library", dependsOn=["feature-store"]),
        entity("component:item2vec", type="model"),
        entity("system:home", title="Home feed"),
        entity("api:home-feed-api", title="Home feed API"),
        entity("group:platform", title="Recommender Platform"),
        entity("group:narratives"),
        entity("system:narratives"),
        entity("user:ada.lovelace", profile={"displayName": "Ada Lovelace"}),
        entity("location:all"),
    ]
)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "component", "type": "Service"}, ["feature-store", "home-ranker"]),
        ({"owner": "ranking"}, ["docs", "home-ranker"]),
        ({"owner": "group:default/ranking"}, ["home-ranker"]),
        ({"owner": "ada"}, ["home-ui"]),
        ({"owner": "group:ada"}, []),
        ({"owner": "not a reference"}, []),
        ({"system": "features"}, ["feature-store"]),
        ({"lifecycle": "PRODUCTION"}, ["home-ui"]),
        ({"tag": "Python"}, ["feature-store"]),
        ({"text": "feed home", "kind": "api"}, ["home-feed-api"]),
        ({"text": "tier-1"}, ["feature-store"]),
    ],
)
def test_a_query_meets_every_filter(filters: dict[str, str], found: list[str]) -> None:
    assert [item.ref.name for item in GRAPH.query(**filters)] == found


def test_reach_walks_nearest_first_and_survives_circles() -> None:
    graph = CatalogGraph(
        [
            entity("component:a", dependsOn=["b", "c"]),
            entity("component:b", dependsOn=["d"]),
            entity("component:c", dependsOn=["a"]),
            entity("component:d", dependsOn=["a"]),
        ]
    )

    assert [item.name for item in graph.reach(ref("component:a"), {"dependsOn"})] == ["b", "c", "d"]
    assert [item.name for item in graph.reach(ref("component:a"), {"dependsOn"}, depth=1)] == ["b", "c"]
    assert [item.name for item in graph.reach(ref("component:d"), {"dependencyOf"})] == ["b", "a", "c"]


def test_dangling_relations_are_the_declared_ones_to_nowhere() -> None:
    names = {(item.source.name, item.type, item.target.name) for item in GRAPH.dangling}

    assert ("home-ranker", "dependsOn", "gone") in names
    assert all(GRAPH.get(item.source) is not None for item in GRAPH.dangling)


def test_a_hidden_entity_is_nowhere_to_be_seen() -> None:
    visible = GRAPH.restricted(lambda item: item.ref.name != "home-ranker")

    assert visible.get(ref("component:home-ranker")) is None
    assert visible.relations(ref("component:home-ranker")) == ()
    assert visible.relations(ref("component:home-ui"), types={"dependsOn"}) == ()
    assert [
        r.target.name for r in visible.relations(ref("component:feature-store"), types={"dependencyOf"})
    ] == ["feast"]
    assert visible.link("the home ranker") == ()
    assert not any(item.target.name == "home-ranker" for item in visible.dangling)
    assert GRAPH.restricted(lambda _item: True) is GRAPH


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("who owns component:default/feature-store?", ["component:default/feature-store"]),
        ("component:feature-store.", ["component:default/feature-store"]),
        ("the feature store is slow", ["component:default/feature-store"]),
        ("feature-store", ["component:default/feature-store"]),
        ("FeatureStore latency", ["component:default/feature-store"]),
        ("featurestore latency", ["component:default/feature-store"]),
        ("feature_store", ["component:default/feature-store"]),
        ("do feature stores scale", ["component:default/feature-store"]),
        ("feature stroe", ["component:default/feature-store"]),
        ("featurestroe", ["component:default/feature-store"]),
        ("home rankr", ["component:default/home-ranker"]),
        ("home rankers", ["component:default/home-ranker"]),
        ("home ranked items", []),
        ("feature. store", []),
        ("how do we use feast", ["component:default/feast"]),
        ("item3vec", []),
        ("home feed api errors", ["api:default/home-feed-api"]),
        ("home feed errors", ["system:default/home"]),
        ("where are the docs of this", []),
        ("read `docs` first", ["component:default/docs"]),
        ("who owns docs?", ["component:default/docs"]),
        ("the docs website", ["component:default/docs"]),
        ("docs", ["component:default/docs"]),
        ("which platform do we use", []),
        ("the platform team", ["group:default/platform"]),
        ("the narratives team", ["group:default/narratives", "system:default/narratives"]),
        ("ask Ada Lovelace", ["user:default/ada.lovelace"]),
        ("all of it", []),
        ("", []),
    ],
)
def test_a_text_names_entities_and_nothing_else(text: str, named: list[str]) -> None:
    assert [str(item.ref) for item in GRAPH.link(text)] == named


def test_the_surest_mention_comes_first() -> None:
    links = GRAPH.link_scored("is feast faster than feature-store, see component:home-ui, or the home rankr?")

    assert [(link.entity.ref.name, link.mention) for link in links] == [
        ("home-ui", "component:home-ui"),
        ("feature-store", "feature-store"),
        ("feast", "feast"),
        ("home-ranker", "home rankr"),
    ]
    assert [link.score for link in links] == sorted((link.score for link in links), reverse=True)


@pytest.mark.parametrize(
    "text", ["home-ranker", "Home Ranker", "home_ranker", "default/home-ranker", " HOME-RANKER "]
)
def test_an_entity_is_called_by_its_name_whatever_stands_between_the_words(text: str) -> None:
    assert [item.ref.name for item in GRAPH.called(text)] == ["home-ranker"]
