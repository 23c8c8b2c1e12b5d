"""`cuebook audit`: query, verify, anchor."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.server.cli.conftest import Cuebook


def _cut(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for trigger in ("entries_stay", "entries_remain", "entries_follow"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        connection.execute(statement)


def test_what_was_done_is_answered_as_a_table_and_as_json(indexed: Cuebook) -> None:
    indexed("search", "disk pressure")
    ran = indexed("actions", "call", "describe_entity", "--json", '{"entity": "night-index"}')
    assert ran.code == 0, ran.err
    table = indexed("audit", "query", "--entity", "night-index")
    assert "describe_entity" in table.out
    assert "search_docs" not in table.out
    (row,) = indexed("audit", "query", "--target", "component:default/night-index", "--json").json["items"]
    assert (row["action"], row["outcome"], row["door"]) == ("describe_entity", "ok", "cli")
    whole = indexed("audit", "query", "--row", str(row["number"]))
    assert row["hash"] in whole.out
    again = indexed("audit", "query", "--rebuild", "--entity", "night-index", "--json")
    assert [item["number"] for item in again.json["items"]] == [row["number"]]


def test_a_whole_audit_verifies_against_an_earlier_anchor(indexed: Cuebook, tmp_path: Path) -> None:
    indexed("search", "recall")
    anchor = indexed("audit", "anchor").out.strip()
    indexed("search", "disk")
    assert indexed("audit", "verify", "--anchor", anchor).code == 0
    _cut(tmp_path / "home" / "audit.db", "DELETE FROM entries WHERE number > 0")
    cut = indexed("audit", "verify", "--anchor", anchor)
    assert cut.code == 1
    assert "row 1: rows 1 to" in cut.err


def test_the_first_bad_row_is_named_in_a_copy_as_well(indexed: Cuebook, tmp_path: Path) -> None:
    for question in ("recall", "disk", "gate"):
        indexed("search", question)
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "home" / "audit.db").read_bytes())
    _cut(copy, "UPDATE entries SET body = replace(body, 'disk', 'desk') WHERE number > 1")
    ran = indexed("audit", "verify", str(copy), "--json")
    assert ran.code == 1
    assert ran.json["broken"]["reason"] == "its content is not what was written"
    assert indexed("audit", "verify").code == 0


def test_bad_input_is_named_with_its_value(indexed: Cuebook, tmp_path: Path) -> None:
    indexed("search", "recall")
    assert "'x' is no anchor" in indexed("audit", "verify", "--anchor", "x").err
    (tmp_path / "text.db").write_text("x" * 5000)
    assert "text.db cannot be read as an audit" in indexed("audit", "verify", str(tmp_path / "text.db")).err
    missing = indexed("audit", "verify", str(tmp_path / "none.db"))
    assert (missing.code, "none.db is no file" in missing.err.replace("\n", "")) == (2, True)
    assert "'Juli' is no date" in indexed("audit", "query", "--since", "Juli").err
