"""What nobody vouches for costs the plan that is made after it one approval more."""

from typing import Any

import pytest

from tests.tools.conftest import Clock
from tools import Principal
from tools.call import Caller
from tools.errors import InvalidArguments, NotFound
from tools.readings import Readings, Unvouched
from tools.state import State

OWNED, UNOWNED = "Serves features to rankers", "Restart with make restart"


async def _search(caller: Caller, who: Principal, words: str, context: str = "") -> str:
    return str((await caller.call("search_docs", {"question": words, "context": context}, who))["context"])


async def _planned(caller: Caller, who: Principal, **arguments: Any) -> dict[str, Any]:
    return await caller.call("refresh_index", arguments, who)


def _asked(answer: dict[str, Any]) -> bool:
    return answer["status"] == "waiting" and bool(answer["plan"]["cautions"])


async def test_reading_what_is_owned_costs_nothing(caller: Caller, ada: Principal) -> None:
    handle = await _search(caller, ada, OWNED)
    for answer in (await _planned(caller, ada), await _planned(caller, ada, context=handle)):
        assert (answer["status"], answer["plan"]["cautions"]) == ("planned", [])


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("search_docs", {"question": UNOWNED}),
        ("ask", {"question": UNOWNED}),
        ("read_doc_section", {"entity": "component:default/ranker", "path": "runbook.md"}),
        (
            "read_doc_section",
            {"entity": "component:default/ranker", "path": "runbook.md", "whole_page": True},
        ),
    ],
)
async def test_after_a_text_without_an_owner_a_plan_asks_for_approval_and_says_why(
    caller: Caller, ada: Principal, action: str, arguments: dict[str, Any]
) -> None:
    await caller.call(action, arguments, ada)
    answer = await _planned(caller, ada)
    assert _asked(answer)
    (line,) = answer["plan"]["cautions"]
    assert "component:default/ranker > runbook.md > Runbook @ git:0123abc: it has no owner" in line
    assert line in answer["approval"]["reason"]
    assert (await caller.apply(answer["digest"], ada))["status"] == "waiting"


async def test_what_an_author_says_of_an_entity_without_an_owner_is_such_a_text(
    caller: Caller, ada: Principal
) -> None:
    listed = (await caller.call("query_catalog", {}, ada))["items"]
    unowned = next(item for item in listed if item["entity"].startswith("resource:"))
    assert "not shown in lists" in unowned["description"]
    assert not _asked(await _planned(caller, ada))
    shown = (await caller.call("describe_entity", {"entity": unowned["entity"]}, ada))["card"]
    assert shown["description"] != unowned["description"]
    answer = await _planned(caller, ada)
    assert _asked(answer)
    assert f"{unowned['entity']} in the catalog: it has no owner" in answer["plan"]["cautions"][0]


async def test_a_plan_names_the_conversation_that_it_comes_from(caller: Caller, ada: Principal) -> None:
    clean = await _search(caller, ada, OWNED)
    tainted = await _search(caller, ada, UNOWNED)
    assert _asked(await _planned(caller, ada, context=tainted))
    assert not _asked(await _planned(caller, ada, context=clean))
    assert _asked(await _planned(caller, ada))


async def test_a_conversation_remembers_longer_than_half_an_hour(
    caller: Caller, ada: Principal, clock: Clock
) -> None:
    tainted = await _search(caller, ada, UNOWNED)
    clock.now += 1_801
    assert not _asked(await _planned(caller, ada))
    assert _asked(await _planned(caller, ada, context=tainted))


async def test_half_an_hour_later_it_is_forgotten_and_not_a_second_earlier(
    caller: Caller, ada: Principal, clock: Clock
) -> None:
    await _search(caller, ada, UNOWNED)
    clock.now += 1_799
    assert _asked(await _planned(caller, ada))
    clock.now += 1
    assert not _asked(await _planned(caller, ada))


async def test_a_clock_that_is_set_back_forgets_nothing(caller: Caller, ada: Principal, clock: Clock) -> None:
    await _search(caller, ada, UNOWNED)
    clock.now -= 100_000
    assert _asked(await _planned(caller, ada))


async def test_a_new_conversation_washes_nothing_off(caller: Caller, ada: Principal, clock: Clock) -> None:
    await _search(caller, ada, UNOWNED)
    begun_after = await _search(caller, ada, OWNED)
    assert _asked(await _planned(caller, ada, context=begun_after))
    clock.now += 1_800
    assert not _asked(await _planned(caller, ada, context=await _search(caller, ada, OWNED)))


async def test_it_holds_for_the_same_principal_and_client_only(
    caller: Caller, ada: Principal, bob: Principal
) -> None:
    agent = ada.model_copy(update={"client": "agent/1"})
    handle = await _search(caller, agent, UNOWNED)
    assert _asked(await _planned(caller, agent))
    assert not _asked(await _planned(caller, ada))
    assert not _asked(await _planned(caller, bob))
    with pytest.raises(NotFound, match="there is no context"):
        await _planned(caller, bob, context=handle)


async def test_a_clean_plan_that_is_still_open_is_not_handed_out_again(
    caller: Caller, ada: Principal
) -> None:
    before = await _planned(caller, ada)
    await _search(caller, ada, UNOWNED)
    after = await _planned(caller, ada)
    assert before["digest"] != after["digest"]
    assert _asked(after)


async def test_it_outlives_the_process(caller: Caller, ada: Principal, state: State, clock: Clock) -> None:
    await _search(caller, ada, UNOWNED)
    assert [each.reason for each in Readings(state, clock=clock).recent(ada)] == ["it has no owner"]


async def test_a_handle_that_is_none_is_told(caller: Caller, ada: Principal) -> None:
    with pytest.raises(InvalidArguments, match="is no handle"):
        await _planned(caller, ada, context=["x"])
    with pytest.raises(NotFound, match="there is no context 'made-up'"):
        await _planned(caller, ada, context="made-up")


def test_what_is_kept_is_bounded_and_the_newest(state: State, ada: Principal, clock: Clock) -> None:
    readings = Readings(state, clock=clock)
    for number in range(50):
        clock.now += 1
        readings.note(ada, (Unvouched(f"page {number}", "it has no owner"),))
    kept = readings.recent(ada)
    assert (len(kept), kept[0].place) == (20, "page 49")
