"""`ask`: cited answers, abstention, follow-ups."""

from tools import Principal
from tools.call import Caller


async def test_an_answer_has_its_citation_with_a_link(caller: Caller, ada: Principal) -> None:
    answered = await caller.call("ask", {"question": "when is the hourly refresh"}, ada)
    (citation,) = answered["citations"]
    assert citation["quote"] == "## Freshness\n\nHourly refresh."
    assert citation["link"] == "/docs/component/default/feature-store/index#freshness"
    assert (citation["number"], citation["owner"]) == (1, "group:default/ranking")
    assert citation["modified"] == "2026-05-01T12:00:00+00:00"
    assert "[1]" in answered["answer"]
    assert (answered["abstained"], answered["produced_by"], answered["note"]) == (False, "passages", "")
    assert answered["nearest"] == []


async def test_the_passages_of_an_answer_come_when_asked_for(caller: Caller, ada: Principal) -> None:
    answered = await caller.call("ask", {"question": "when is the hourly refresh", "passages": 1}, ada)
    assert [each["entity"] for each in answered["nearest"]] == ["component:default/feature-store"]


async def test_an_unanswerable_question_abstains(caller: Caller, ada: Principal) -> None:
    answered = await caller.call("ask", {"question": "zzz qqq"}, ada)
    assert (answered["abstained"], answered["citations"]) == (True, [])


async def test_a_follow_up_leans_on_the_context(caller: Caller, ada: Principal) -> None:
    first = await caller.call("ask", {"question": "how do I restart the runbook"}, ada)
    second = await caller.call("ask", {"question": "ranker zzz", "context": first["context"]}, ada)
    assert second["context"] == first["context"]
    (history,) = [caller.contexts.history(first["context"], principal=ada.ref)]
    assert [turn.question for turn in history] == ["how do I restart the runbook", "ranker zzz"]
    assert history[0].entities == ("component:default/ranker",)


async def test_an_unowned_page_says_so(caller: Caller, ada: Principal) -> None:
    answered = await caller.call("ask", {"question": "restart with make", "kind": "Component"}, ada)
    assert answered["citations"][0]["owner"] is None


async def test_citations_are_opened_again_when_that_is_asked_for(caller: Caller, ada: Principal) -> None:
    answered = await caller.call("ask", {"question": "when is the hourly refresh", "verify": True}, ada)
    assert [(check["number"], check["opens"], check["found"]) for check in answered["checks"]] == [
        (1, True, True)
    ]
