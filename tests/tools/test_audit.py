"""The audit shows every alteration."""

import multiprocessing
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tools.audit import Audit, Wanted
from tools.errors import StateDamaged, StateError


def _filled(audit: Audit, rows: int = 5) -> Audit:
    for number in range(rows):
        audit.append({"number": number, "who": "ada"})
    return audit


def _tamper(audit: Audit, *statements: str) -> None:
    """What the file's owner can do: triggers stop accidents only."""
    with closing(sqlite3.connect(audit.path)) as connection, connection:
        for trigger in ("entries_stay", "entries_remain", "entries_follow"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)


def test_rows_are_chained_from_the_first(audit: Audit) -> None:
    first, second = audit.append({"b": 1, "a": 2}), audit.append({})
    assert (first.number, first.previous, second.previous) == (1, "0" * 64, first.hash)
    assert audit.head() == f"2:{second.hash}"
    verdict = audit.verify()
    assert (verdict.intact, verdict.number, verdict.head) == (True, 2, second.hash)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET body = '{}' WHERE number = 2",
        "DELETE FROM entries WHERE number = 5",
        "INSERT INTO entries VALUES (9, '{}', 'x', 'y')",
        "INSERT OR REPLACE INTO entries VALUES (2, '{}', 'x', 'y')",
    ],
)
def test_accidents_are_refused_by_the_file_itself(audit: Audit, statement: str) -> None:
    _filled(audit)
    with (
        closing(sqlite3.connect(audit.path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
    assert audit.verify().intact


@pytest.mark.parametrize(
    ("statements", "row", "reason"),
    [
        (
            ("UPDATE entries SET body = replace(body, 'ada', 'eve') WHERE number = 3",),
            3,
            "not what was written",
        ),
        (("DELETE FROM entries WHERE number = 2",), 3, "row 2 is missing"),
        (
            (
                "UPDATE entries SET number = 9 WHERE number = 3",
                "UPDATE entries SET number = 3 WHERE number = 4",
                "UPDATE entries SET number = 4 WHERE number = 9",
            ),
            3,
            "does not follow",
        ),
        (("UPDATE entries SET hash = 'f' WHERE number = 1",), 1, "not what was written"),
    ],
)
def test_the_first_broken_row_is_named(
    audit: Audit, statements: tuple[str, ...], row: int, reason: str
) -> None:
    _tamper(_filled(audit), *statements)
    broken = audit.verify().broken
    assert broken is not None
    assert broken.number == row
    assert reason in broken.reason


def test_only_an_anchor_elsewhere_shows_a_cut_tail(audit: Audit) -> None:
    anchor = _filled(audit).head()
    audit.append({"later": True})
    assert audit.verify(anchor=anchor).intact
    _tamper(audit, "DELETE FROM entries WHERE number > 3")
    assert audit.verify().intact
    broken = audit.verify(anchor=anchor).broken
    assert broken is not None
    assert broken.reason == "rows 4 to 5 are gone"


def test_an_anchor_shows_a_chain_that_was_written_anew(tmp_path: Path, audit: Audit) -> None:
    anchor = _filled(audit).head()
    other = Audit.open(tmp_path / "other.db")
    for number in range(6):
        other.append({"number": number, "who": "eve"})
    broken = other.verify(anchor=anchor).broken
    other.close()
    assert broken is not None
    assert (broken.number, broken.reason) == (5, "its hash is not the one that was noted elsewhere")
    with pytest.raises(StateError, match="is no anchor"):
        audit.verify(anchor="x:y")


def _append(path: str, each: int) -> None:
    audit = Audit.open(Path(path))
    for number in range(each):
        audit.append({"number": number})
    audit.close()


@pytest.mark.integration
def test_several_processes_write_one_chain(audit: Audit) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(str(audit.path), 40)) for _ in range(2)]
    for writer in writers:
        writer.start()
    _append(str(audit.path), 40)
    for writer in writers:
        writer.join(60)
    verdict = audit.verify()
    assert (verdict.intact, verdict.number) == (True, 120)


def test_several_openers_write_one_chain(audit: Audit) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: _append(str(audit.path), 10), range(3)))
    verdict = audit.verify()
    assert (verdict.intact, verdict.number) == (True, 30)


