"""Prose that calls something deprecated, or in use, against the catalog's lifecycle: both are told."""

import pytest

from ingest.answers import Answer
from tests.ingest.answers.small_library import ADA, FEED, STORE, assistant, section, small_library


def ask(question: str, ref: str, text: str) -> Answer:
    page = section(ref, "status.md", "Status", text)
    return assistant(small_library(page)).ask(question, principal=ADA)


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (FEED, "This service is deprecated. Use the new one."),
        (FEED, "`feed-ranker` has been officially retired in favour of something else."),
        (STORE, "Note that the Feed Ranker service is now deprecated."),
        (STORE, "- The feed ranker was decommissioned in March."),
        (STORE, "The store stays; feed-ranker is end-of-life."),
    ],
)
def test_prose_that_contradicts_the_lifecycle_is_told_beside_the_catalogs(ref: str, text: str) -> None:
    answer = ask("Is feed-ranker deprecated?", ref, text)

    assert answer.facts == ("no",)
    (conflict,) = answer.conflicts
    assert conflict.says[1] == "production"
    assert "the catalog says **production**" in answer.text
    quotes = [answer.citations[number - 1].quote for number in conflict.citations]
    assert quotes[0] in text
    assert "Lifecycle: production" in quotes[1]


@pytest.mark.parametrize(
    "text",
    [
        "If feed-ranker is deprecated, page the platform team.",
        "The v1 endpoint of feed-ranker is deprecated.",
        "The flag is deprecated in feed-ranker.",
        "feed-ranker is not deprecated.",
        "Is it so that feed-ranker is deprecated?",
        "feed-ranker was experimental for a year.",
        "feed-ranker is in production.",
        "This service is in production; feature-store is deprecated.",
    ],
)
def test_what_is_conditional_or_said_of_something_else_is_no_conflict(text: str) -> None:
    assert ask("Is feed-ranker deprecated?", FEED, text).conflicts == ()


def test_an_answer_from_the_docs_tells_it_too() -> None:
    answer = ask("How do I roll back a model of feed-ranker?", FEED, "This service is deprecated.")

    assert answer.produced_by != "catalog"
    assert [conflict.says for conflict in answer.conflicts] == [("deprecated", "production")]
