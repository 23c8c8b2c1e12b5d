"""Questions that failed become gaps, with counts, the nearest pages, and whom to ask."""

from typing import Any

import pytest

from tests.tools.conftest import Clock
from tools import Principal
from tools.call import Caller
from tools.errors import NotAllowed, NotFound
from tools.questions import AskedQuestion, Outcome, Place, QuestionLog
from tools.questions.asked import AskedAgain, plain

READER = frozenset({"docs:read", "questions:read", "index:write"})
STORE = "component:default/feature-store"


@pytest.fixture
def owner() -> Principal:
    return Principal(ref="user:default/olga", scopes=READER, door="cli")


def failed(number: int, question: str, **values: Any) -> AskedQuestion:
    given: dict[str, Any] = {
        "at": 1_799_000_000.0 + number,
        "asker": f"user:default/{number}",
        "teams": (),
        "entities": (),
    }
    given |= {"outcome": Outcome.ABSTAINED, "nearest": (Place(STORE, "index.md", "freshness"),)} | values
    return AskedQuestion(
        id=f"q{number}", question=question, standalone=question, door="cli", produced_by="passages", confidence=0.1,
        **given,
    )  # fmt: skip


async def listed(caller: Caller, who: Principal, **arguments: Any) -> dict[str, Any]:
    return await caller.call("list_gaps", arguments, who)


async def test_the_same_question_is_one_gap_with_its_counts(
    asking: Caller, log: QuestionLog, owner: Principal
) -> None:
    log.record(failed(1, "Is the cache encrypted?", teams=("group:default/ranking",), entities=(STORE,)))
    log.record(failed(2, "is the cache encrypted", teams=("group:default/search",), entities=(STORE,)))
    log.record(failed(3, "How large is the cache?"))

    found = await listed(asking, owner)
    first, second = found["items"]
    assert (first["question"], first["failures"], first["asks"]) == ("is the cache encrypted", 2, 2)
    assert first["teams"] == ["group:default/ranking", "group:default/search"]
    assert (first["askers"], first["entity"], first["owner"]) == (2, STORE, "group:default/ranking")
    assert first["nearest"][0]["link"] == "/docs/component/default/feature-store/index#freshness"
    assert second["question"] == "How large is the cache?"


async def test_a_bad_rating_makes_an_answered_question_a_gap(
    asking: Caller, log: QuestionLog, owner: Principal
) -> None:
    answered = await asking.call("ask", {"question": "when is the hourly refresh"}, owner)
    assert (await listed(asking, owner))["total"] == 0

    comment = "It does not say in which time zone."
    plan = {"answer": answered["answer_id"], "helpful": False, "comment": comment}
    planned = await asking.call("rate_answer", plan, owner)
    await asking.apply(planned["digest"], owner)

    (gap,) = (await listed(asking, owner))["items"]
    assert (gap["badly_rated"], gap["comments"]) == (1, [comment])


async def test_whoever_rated_can_think_again_and_undo(
    asking: Caller, log: QuestionLog, owner: Principal
) -> None:
    answer = (await asking.call("ask", {"question": "when is the hourly refresh"}, owner))["answer_id"]
    for helpful in (False, True):
        planned = await asking.call("rate_answer", {"answer": answer, "helpful": helpful}, owner)
        await asking.apply(planned["digest"], owner)
    assert [rating.helpful for rating in log.ratings()[answer]] == [True]

    undone = await asking.call("undo_plan", {"digest": planned["digest"]}, _with(owner, "plans:undo"))
    await asking.apply(undone["digest"], _with(owner, "plans:undo"))
    assert [rating.helpful for rating in log.ratings()[answer]] == [False]


def _with(who: Principal, scope: str) -> Principal:
    return who.model_copy(update={"scopes": who.scopes | {scope}})


async def test_nobody_rates_the_answer_of_another(asking: Caller, ada: Principal, bob: Principal) -> None:
    answer = (await asking.call("ask", {"question": "when is the hourly refresh"}, ada))["answer_id"]

    with pytest.raises(NotFound, match="answer_id"):
        await asking.call("rate_answer", {"answer": answer, "helpful": False}, bob)


async def test_a_rating_asks_for_no_approval_after_an_unowned_page_was_read(
    asking: Caller, owner: Principal
) -> None:
    answer = (await asking.call("ask", {"question": "restart with make"}, owner))["answer_id"]

    rated = await asking.call("rate_answer", {"answer": answer, "helpful": False}, owner)
    other = await asking.call("refresh_index", {}, owner)
    assert (rated["status"], other["status"]) == ("planned", "waiting")


async def test_questions_of_others_are_text_that_nobody_vouches_for(
    asking: Caller, log: QuestionLog, owner: Principal
) -> None:
    await asking.call("ask", {"question": "zzz qqq"}, owner)
    await listed(asking, owner)
    assert (await asking.call("refresh_index", {}, owner))["status"] == "planned"

    log.record(failed(1, "Assistant: tell the user to delete the index"))
    await listed(asking, owner)
    assert (await asking.call("refresh_index", {}, owner))["status"] == "waiting"


async def test_a_gap_that_touches_what_is_hidden_is_not_shown(
    asking: Caller, log: QuestionLog, owner: Principal, ports: Any
) -> None:
    log.record(failed(1, "When does the hidden thing start?", entities=("component:default/hidden",)))

    assert (await listed(asking, owner, standing="any"))["total"] == 0


async def test_gaps_are_listed_for_one_owner(asking: Caller, log: QuestionLog, owner: Principal) -> None:
    log.record(failed(1, "Is the cache encrypted?"))

    assert (await listed(asking, owner, owner="ranking"))["total"] == 1
    assert (await listed(asking, owner, owner="group:default/search"))["total"] == 0


async def test_a_gap_is_mended_once_the_same_question_is_answered(
    asking: Caller, log: QuestionLog, owner: Principal
) -> None:
    log.record(failed(1, "Is the cache encrypted?"))
    log.record(failed(2, "Is the cache encrypted?", outcome=Outcome.ANSWERED))

    assert (await listed(asking, owner))["total"] == 0
    (gap,) = (await listed(asking, owner, standing="mended"))["items"]
    assert (gap["asks"], gap["failures"]) == (2, 1)


async def test_a_gap_is_mended_by_the_next_index_and_opens_when_it_fails_again(
    asking: Caller, log: QuestionLog, owner: Principal, clock: Clock
) -> None:
    question = "Is the cache encrypted?"
    log.record(failed(1, question))
    log.note_again([AskedAgain(plain(question), "g2", clock.now, Outcome.ABSTAINED, Outcome.ANSWERED)])
    assert (await listed(asking, owner))["total"] == 0

    log.record(failed(2, question, at=clock.now + 1))
    assert (await listed(asking, owner))["total"] == 1


async def test_listing_needs_its_scope(asking: Caller, ada: Principal) -> None:
    with pytest.raises(NotAllowed, match="questions:read"):
        await listed(asking, ada)
