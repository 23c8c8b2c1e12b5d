"""How well search finds what questions about the demo organisation and our docs ask for, with the real embedder.

`pytest tests/ingest/test_retrieval_scores.py -s` prints the figures; the floors stand slightly under them. They
are measured on the one list that users see, entities between the pages. 14 of the questions share no word with
their page: only meaning can find those.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

import pytest

from ingest.library import Library
from tests.ingest.index.corpora import Ada

_QUESTIONS = Path(__file__).parents[1] / "questions"


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
    return [*_ranks("org.jsonl", org_library), *_ranks("docs.jsonl", demo_library)]


def _ranks(questions: str, library: Library) -> Iterator[Ranks]:
    for line in (_QUESTIONS / questions).read_text(encoding="utf-8").splitlines():
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
            paraphrase=bool(wanted.get("no_shared_words")),
        )


def test_questions_that_share_words_with_their_page_find_its_section(ranks: list[Ranks]) -> None:
    scores = Scores.of([rank for rank in ranks if not rank.paraphrase])
    print("\nshared words:", scores)
    assert scores.page_recall_at_5 >= 0.95
    assert scores.section_recall_at_5 >= 0.90
    assert scores.section_ndcg_at_10 >= 0.80


def test_paraphrases_find_their_page_by_meaning(ranks: list[Ranks]) -> None:
    scores = Scores.of([rank for rank in ranks if rank.paraphrase])
    print("\nno shared words:", scores)
    assert scores.page_recall_at_5 >= 0.35
    assert scores.page_ndcg_at_10 >= 0.24


def test_all_together(ranks: list[Ranks]) -> None:
    scores = Scores.of(ranks)
    print("\nall:", scores)
    assert scores.page_recall_at_5 >= 0.64
    assert scores.section_recall_at_5 >= 0.57
