"""The table of words that mean nearly the same."""

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import IndexDamaged
from ingest.index.alike import FILE, AlikeWords, common_words, write_alike
from ingest.index.terms import stem
from ingest.index.words import term_id


def _table(folder: Path) -> AlikeWords:
    vectors = {"remove": (1.0, 0.0), "delete": (0.8, 0.6), "weather": (-0.6, 0.8)}
    write_alike(
        folder,
        {stem(word): word for word in vectors},
        {word: np.array(row, np.float32) for word, row in vectors.items()},
    )
    return AlikeWords(folder)


def test_a_word_has_the_near_ones_for_neighbours_but_neither_itself_nor_the_far_ones(tmp_path: Path) -> None:
    ((other, counts),) = _table(tmp_path).of(stem("remove"))
    assert other == term_id(stem("delete"))
    assert 0 < counts < 1


def test_a_word_that_the_corpus_does_not_have_is_like_nothing(tmp_path: Path) -> None:
    assert _table(tmp_path).of("zebra") == []


def test_only_words_of_several_sections_are_in_the_table_under_their_commonest_form() -> None:
    sections = [["Deleting a topic."], ["Deleting it", "again"], ["The deleting"], ["deleting"], ["delete"]]
    assert common_words(sections) == {stem("deleting"): "deleting"}


def test_a_corpus_without_common_words_has_an_empty_table(tmp_path: Path) -> None:
    write_alike(tmp_path, {}, {})
    assert AlikeWords(tmp_path).of("delet") == []


def test_a_damaged_table_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no table")
    with pytest.raises(IndexDamaged, match="rebuild"):
        AlikeWords(tmp_path)
