"""A question that names one thing is not answered from the docs of another unawares."""

from typing import Any

import pytest

from ingest.answers import is_verbatim
from tests.ingest.answers.small_library import ADA, FEED, STORE, Found, assistant, section, small_library

OF_STORE = section(STORE, "retries.md", "Retries", "A failed call is retried three times with jitter.")
QUESTION = "How often does the feed ranker retry a failed call?"


def test_the_docs_of_the_thing_itself_are_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though search did not find them among the first."""
    own = section(FEED, "calls.md", "Calls", "A failed call is retried twice.")
    library = small_library(OF_STORE, own)
    everywhere = library.search

    def search(question: str, *, filters: object = None, **given: Any) -> tuple[Found, ...]:
        found = everywhere(question, filters=filters, **given)
        return found if filters else tuple(hit for hit in found if hit.section is not own)

    monkeypatch.setattr(library, "search", search)

    answer = assistant(library).ask(QUESTION, principal=ADA)

    assert answer.citations[0].entity == FEED
    assert "something else" not in answer.text


def test_what_another_ones_docs_say_is_told_to_be_theirs() -> None:
    library = small_library(OF_STORE)

    answer = assistant(library).ask(QUESTION, principal=ADA)

    assert not answer.abstained
    assert answer.citations[0].entity == STORE
    assert (
        f"**This may be about something else:** it is from the docs of `{STORE}` [1], which do not name `{FEED}` there."
        in answer.text
    )
    cited = library.section(STORE, "retries.md", OF_STORE.anchor, principal=ADA)
    assert is_verbatim(answer.citations[0], cited.text)


def test_a_piece_of_anothers_docs_that_names_the_thing_is_about_it() -> None:
    named = section(
        STORE, "retries.md", "Retries", "The feed ranker retries a failed call three times with jitter."
    )

    answer = assistant(small_library(named)).ask(QUESTION, principal=ADA)

    assert answer.citations[0].entity == STORE
    assert "something else" not in answer.text


def test_where_nothing_is_named_any_docs_answer() -> None:
    answer = assistant(small_library(OF_STORE)).ask("How often is a failed call retried?", principal=ADA)

    assert answer.citations[0].entity == STORE
    assert "something else" not in answer.text
