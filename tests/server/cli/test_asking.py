import json
import re
from pathlib import Path

import pytest

from tests.server.cli.conftest import Cuebook


def test_search_names_the_section_and_its_revision(indexed: Cuebook) -> None:
    ran = indexed("search", "recall gate fails")
    assert ran.code == 0
    place = r"component:default/night-index > runbook\.md > Recall gate fails @ (?:git|sha256):[0-9a-f]{7}$"
    assert re.search(place, ran.out.splitlines()[0])


def test_ask_answers_with_a_source(indexed: Cuebook) -> None:
    ran = indexed("ask", "When are old index files removed?")
    assert "three days" in ran.out
    assert "[1] component:default/night-index > runbook.md > Disk pressure" in ran.out


def test_a_follow_up_knows_what_it_is_about(indexed: Cuebook) -> None:
    first = indexed("ask", "What is night-index?", "--json").json
    second = indexed("ask", "Who owns it?", "--context", first["context"], "--json").json
    assert second["facts"] == ["group:default/retrieval"]


def test_search_batch_keeps_its_contract(indexed: Cuebook, tmp_path: Path) -> None:
    asked, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text(
        '{"id": 7, "question": "recall gate"}\n\n{"id": "b", "question": "who owns night-index"}\n'
    )
    assert indexed("search", "--batch", str(asked), "--out", str(out), "--k", "3").code == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == [7, "b"]
    assert set(rows[0]) == {"id", "ms", "hits"}
    assert set(rows[0]["hits"][0]) == {"entity", "path", "anchor", "score", "text", "revision"}
    best = rows[0]["hits"][0]
    assert (best["entity"], best["path"], best["anchor"]) == (
        "component:default/night-index",
        "runbook.md",
        "recall-gate-fails",
    )


def test_ask_batch_keeps_its_contract(indexed: Cuebook, tmp_path: Path) -> None:
    asked, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text('{"id": 1, "question": "Who owns night-index?"}\n')
    assert indexed("ask", "--batch", str(asked), "--out", str(out)).code == 0
    row = json.loads(out.read_text())
    assert set(row) == {"id", "ms", "answer", "abstained", "confidence", "citations", "facts"}
    assert row["facts"] == ["group:default/retrieval"]
    assert set(row["citations"][0]) == {"entity", "path", "anchor", "quote", "revision"}


def test_a_verified_batch_ends_with_the_share_that_holds(indexed: Cuebook, tmp_path: Path) -> None:
    asked, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text(
        '{"id": 1, "question": "Who owns night-index?"}\n{"id": 2, "question": "What if the recall gate fails?"}\n'
    )

    ran = indexed("ask", "--verify", "--batch", str(asked), "--out", str(out))

    checks = [check for line in out.read_text().splitlines() for check in json.loads(line)["checks"]]
    assert ran.code == 0
    assert checks
    count = len(checks)
    assert ran.out.endswith(f"{count} of {count} citations open again and hold their quote: 100.0%\n")


@pytest.mark.parametrize(
    ("line", "problem"),
    [("{", "in.jsonl:2 is not JSON"), ('{"id": 1}', 'in.jsonl:2 is not {"id": ..., "question": "..."}')],
)
def test_a_broken_line_is_named_and_nothing_is_written(
    indexed: Cuebook, tmp_path: Path, line: str, problem: str
) -> None:
    asked, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text(f'{{"id": 1, "question": "recall"}}\n{line}\n')
    ran = indexed("search", "--batch", str(asked), "--out", str(out))
    assert ran.code == 2
    assert problem in " ".join(ran.err.split())
    assert not out.exists()


def test_a_batch_that_is_not_there_is_a_usage_error(indexed: Cuebook, tmp_path: Path) -> None:
    ran = indexed("ask", "--batch", "in.jsonl", "--out", str(tmp_path / "out.jsonl"))
    assert ran.code == 2
    assert "in.jsonl cannot be read: No such file" in ran.err


def test_a_batch_needs_both_ends(indexed: Cuebook) -> None:
    assert indexed("ask", "--batch", "in.jsonl").code == 2


def test_entities_are_filtered_and_counted(indexed: Cuebook) -> None:
    ran = indexed("entities", "--kind", "component", "--lifecycle", "production")
    assert "component:default/night-index" in ran.out
    assert "1 of 1" in ran.out


def test_asking_before_anything_is_indexed_says_what_to_do(cuebook: Cuebook) -> None:
    ran = cuebook("ask", "Who owns night-index?")
    assert ran.code == 8
    assert "cuebook ingest" in ran.err


def test_verifying_fails_once_the_page_is_not_what_was_cited(indexed: Cuebook, tree: Path) -> None:
    held = indexed("ask", "When are old index files removed?", "--verify")
    page = tree / "docs" / "runbook.md"
    page.write_text(page.read_text().replace("three days", "four days"))
    lost = indexed("ask", "When are old index files removed?", "--verify")

    assert held.code == 0
    assert "verified [1]: opens (content hash) and has its quote" in held.out
    assert lost.code == 1
    assert "is no longer what was indexed" in lost.out


def test_what_is_reserved_for_a_group_is_for_no_command_of_others(cuebook: Cuebook, tree: Path) -> None:
    catalog = tree / "catalog-info.yaml"
    reserved = 'annotations: {cuebook.dev/visible-to: "group:default/retrieval", '
    catalog.write_text(catalog.read_text().replace("annotations: {", reserved, 1))
    assert cuebook("ingest", str(tree)).code == 0

    told = [
        cuebook("search", "recall gate fails"),
        cuebook("ask", "When are old index files removed?"),
        cuebook("actions", "call", "query_catalog", "--json", "{}"),
        cuebook(
            "actions", "call", "describe_entity", "--json", '{"entity": "component:default/night-index"}'
        ),
    ]

    assert not any("three days" in ran.out or "recall at 100" in ran.out for ran in told)
    assert not any("component:default/night-index" in ran.out for ran in told)
    assert "there is no entity" in told[-1].err
