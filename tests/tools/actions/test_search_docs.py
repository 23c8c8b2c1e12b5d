"""`search_docs`: passages, follow-ups, filters."""

import pytest

from tools import Principal
from tools.call import Caller
from tools.errors import InvalidArguments


async def test_hits_lead_to_what_can_be_read(caller: Caller, ada: Principal) -> None:
    found = await caller.call("search_docs", {"question": "hourly refresh", "k": 1}, ada)
    (hit,) = found["hits"]
    asked = {name: hit[name] for name in ("entity", "path", "anchor")}
    read = await caller.call("read_doc_section", asked, ada)
    assert read["markdown"] == hit["text"]
    assert read["revision"] == hit["revision"]
    assert read["link"] == hit["link"]


async def test_a_follow_up_is_searched_with_what_it_is_about(caller: Caller, ada: Principal) -> None:
    first = await caller.call("search_docs", {"question": "hourly refresh"}, ada)
    asked = {"question": "and when does it fail", "context": first["context"]}
    second = await caller.call("search_docs", asked, ada)
    assert second["searched_for"] == "feature-store: and when does it fail"
    third = await caller.call(
        "search_docs", {"question": "does the ranker fail there", **{"context": first["context"]}}, ada
    )
    assert third["searched_for"] == "does the ranker fail there"


async def test_filters_narrow(caller: Caller, ada: Principal) -> None:
    asked = {"question": "restart refresh", "component": "component:default/ranker"}
    found = await caller.call("search_docs", asked, ada)
    assert {hit["entity"] for hit in found["hits"]} == {"component:default/ranker"}


@pytest.mark.parametrize(
    "arguments", [{"question": ""}, {"question": "   "}, {"question": "x", "k": 51}, {"question": "x" * 2001}]
)
async def test_bounds_are_kept(caller: Caller, ada: Principal, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidArguments):
        await caller.call("search_docs", arguments, ada)
