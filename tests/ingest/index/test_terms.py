"""What counts as the same word, and that no input breaks a search."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from ingest.index import keywords
from ingest.index.terms import identifiers, index_terms, query_terms


def test_spellings_of_an_identifier_share_its_parts_and_its_whole() -> None:
    spellings = ("--max-staleness", "MAX_STALENESS", "maxStaleness", "max.staleness")
    assert {query_terms(spelling) for spelling in spellings} == {("max", "stale", "maxstaleness")}


def test_words_in_a_row_share_the_parts_alone() -> None:
    assert query_terms("maximum staleness, max") == ("maximum", "stale", "max")


def test_error_codes_and_versions_are_found_whole() -> None:
    assert "e1234" in query_terms("what is error E-1234?")
    assert "feed500" in identifiers("Raised as FEED-500 by the gateway").split()


def test_prose_is_no_identifier() -> None:
    assert identifiers("Renew the certificate before March") == ""


def test_inflected_words_and_diacritics_meet() -> None:
    assert query_terms("Cafés reindexing") == query_terms("cafe reindexed")


def test_stop_words_are_dropped_unless_there_is_nothing_else() -> None:
    assert query_terms("how do I drain it?") == ("drain",)
    assert query_terms("what is it?") == ("what", "is", "it")


@given(st.text())
def test_terms_hold_no_ascii_punctuation(text: str) -> None:
    for term in index_terms(text).split(" "):
        assert all(letter.isalnum() or not letter.isascii() for letter in term)


_OPEN = sqlite3.connect(":memory:", check_same_thread=False)
keywords.create(_OPEN)
_OPEN.execute("INSERT INTO entity_terms(rowid, body) VALUES (1, 'zebra')")


@given(st.text() | st.text(alphabet="\"*^:(){}+-NEAROTD '\\;", max_size=40))
def test_no_question_is_a_syntax_error(question: str) -> None:
    terms = query_terms(question)
    assert keywords.search(_OPEN, ("zebra", *terms), limit=5, documents=1)[0][0] == 1
