"""What the docs owe is ranked by harm, and what was asked again changes it."""

from tests.tools.conftest import Clock
from tests.tools.questions.test_gaps import READER, STORE, failed
from tools import Principal
from tools.call import Caller
from tools.questions import Outcome, Place, QuestionLog
from tools.questions.again import Change

OLGA = Principal(ref="user:default/olga", scopes=READER, door="cli")
WEEK = 604_800


async def test_harm_is_the_product_of_asks_failures_weeks_and_teams(
    asking: Caller, log: QuestionLog, clock: Clock
) -> None:
    for number, team in enumerate(("ranking", "search", "search")):
        teams = (f"group:default/{team}",)
        log.record(failed(number, "Is the cache encrypted?", at=clock.now - 3 * WEEK + number, teams=teams))

    found = await asking.call("docs_health", {}, OLGA)
    gap = found["items"][0]
    assert (gap["kind"], gap["title"]) == ("gap", "Is the cache encrypted?")
    assert (gap["asks"], gap["failures"], gap["weeks"], gap["teams"]) == (3, 3, 3.0, 2)
    assert gap["harm"] == 54.0
    assert (found["asked"], found["answered"]) == (3, 0)


async def test_what_nobody_failed_on_comes_last(asking: Caller, log: QuestionLog) -> None:
    log.record(failed(1, "Is the cache encrypted?"))

    items = (await asking.call("docs_health", {"limit": 100}, OLGA))["items"]
    assert items[0]["kind"] == "gap"
    assert "component:default/ranker has no docs" in [item["title"] for item in items if item["harm"] == 0]


async def test_a_suspicious_passage_is_told_to_its_owner(asking: Caller, log: QuestionLog) -> None:
    flagged = (Place(STORE, "index.md", "freshness", reason="addresses an assistant"),)
    for number in (1, 2):
        log.record(failed(number, "Is it fresh?", flagged=flagged, outcome=Outcome.ANSWERED))

    found = await asking.call("docs_health", {"team": "ranking"}, OLGA)
    (passage,) = found["suspicious"]
    assert (passage["met"], passage["reason"]) == (2, "addresses an assistant")
    assert passage["owner"] == "group:default/ranking"
    assert (await asking.call("docs_health", {"team": "search"}, OLGA))["suspicious"] == []


async def test_a_refresh_asks_again_what_had_failed_and_what_had_helped(
    asking: Caller, log: QuestionLog
) -> None:
    log.record(failed(1, "when is the hourly refresh"))
    log.record(failed(2, "zzz qqq"))
    log.record(failed(3, "xxx yyy", outcome=Outcome.ANSWERED, asker=OLGA.ref))
    rating = await asking.call("rate_answer", {"answer": "q3", "helpful": True}, OLGA)
    await asking.apply(rating["digest"], OLGA)

    planned = await asking.call("refresh_index", {}, OLGA)
    done = (await asking.apply(planned["digest"], OLGA))["result"]

    assert (done["asked_again"], done["answered_now"], done["unanswered_now"]) == (3, 1, 1)
    assert Change.of(log.asked_again()).mended == ("when is the hourly refresh",)