def test_the_last_rows_come_in_order(audit: Audit) -> None:
    assert [entry.body["number"] for entry in _filled(audit).entries(last=2)] == [3, 4]


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"x" * 5000), lambda path: path.mkdir()])
def test_an_unusable_file_is_named(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(tmp_path / "audit.db")
    with pytest.raises((StateDamaged, StateError), match=r"audit\.db cannot be"):
        Audit.open(tmp_path / "audit.db")


def test_rows_that_may_wait_are_seen_at_once_and_stay_in_order(audit: Audit) -> None:
    audit.append_soon({"number": 1})
    audit.append_soon({"number": 2})
    audit.append({"number": 3})
    audit.append_soon({"number": 4})
    assert [entry.body["number"] for entry in audit.entries()] == [1, 2, 3, 4]
    assert audit.verify().intact


def test_a_row_that_is_written_at_once_takes_those_that_wait_along(audit: Audit) -> None:
    audit.append_soon({"number": 1})
    audit.append({"number": 2})
    with closing(sqlite3.connect(audit.path)) as other:
        assert other.execute("SELECT count(*) FROM entries").fetchone() == (2,)


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    first = Audit.open(tmp_path / "audit.db")
    first.append_soon({"number": 1})
    first.close()
    assert not (tmp_path / "audit.db-journal").exists()
    again = Audit.open(tmp_path / "audit.db")
    assert [entry.body for entry in again.entries()] == [{"number": 1}]
    again.close()
    with pytest.raises(StateError, match="is closed"):
        again.append_soon({"number": 2})


def test_rows_that_cannot_be_written_go_on_waiting_and_are_written_later(audit: Audit) -> None:
    with closing(sqlite3.connect(audit.path)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    audit.append_soon({"number": 1})
    with pytest.raises(StateError, match="full"):
        audit.append({"number": 2})
    with closing(sqlite3.connect(audit.path)) as connection:
        connection.execute("DROP TRIGGER full")
    audit.append({"number": 3})
    assert [entry.body["number"] for entry in audit.entries()] == [1, 3]


def _read_and_write(path: str, each: int) -> None:
    audit = Audit.open(Path(path))
    for number in range(each):
        audit.append_soon({"number": number})
        if number % 7 == 0:
            audit.append({"effect": number})
    audit.close()


@pytest.mark.integration
def test_processes_that_collect_rows_write_one_chain_and_lose_none(audit: Audit) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_read_and_write, args=(str(audit.path), 70)) for _ in range(2)]
    for writer in writers:
        writer.start()
    _read_and_write(str(audit.path), 70)
    for writer in writers:
        writer.join(60)
    verdict = audit.verify()
    assert (verdict.intact, verdict.number) == (True, 240)


def test_openers_that_collect_rows_write_one_chain_and_lose_none(audit: Audit) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: _read_and_write(str(audit.path), 14), range(3)))
    verdict = audit.verify()
    assert (verdict.intact, verdict.number) == (True, 48)


def test_a_cut_beginning_is_named(audit: Audit) -> None:
    _tamper(_filled(audit), "DELETE FROM entries WHERE number < 3")
    broken = audit.verify().broken
    assert broken is not None
    assert (broken.number, broken.reason) == (3, "row 1 is missing before it")


def _die_in_the_middle(path: str) -> None:
    audit = Audit.open(Path(path))
    audit.append_soon({"read": 1})
    audit.append({"effect": 1})
    audit.append_soon({"read": 2})
    os._exit(9)


@pytest.mark.integration
def test_a_crash_loses_rows_of_the_last_reads_and_nothing_else(audit: Audit) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_in_the_middle, args=(str(audit.path),))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert [entry.body for entry in audit.entries()][:2] == [{"read": 1}, {"effect": 1}]
    assert audit.verify().intact


def test_a_row_with_half_a_character_is_filed_and_found(audit: Audit) -> None:
    """Rows of earlier versions may hold one: a client could stop every query, and later every effect, with it."""
    audit.append({"kind": "apply", "digest": "\ud800", "action": "\udcff", "arguments": {"a": "\ud800b"}})
    audit.append({"kind": "apply", "action": "later"})
    assert audit.find(Wanted(limit=2)).rows[0].body["action"] == "later"
    audit.reindex()
