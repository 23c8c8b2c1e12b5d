"""What is kept of a question: what came of it and where, for whose team, and no secret."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.tools.conftest import Clock
from tools import Principal
from tools.call import Caller
from tools.errors import StateDamaged, StateNewer
from tools.questions import AskedQuestion, Outcome, QuestionLog
from tools.questions.log import FILE


def question(number: int = 0, *, at: float = 1_800_000_000.0, text: str = "why") -> AskedQuestion:
    return AskedQuestion(
        f"q{number}", at, text, text, "user:default/ada", (), "cli", Outcome.ABSTAINED, "passages", 0.1
    )


async def test_an_answer_is_kept_with_what_it_cites(asking: Caller, log: QuestionLog, ada: Principal) -> None:
    member = ada.model_copy(update={"groups": frozenset({"group:default/ranking"})})
    answered = await asking.call("ask", {"question": "when is the hourly refresh"}, member)

    (kept,) = log.asked()
    assert kept.id == answered["answer_id"] != ""
    assert (kept.question, kept.outcome) == ("when is the hourly refresh", Outcome.ANSWERED)
    assert (kept.teams, kept.door) == (("group:default/ranking",), "cli")
    assert kept.context == answered["context"]
    assert kept.cited[0].page == ("component:default/feature-store", "index.md")
    assert kept.cited[0].revision == "git:0123abc"
    assert kept.entities[0] == "component:default/feature-store"


async def test_an_abstention_is_a_failure(asking: Caller, log: QuestionLog, ada: Principal) -> None:
    await asking.call("ask", {"question": "zzz qqq"}, ada)

    (kept,) = log.asked()
    assert (kept.outcome, kept.failed, kept.cited) == (Outcome.ABSTAINED, True, ())


async def test_who_asked_is_told_apart_and_never_named(
    asking: Caller, log: QuestionLog, ada: Principal, bob: Principal
) -> None:
    for who in (ada, bob, ada):
        await asking.call("ask", {"question": "zzz"}, who)

    askers = [each.asker for each in log.asked()]
    assert len(set(askers)) == 2
    log.close()
    assert b"ada" not in log.path.read_bytes()


def test_secrets_are_not_kept(log: QuestionLog) -> None:
    log.record(question(text="does hunter2-hunter2 or token=abcdefgh12345678 work"))

    (kept,) = log.asked()
    assert "hunter2" not in kept.question
    assert "abcdefgh" not in kept.question
    log.close()
    assert b"hunter2" not in log.path.read_bytes()


def test_old_questions_go_and_the_newest_stay(tmp_path: Path, clock: Clock) -> None:
    log = QuestionLog(tmp_path, days=30, most=5, clock=clock)
    log.record(question(100, at=clock.now - 31 * 86_400))
    for number in range(7):
        log.record(question(number, at=clock.now + number))
    log.flush()

    again = QuestionLog(tmp_path, days=30, most=5, clock=clock)
    again.record(question(8, at=clock.now + 8))
    assert [each.id for each in again.asked()] == ["q3", "q4", "q5", "q6", "q8"]
    again.close()
    log.close()


async def test_with_no_days_nothing_is_recorded(tmp_path: Path, clock: Clock) -> None:
    log = QuestionLog(tmp_path, days=0, clock=clock)
    log.record(question())
    log.close()

    assert not (tmp_path / FILE).exists()


def test_a_full_disk_costs_the_record_and_not_the_answer(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "home").write_text("a file where the folder belongs")
    log = QuestionLog(tmp_path / "home", clock=clock)
    log.record(question())
    log.close()

    assert "questions wait to be recorded" in caplog.text


def test_two_processes_write_one_file(tmp_path: Path, clock: Clock) -> None:
    first, second = QuestionLog(tmp_path, clock=clock), QuestionLog(tmp_path, clock=clock)
    first.record(question(1))
    second.record(question(2))
    first.flush()

    assert [each.id for each in second.asked()] == ["q1", "q2"]
    first.close()
    second.close()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as newer:
        newer.execute("PRAGMA user_version = 99")
    log = QuestionLog(tmp_path, clock=clock)

    with pytest.raises(StateNewer, match="upgrade cuebook"):
        log.asked()
    log.close()


def test_a_damaged_file_is_told(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    log = QuestionLog(tmp_path, clock=clock)

    with pytest.raises(StateDamaged, match="restore a backup"):
        log.asked()
    log.close()


def test_recording_costs_a_call_a_fraction_of_a_millisecond(log: QuestionLog) -> None:
    started = time.process_time()
    for number in range(2_000):
        log.record(question(number))
    log.flush()

    assert (time.process_time() - started) / 2_000 < 0.001  # measured 0.00004; the bar is 0.0002
    assert len(log.asked()) == 2_000
