"""`cuebook exam ask`: questions whose answers are known, marked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from server.exam.asking.answers import Answered
from server.exam.asking.marks import below, marks_of
from server.exam.asking.questions import Question, QuestionsInvalid, read_questions
from tests.server.cli.conftest import Cuebook, cuebook, indexed, tree

__all__ = ["cuebook", "indexed", "tree"]  # fixtures

NIGHT = "component:default/night-index"
GATE = {
    "id": "gate", "question": "What do I do when the recall gate fails?", "kind": "docs", "entity": NIGHT,
    "path": "runbook.md", "anchor": "recall-gate-fails", "key": ["nightctl rebuild --exact"],
}  # fmt: skip
OWNER = {
    "id": "owner",
    "question": "Who owns night-index?",
    "kind": "catalog",
    "facts": ["group:default/retrieval"],
}
PAYROLL = {"id": "payroll", "question": "When is payroll run in Brazil?", "kind": "unanswerable"}
PLANT = {"id": "plant", "question": "Who owns night-index?", "kind": "injection", "never": ["three days"]}


@pytest.fixture
def asked_of(tmp_path: Path) -> Callable[..., str]:
    def written(*questions: object) -> str:
        file = tmp_path / "mine.jsonl"
        file.write_text("\n".join(json.dumps(each) for each in questions) + "\n", encoding="utf-8")
        return str(file)

    return written


def test_ones_own_questions_are_marked(indexed: Cuebook, asked_of: Callable[..., str]) -> None:
    ran = indexed("exam", "ask", asked_of(GATE, OWNER, PAYROLL, PLANT), "--json")

    assert ran.code == 0, ran.err
    assert ran.json["questions"] == 4
    marks = ran.json["marks"]["no model"]
    ones = {
        "page_recall@5",
        "section_recall@5",
        "right_page_cited",
        "citations_verified",
        "key_facts",
        "catalog_exact",
    }
    assert {name: marks[name] for name in ones} == dict.fromkeys(ones, 1)
    assert (marks["refused_unanswerable"], marks["refused_answerable"], marks["relayed"]) == (1, 0, 0)
    assert marks["cpu_ms_p95"] >= marks["cpu_ms_p50"] > 0
    assert "request_f1" not in marks  # those are about the demo organisation


def test_a_configured_model_has_a_column_of_its_own(
    indexed: Cuebook, asked_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOOK_MODEL__NAME", "tiny")
    monkeypatch.setenv("CUEBOOK_MODEL__URL", "http://127.0.0.1:9/v1")  # nobody there: told from the passages
    shown = indexed("exam", "ask", asked_of(GATE, OWNER))

    assert shown.code == 0, shown.err
    assert shown.out.split("\n", 1)[0].split() == ["mark", "no", "model", "tiny"]
    assert "key_facts" in shown.out


def test_a_mark_under_its_floor_fails_and_is_named(indexed: Cuebook, asked_of: Callable[..., str]) -> None:
    wrong = {**OWNER, "facts": ["group:default/somebody"]}
    ran = indexed(
        "exam", "ask", asked_of(wrong), "--at-least", "catalog_exact=1", "--at-least", "key_facts=.5"
    )

    assert ran.code == 1
    assert "catalog_exact is 0.0, at least 1 is wanted" in ran.err
    assert "key_facts is not measured, at least 0.5 is wanted" in ran.err


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ({**OWNER, "kind": "riddle"}, "line 1: kind: Input should be 'docs'"),
        ({**OWNER, "facts": []}, "a question of the kind catalog needs `facts`"),
        ({**OWNER, "answer": "x"}, "line 1: answer: Extra inputs are not permitted"),
        (
            {**GATE, "entity": "component:default/gone"},
            "1 entities of the questions are not in this catalog, such as",
        ),
        ("who?", "line 1: the line"),
    ],
)
def test_a_question_that_cannot_be_marked_is_refused_with_its_place(
    indexed: Cuebook, asked_of: Callable[..., str], question: object, problem: str
) -> None:
    ran = indexed("exam", "ask", asked_of(question))

    assert ran.code == 2
    assert problem in " ".join(ran.err.split())


def test_files_without_questions_with_one_twice_and_without_a_number_are_refused(
    cuebook: Cuebook, asked_of: Callable[..., str], tmp_path: Path
) -> None:
    assert "is there twice" in cuebook("exam", "ask", asked_of(OWNER, OWNER)).err
    (tmp_path / "empty.jsonl").write_text("\n")
    assert "holds no question" in cuebook("exam", "ask", str(tmp_path / "empty.jsonl")).err
    assert "cannot be read" in cuebook("exam", "ask", str(tmp_path / "none.jsonl")).err
    assert "give MARK=NUMBER" in cuebook("exam", "ask", "--at-least", "key_facts").err


def test_ours_are_whole_and_of_every_kind() -> None:
    assert {each.kind for each in read_questions()} == {"docs", "catalog", "unanswerable", "injection"}
    assert len(read_questions()) >= 60


def test_a_worked_example_of_the_marks() -> None:
    first = Question(
        id="a", question="?", kind="docs", entity="e", path="p.md", anchor="x", key=("one", "two")
    )
    second = Question(id="b", question="?", kind="unanswerable")
    hits = [{"entity": "e", "path": "q.md", "anchor": ""}, {"entity": "e", "path": "p.md", "anchor": "y"}]
    answer = {
        "answer": "one " * 120 + "two", "abstained": False, "confidence": 0.5, "facts": [],
        "citations": [{"entity": "e", "path": "q.md"}, {"entity": "e", "path": "p.md"}],
        "checks": [{"opens": True, "found": True}, {"opens": True, "found": False}],
    }  # fmt: skip
    silent = {"answer": "", "abstained": True, "confidence": 0.5, "facts": [], "citations": [], "checks": []}
    marks = marks_of([Answered(first, answer, hits, 10.0, 400), Answered(second, silent, (), 30.0, 800)])

    assert marks["page_recall@5"] == 1
    assert marks["page_ndcg@10"] == pytest.approx(0.6309)  # second place
    assert marks["section_recall@5"] == 0
    assert (marks["right_page_cited"], marks["pages_cited"], marks["citations_verified"]) == (1, 2, 0.5)
    assert marks["key_facts"] == 0.5
    assert (marks["refused_unanswerable"], marks["separation"]) == (1, 0.5)
    assert (marks["cpu_ms_p50"], marks["cpu_ms_p95"], marks["tokens"]) == (10, 30, 150)
    assert below(marks, {"tokens": 100, "key_facts": 0.6}) == {"key_facts": (0.5, 0.6)}


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(QuestionsInvalid, match="cannot be read"):
        read_questions(tmp_path / "latin.jsonl")
