"""`cuebook docs`: gaps come up, are mended by an edit, and a page is held to what it declares."""

from pathlib import Path
from xml.etree import ElementTree

from tests.server.cli.conftest import RUNBOOK, Cuebook

QUESTION = "Which colour has the standby dashboard?"
ANSWER = "\n## Standby dashboard\n\nThe standby dashboard has the colour teal.\n"
DECLARES = """---
questions:
  - ask: When are old index files removed?
    expect: [three days]
    section: disk-pressure
---
"""


def test_a_gap_comes_up_and_an_edit_mends_it(indexed: Cuebook, tree: Path) -> None:
    for _ in range(2):
        assert indexed("ask", QUESTION, "--json").json["abstained"]
    told = indexed("docs", "gaps").out
    assert f"{QUESTION}\n" in told
    assert "failed 2 of 2 times, 1 asker" in told

    (tree / "docs" / "runbook.md").write_text(RUNBOOK + ANSWER)
    ingested = indexed("ingest", str(tree)).out

    assert "1 questions asked again: 1 that had failed are answered now" in ingested
    assert "No gaps" in indexed("docs", "gaps").out
    assert QUESTION in indexed("docs", "gaps", "--changed").out


def test_a_batch_leaves_no_gaps(indexed: Cuebook, tmp_path: Path) -> None:
    asked, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text(f'{{"id": 1, "question": "{QUESTION}"}}\n')
    assert indexed("ask", "--batch", str(asked), "--out", str(out)).code == 0

    assert "No gaps" in indexed("docs", "gaps").out


def test_a_rating_from_the_terminal_shows_among_the_debts(indexed: Cuebook) -> None:
    asked = indexed("ask", "When are old index files removed?")
    answer = asked.out.rpartition("cuebook rate ")[2].split()[0]
    rated = indexed("rate", answer, "--down", "--comment", "after which three days?")
    assert rated.out == f"{answer} is rated as not helpful\n"

    found = indexed("docs", "health", "--json").json
    page = next(item for item in found["items"] if item["kind"] == "page")
    assert (found["asked"], found["unhelpful"]) == (1, 1)
    assert page["title"] == "component:default/night-index runbook.md"
    assert (page["owner"], page["failures"]) == ("group:default/retrieval", 1)
    assert "page: component:default/night-index runbook.md" in indexed("docs", "health").out
    assert indexed("docs", "health", "--team", "group:default/other", "--json").json["total"] == 0


def test_a_page_is_held_to_the_questions_it_declares(indexed: Cuebook, tree: Path, tmp_path: Path) -> None:
    page, report = tree / "docs" / "runbook.md", tmp_path / "report.xml"
    page.write_text(DECLARES + RUNBOOK)
    kept = indexed("docs", "test", str(tree), "--junit", str(report))
    assert (kept.code, kept.out.splitlines()[-1]) == (0, "1 of 1 declared questions are answered")
    assert ElementTree.parse(report).getroot().find("testsuite/testcase/failure") is None  # noqa: S314 - our own

    page.write_text(DECLARES + RUNBOOK.replace("three days", "a week"))
    broken = indexed("docs", "test", str(tree), "--junit", str(report))
    assert broken.code == 1
    assert "the answer does not say 'three days'" in broken.out
    failure = ElementTree.parse(report).getroot().find("testsuite/testcase/failure")  # noqa: S314 - our own
    assert failure is not None
    assert "three days" in failure.attrib["message"]


def test_a_declaration_that_cannot_be_used_is_broken_too(indexed: Cuebook, tree: Path) -> None:
    (tree / "docs" / "runbook.md").write_text(DECLARES.replace("disk-pressure", "disc") + RUNBOOK)

    tested = indexed("docs", "test", str(tree), "--json")
    assert tested.code == 1
    assert (
        tested.json["questions"][0]["why"]
        == "`questions` number 1: the page has no heading with the anchor 'disc'"
    )


def test_no_declared_question_is_no_failure(indexed: Cuebook, tree: Path) -> None:
    tested = indexed("docs", "test", str(tree))
    assert (tested.code, "No page declares questions" in tested.out) == (0, True)
