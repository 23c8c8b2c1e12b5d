"""Keyword search over sections: fields, links, and what a question costs in postings."""

from pathlib import Path

import pytest

from ingest.errors import IndexDamaged
from ingest.index.terms import query_terms, stem
from ingest.index.words import FILE, SectionTerms, WordIndex, term_id, write_words
from tests.ingest.index.corpora import section


def _index(folder: Path, *texts: tuple[str, str, str]) -> WordIndex:
    """Of sections with `(heading, text, texts of links to it)`, each on a page of its own."""
    terms = [
        (
            row,
            SectionTerms.of(
                section("component:default/x", f"{row}.md", "", text, heading=heading, title="Page"), links
            ),
        )
        for row, (heading, text, links) in enumerate(texts)
    ]
    write_words(folder, terms, rows=len(texts), page=list(range(len(texts))))
    return WordIndex(folder)


def test_a_word_in_the_heading_counts_more_than_one_in_the_text(tmp_path: Path) -> None:
    index = _index(
        tmp_path,
        ("Notes", "about rotation of keys", ""),
        ("Rotation", "about the use of keys", ""),
        ("Else", "x", ""),
    )
    share = index.scores(query_terms("rotation")).share
    assert share[1] > share[0] > share[2] == 0


def test_the_words_of_links_find_a_section_that_never_says_them(tmp_path: Path) -> None:
    index = _index(tmp_path, ("Swap", "flips the alias", "zero downtime release"), ("Other", "text", ""))
    scores = index.scores(query_terms("zero downtime release"))
    assert scores.link[0] == pytest.approx(1.0)
    assert scores.share[0] == 0


def test_scores_are_shares_of_what_the_question_could_reach(tmp_path: Path) -> None:
    index = _index(tmp_path, ("Restart", "restart " * 50, ""), ("Other", "text", ""))
    share = index.scores(query_terms("restart")).share
    assert 0 < share[0] <= 1
    assert index.scores(query_terms("restart zebra")).share[0] < share[0]


def test_terms_survive_being_packed(tmp_path: Path) -> None:
    terms = SectionTerms.of(
        section("component:default/x", "a.md", "", "run --max-staleness 5", heading="Cut-over"), "see here"
    )
    again = SectionTerms.unpacked(terms.packed())
    assert again.words == terms.words
    assert (again.postings == terms.postings).all()


def test_an_index_without_sections_answers_nothing(tmp_path: Path) -> None:
    index = _index(tmp_path)
    assert len(index.scores(("anything",)).share) == 0
    assert index.document_frequency("anything") == 0


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no archive")
    with pytest.raises(IndexDamaged, match=r"words\.npz"):
        WordIndex(tmp_path)


def test_a_word_that_means_nearly_the_same_finds_a_section_and_counts_less_than_the_word_itself(
    tmp_path: Path,
) -> None:
    index = _index(tmp_path, ("A", "remove it", ""), ("B", "delete it", ""), ("C", "keep it", ""))

    near = index.near(query_terms("remove"), lambda _: [(term_id(stem("delete")), 0.5)])

    assert near[0] > near[1] > near[2] == 0
    assert near[0] == index.scores(query_terms("remove")).share[0]
