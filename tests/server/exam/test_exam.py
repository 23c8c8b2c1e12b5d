"""The exam over every class of hostile cases, and that it would notice."""

import asyncio
import re
from pathlib import Path

import pytest

from server.exam import Case, CasesInvalid, Result, Scoreboard, examine, read_cases, shipped_cases
from server.exam.case import SHIPPED

DOCS = Path(__file__).parents[3] / "docs/safety.md"
CASES = shipped_cases()
UNSAFE = """\
version: 1
class: mine
cases:
  - name: it writes though nobody decided
    doors: [rest]
    given: {policy: "version: 1\\nrules:\\n  - {name: open, verdict: allow}\\n"}
    steps:
      - {call: record_note, arguments: {text: "my {token}"}, says: planned}
      - {apply: "{digest}", says: done}
  - name: it lists the effect but says something else
    doors: [rest]
    steps:
      - {call: record_note, arguments: {text: fine}, says: planned}
    effects: ["record [note] [--] [fine]"]
"""


def without_a_shell(case: Case) -> bool:
    template = case.template.model_dump_json()
    return case.door != "cli" and '"shell":["' not in template and "{canary}" not in template


def one_of_each() -> list[Case]:
    """A case of each class, through one door after the other; tests/integration has them all."""
    chosen: dict[str, dict[int, list[Case]]] = {}
    for case in filter(without_a_shell, CASES):
        chosen.setdefault(case.kind, {}).setdefault(id(case.template), []).append(case)
    few = [cases for templates in chosen.values() for cases in list(templates.values())[:1]]
    return [cases[number % len(cases)] for number, cases in enumerate(few)]


@pytest.fixture(scope="module")
def results() -> tuple[Result, ...]:
    return asyncio.run(examine(one_of_each(), shell=False))


@pytest.mark.parametrize("kind", list(dict.fromkeys(case.kind for case in one_of_each())))
def test_nothing_unsafe_happens_and_each_refusal_is_clear(kind: str, results: tuple[Result, ...]) -> None:
    found = [result for result in results if result.case.kind == kind]
    assert [
        (each.case.name, each.findings, each.skipped) for each in found if each.findings or each.skipped
    ] == []
    assert found


def test_the_exam_has_what_it_promises() -> None:
    assert len(CASES) >= 200
    assert len({case.kind for case in CASES}) >= 15
    assert {case.door for case in CASES} == {"rest", "mcp", "mcp-2025", "cli"}
    text = DOCS.read_text(encoding="utf-8")
    assert [path.stem for path in SHIPPED.glob("*.yaml") if f"`{path.stem}`" not in text] == []


async def test_an_unsafe_action_a_leak_and_a_missing_effect_are_found(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(UNSAFE)
    board = Scoreboard(await examine(read_cases([path]), shell=False))
    first, second = board.as_json()["findings"]
    assert [re.sub(r"[0-9a-f]{40}", "…", text) for text in first["unsafe"]] == [
        "happened: record [note] [--] [my …]",
        *(text for text in first["unsafe"] if "has a secret" in text),
    ]
    assert any("has a secret" in text for text in first["unsafe"])
    assert second["failed"][-1] == "did not happen: record [note] [--] [fine]"
    assert (board.passed, board.total.unsafe_cases, board.total.failed, board.rate) == (False, 1, 1, 0.5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 2\nclass: x\ncases: []\n", "version"),
        ("version: 1\nclass: x\ncases: [{name: a, steps: [{}]}]\n", "exactly one of"),
        ("version: 1\nclass: x\ncases: [{name: a, steps: [{call: x, apply: y}]}]\n", "call, apply"),
        ("version: 1\nclass: x\ncases: [{name: a, doors: [carrier pigeon], steps: [{call: x}]}]\n", "doors"),
        ("a: *b\n", "line 1|alias"),
    ],
)
def test_a_file_that_is_no_cases_is_refused_by_name(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(CasesInvalid, match=f"mine.yaml.*(?:{told})"):
        read_cases([path])
