"""How well search finds what questions about the demo organisation and our docs ask for, with the real embedder.

`pytest tests/ingest/test_retrieval_scores.py -s` prints the figures; the floors stand slightly under them. They
are measured on the one list that users see, entities between the pages. 14 of the questions share no word with
their page: only meaning can find those.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

import pytest

from benchmarks.catalog_questions import questions, read_catalog
from ingest.library import Library
from server.exam.asking.questions import QUESTIONS
from tests.ingest.index.corpora import Ada

_OWN_DOCS = Path(__file__).parents[1] / "questions" / "docs.jsonl"
_ORG = Path(__file__).parents[2] / "examples" / "org"


@dataclass(frozen=True)
class Ranks:
    """Places, from 1, of the right page among pages and of the right section among hits; 0 when missing."""

    page: int
    section: int
    paraphrase: bool


@dataclass(frozen=True)
class Scores:
    page_recall_at_5: float
    page_ndcg_at_10: float
    section_recall_at_5: float
    section_ndcg_at_10: float

    @classmethod
    def of(cls, ranks: Sequence[Ranks]) -> "Scores":
        pages, sections = [rank.page for rank in ranks], [rank.section for rank in ranks]
        return cls(_recall(pages), _ndcg(pages), _recall(sections), _ndcg(sections))


def _recall(ranks: Sequence[int]) -> float:
    return sum(0 < rank <= 5 for rank in ranks) / len(ranks)


def _ndcg(ranks: Sequence[int]) -> float:
    """One right answer a question: its gain is discounted by its place alone."""
    return sum(1 / log2(rank + 1) for rank in ranks if 0 < rank <= 10) / len(ranks)


@pytest.fixture(scope="module")
def ranks(org_library: Library, demo_library: Library) -> list[Ranks]:
    """Of the organisation's questions in the organisation alone, and of our docs' in all that is indexed."""
    return [*_ranks(QUESTIONS, org_library), *_ranks(_OWN_DOCS, demo_library)]


def _ranks(questions: Path, library: Library) -> Iterator[Ranks]:
    for line in questions.read_text(encoding="utf-8").splitlines():
        wanted = json.loads(line)
        if wanted["kind"] != "docs":
            continue
        hits = library.search(wanted["question"], principal=Ada(), k=20)
        sections = [(str(hit.section.entity), hit.section.path, hit.section.anchor) for hit in hits][:10]
        pages = list(dict.fromkeys((entity, path) for entity, path, _ in sections))
        page = (wanted["entity"], wanted["path"])
        section = (*page, wanted["anchor"])
        yield Ranks(
            page=pages.index(page) + 1 if page in pages else 0,
            section=sections.index(section) + 1 if section in sections else 0,
            paraphrase=bool(wanted.get("paraphrase")),
        )


def test_questions_that_share_words_with_their_page_find_its_section(ranks: list[Ranks]) -> None:
    scores = Scores.of([rank for rank in ranks if not rank.paraphrase])
    print("\nshared words:", scores)
    assert scores.page_recall_at_5 >= 0.98
    assert scores.section_recall_at_5 >= 0.98
    assert scores.section_ndcg_at_10 >= 0.86


def test_paraphrases_find_their_page_by_meaning(ranks: list[Ranks]) -> None:
    scores = Scores.of([rank for rank in ranks if rank.paraphrase])
    print("\nno shared words:", scores)
    assert scores.page_recall_at_5 >= 0.35
    assert scores.page_ndcg_at_10 >= 0.20


def test_all_together(ranks: list[Ranks]) -> None:
    scores = Scores.of(ranks)
    print("\nall:", scores)
    assert scores.page_recall_at_5 >= 0.74
    assert scores.section_recall_at_5 >= 0.62


def test_questions_of_the_catalog_find_the_entities_that_answer_them(org_library: Library) -> None:
    """Up to five of them; worked out from the catalog's YAML, see `benchmarks/catalog_questions.py`."""
    found = []
    for question in list(questions(read_catalog(_ORG), seed=3, half="held-out"))[::2]:
        wanted = {str(fact) for fact in question.expected if re.match(r"[a-z]+:\w[\w-]*/", str(fact))}
        hits = org_library.search(question.text, principal=Ada(), k=5)
        if wanted:
            right = wanted & {str(hit.section.entity) for hit in hits}
            found.append(len(right) / min(len(wanted), 5))
    recall = sum(found) / len(found)
    print(f"\nentities R@5 {recall:.3f} of {len(found)}")
    assert recall >= 0.93
