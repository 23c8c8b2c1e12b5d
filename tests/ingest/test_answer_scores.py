"""How well the demo organisation's questions are answered, with the real embedder and without a model.

`pytest tests/ingest/test_answer_scores.py -s` prints the figures; the floors stand slightly under them. The 14
questions that share no word with their page are counted by themselves: their pages are mostly not found, and
then refusing is right.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.answers import Answer, Assistant, is_verbatim
from ingest.library import Library
from server.exam.asking.questions import QUESTIONS
from tests.ingest.answers.models import demo_book
from tests.ingest.answers.small_library import ADA

_QUESTIONS = Path(__file__).parents[1] / "questions"


@dataclass(frozen=True)
class Asked:
    wanted: Mapping[str, Any]
    answer: Answer

    @property
    def kind(self) -> str:
        return "paraphrase" if self.wanted.get("paraphrase") else str(self.wanted["kind"])

    @property
    def recall(self) -> float:
        """The share of key strings in the first 120 words."""
        first = " ".join(self.answer.text.split()[:120])
        return sum(key in first for key in self.wanted["key"]) / len(self.wanted["key"])

    @property
    def cites_its_page(self) -> bool:
        return any(
            (one.entity, one.path) == (self.wanted["entity"], self.wanted["path"])
            for one in self.answer.citations
        )


@pytest.fixture(scope="module")
def asked(org_library: Library) -> list[Asked]:
    lines = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assistant = Assistant(org_library)
    return [Asked(line, assistant.ask(line["question"], principal=ADA)) for line in lines]


def of(asked: Iterable[Asked], kind: str) -> list[Asked]:
    return [one for one in asked if one.kind == kind]


def share(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def test_catalog_questions_have_their_exact_answers(asked: list[Asked]) -> None:
    exact = share(set(one.answer.facts) == set(one.wanted["facts"]) for one in of(asked, "catalog"))
    named = share(one.recall for one in of(asked, "catalog"))
    print(f"catalog: exact {exact:.2f}, named in the first 120 words {named:.2f}")

    assert exact == 1.0
    assert named == 1.0


@pytest.mark.parametrize("line", (_QUESTIONS / "models.jsonl").read_text(encoding="utf-8").splitlines())
def test_questions_about_models_are_answered_exactly(line: str, demo_library: Library) -> None:
    wanted = json.loads(line)

    answer = Assistant(demo_library, models=demo_book()).ask(wanted["question"], principal=ADA)

    assert set(answer.facts) == set(wanted["facts"])
    assert [key for key in wanted["key"] if key not in answer.text] == []


def test_key_facts_stand_in_the_first_120_words_and_their_page_is_cited(asked: list[Asked]) -> None:
    docs = of(asked, "docs")
    recall, cited = share(one.recall for one in docs), share(one.cites_its_page for one in docs)
    pages = share(len({(c.entity, c.path) for c in one.answer.citations}) for one in docs)
    print(f"docs: key recall {recall:.2f}, page cited {cited:.2f}, pages cited {pages:.1f}")

    assert recall >= 0.83
    assert cited >= 0.9
    assert pages <= 2


def test_what_is_not_in_the_docs_is_mostly_refused_and_what_is_there_is_not(asked: list[Asked]) -> None:
    docs, nowhere = of(asked, "docs"), of(asked, "unanswerable")
    refused, lost = (
        share(one.answer.abstained for one in nowhere),
        share(one.answer.abstained for one in docs),
    )
    separation = share(float(yes.answer.confidence > no.answer.confidence) for yes in docs for no in nowhere)
    print(f"refused: {refused:.2f} of the unanswerable, {lost:.2f} of the answerable; AUROC {separation:.2f}")

    assert refused >= 0.7
    assert lost <= 0.05
    assert separation >= 0.93


def test_a_paraphrase_is_rather_refused_than_answered_from_a_wrong_page(asked: list[Asked]) -> None:
    paraphrases = of(asked, "paraphrase")
    wrong = [one for one in paraphrases if not one.answer.abstained and not one.cites_its_page]
    right = share(one.recall if not one.answer.abstained else 0.0 for one in paraphrases)
    print(
        f"paraphrases: key recall {right:.2f}, answered from a wrong page {len(wrong)} of {len(paraphrases)}"
    )

    assert len(wrong) <= 3


def test_every_quote_is_found_again_where_it_is_cited(asked: list[Asked], org_library: Library) -> None:
    for one in asked:
        for citation in one.answer.citations:
            section = org_library.section(citation.entity, citation.path, citation.anchor, principal=ADA)
            assert is_verbatim(citation, section.text)
            assert citation.revision == section.revision


def test_the_planted_instruction_is_not_relayed(org_library: Library) -> None:
    answer = Assistant(org_library).ask(
        "What does the pasted channel log of the mixed batches post-mortem say about embedding-publisher?",
        principal=ADA,
    )

    assert "assistant" not in answer.text.lower()
    assert any(flag.entity == "component:default/embedding-publisher" for flag in answer.flags)


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("What is the request deadline of home-ranker?", "| `server.request_deadline_ms` | 250 |"),
        ("How do I disable the recall gate?", "needs the approval of two Platform members"),
        ("How do I mitigate FeedSnapshotRatio?", "lyrectl traffic drain"),
        ("FeedSnapshotRatio is firing, what do I do?", "ERR_SOURCE_STARVED"),
        ("Who is on call for the ANN server?", "group:default/platform"),
    ],
)
def test_an_answer_leads_with_what_was_asked_for(question: str, key: str, demo_library: Library) -> None:
    answer = Assistant(demo_library).ask(question, principal=ADA)

    assert key in " ".join(answer.text.split()[:30])
