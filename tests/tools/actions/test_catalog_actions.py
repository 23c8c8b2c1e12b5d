"""`describe_entity`, `query_catalog` and `entity_relations`: exact answers from the catalog."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import NotFound
from tools.fakes import FakeCatalog, FakeEntity, FakeLibrary, FakePorts, FakeRef, example_ports
from tools.links import docs_link
from tools.state import State

STORE = "component:default/feature-store"


@pytest.mark.parametrize(
    "name", [STORE, "feature-store", "Feature store", "FEATURE_STORE", "default/feature-store"]
)
async def test_an_entity_is_found_by_what_people_call_it(caller: Caller, ada: Principal, name: str) -> None:
    described = await caller.call("describe_entity", {"entity": name}, ada)
    assert described["card"]["entity"] == STORE
    assert described["card"]["link"] == "/catalog/component/default/feature-store"
    assert described["pages"] == [
        {"path": "index.md", "title": "Feature store", "link": "/docs/component/default/feature-store/index"}
    ]
    groups = {group["type"]: group for group in described["relations"]}
    assert groups["dependsOn"]["missing"] == ["resource:default/redis"]
    assert groups["ownedBy"]["targets"] == ["group:default/ranking"]


async def test_an_ambiguous_name_is_answered_with_candidates(caller: Caller, ada: Principal) -> None:
    described = await caller.call("describe_entity", {"entity": "ranker"}, ada)
    assert described["card"] is None
    assert [each["entity"] for each in described["candidates"]] == [
        "component:default/ranker",
        "resource:default/ranker",
    ]


async def test_an_unknown_name_is_answered_with_near_ones(caller: Caller, ada: Principal) -> None:
    with pytest.raises(NotFound, match="there is no entity 'feeture-store'; did you mean") as caught:
        await caller.call("describe_entity", {"entity": "feeture-store"}, ada)
    assert caught.value.details["near"][0] == STORE
    with pytest.raises(NotFound, match="list entities with query_catalog"):
        await caller.call("describe_entity", {"entity": "component:default/../../x"}, ada)


async def test_what_is_hidden_does_not_exist(
    actions: Actions, state: State, audit: Audit, ada: Principal
) -> None:
    caller = Caller(actions, example_ports(hidden=[STORE]), state, audit)
    for name, arguments in (
        ("describe_entity", {"entity": STORE}),
        ("read_doc_section", {"entity": STORE, "path": "index.md"}),
        ("entity_relations", {"entity": "feature-store"}),
    ):
        with pytest.raises(NotFound) as caught:
            await caller.call(name, arguments, ada)
        assert STORE not in str(caught.value).removeprefix(f"there is no entity '{STORE}'")
    relations = await caller.call("entity_relations", {"entity": "component:default/ranker"}, ada)
    assert relations["relations"] == []
    assert (await caller.call("query_catalog", {}, ada))["total"] == 4
    assert (await caller.call("search_docs", {"question": "hourly refresh"}, ada))["hits"] == []


async def test_lists_come_in_parts_and_count_everything(caller: Caller, ada: Principal) -> None:
    first = await caller.call("query_catalog", {"limit": 2}, ada)
    second = await caller.call("query_catalog", {"limit": 2, "offset": first["next_offset"]}, ada)
    third = await caller.call("query_catalog", {"limit": 2, "offset": second["next_offset"]}, ada)
    assert [part["total"] for part in (first, second, third)] == [5, 5, 5]
    assert third["next_offset"] is None
    seen = [item["entity"] for part in (first, second, third) for item in part["items"]]
    assert len(set(seen)) == 5


async def test_filters_are_joined_by_and(caller: Caller, ada: Principal) -> None:
    found = await caller.call("query_catalog", {"kind": "component", "owner": "ranking", "tag": "core"}, ada)
    assert [item["entity"] for item in found["items"]] == [STORE]


def _lines(relations: dict[str, Any]) -> list[tuple[str, str, str, int, bool]]:
    return [
        (
            line["source"].partition("/")[2],
            line["type"],
            line["target"].partition("/")[2],
            line["depth"],
            line["dangling"],
        )
        for line in relations["relations"]
    ]


async def test_relations_are_followed_to_the_asked_depth(caller: Caller, ada: Principal) -> None:
    asked: dict[str, Any] = {"entity": "component:default/ranker", "types": "dependsOn"}
    near = await caller.call("entity_relations", asked, ada)
    assert _lines(near) == [("ranker", "dependsOn", "feature-store", 1, False)]
    far = await caller.call("entity_relations", {**asked, "depth": 10}, ada)
    assert _lines(far)[1:] == [("feature-store", "dependsOn", "redis", 2, True)]
    assert far["reached"] == 2


async def test_incoming_relations_are_those_that_lead_here(caller: Caller, ada: Principal) -> None:
    asked = {"entity": STORE, "types": ["dependson"], "direction": "incoming", "depth": 3}
    assert _lines(await caller.call("entity_relations", asked, ada)) == [
        ("ranker", "dependsOn", "feature-store", 1, False)
    ]


async def test_a_cycle_ends(caller: Caller, ada: Principal) -> None:
    everything = await caller.call(
        "entity_relations", {"entity": "component:default/ranker", "depth": 10}, ada
    )
    assert everything["total"] == 6
    assert everything["next_offset"] is None


async def test_results_stay_bounded_on_a_large_catalog(
    actions: Actions, state: State, audit: Audit, ada: Principal
) -> None:
    entities = tuple(
        FakeEntity(FakeRef("component", "default", f"service-{number}"), description="x" * 5_000)
        for number in range(2_000)
    )
    library = FakeLibrary(FakeCatalog(entities))
    caller = Caller(actions, replace(FakePorts(library, example_ports().assistant)), state, audit)
    found = await caller.call("query_catalog", {"limit": 200}, ada)
    assert (found["total"], len(found["items"]), found["next_offset"]) == (2_000, 200, 200)
    assert len(str(found)) < 150_000
    with pytest.raises(NotFound) as caught:
        await caller.call("describe_entity", {"entity": "service"}, ada)
    assert len(str(caught.value)) < 500


def test_links_are_safe_in_an_address() -> None:
    ref = FakeRef("component", "default", "a")
    assert docs_link(ref, "guide/on call?.md", "x&y") == "/docs/component/default/a/guide/on%20call%3F#x%26y"
    assert docs_link(ref, None, "op") == "/catalog/component/default/a#op"
    assert docs_link(ref, "a.md.txt") == "/docs/component/default/a/a.md.txt"


async def test_links_of_authors_are_web_addresses(
    actions: Actions, state: State, audit: Audit, ada: Principal, tmp_path: Path
) -> None:
    links = ({"url": "javascript:alert(1)", "title": "x"}, {"url": "https://example.org"}, {"title": "none"})
    library = FakeLibrary(FakeCatalog((FakeEntity(FakeRef("component", "default", "a"), links=links),)))
    caller = Caller(actions, FakePorts(library, example_ports().assistant), state, audit)
    described = await caller.call("describe_entity", {"entity": "a"}, ada)
    assert described["card"]["links"] == [{"url": "https://example.org", "title": "https://example.org"}]
