"""Follow-ups rewritten to stand alone."""

import pytest

from ingest.answers import Turn
from ingest.answers.catalog_questions import named_entities
from ingest.answers.followup import standalone
from ingest.graph import CatalogGraph
from tests.ingest.answers.small_library import FEED, STORE, small_library

GRAPH = CatalogGraph(small_library().entities)
OWNER = Turn("Who owns feed-ranker?", "Owner of Feed Ranker: Ranking team", (FEED, "group:default/ranking"))
DEPENDS = Turn("What does feed-ranker depend on?", "feature-store, events", (FEED, STORE))


def rewrite(question: str, *history: Turn) -> str:
    return standalone(question, history, names=lambda text: [str(e.ref) for e in named_entities(text, GRAPH)])


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("And who owns it?", (DEPENDS,), f"Who owns {FEED}?"),
        ("and its lifecycle?", (OWNER,), f"{FEED}'s lifecycle?"),
        ("What else do they own?", (OWNER,), "What else do group:default/ranking own?"),
        ("What about feature-store?", (OWNER,), "Who owns feature-store?"),
        ("And for the feature store?", (DEPENDS,), "What does the feature store depend on?"),
        ("Who is in that team?", (OWNER,), "Who is in group:default/ranking?"),
        ("How do I restart this service?", (OWNER,), f"How do I restart {FEED}?"),
        ("And the owner?", (DEPENDS,), f"The owner of {FEED}?"),
        ("What type is it?", (OWNER, Turn("Is there a limit?", "No.")), f"What type is {FEED}?"),
        ("And what depends on feature-store?", (OWNER,), "What depends on feature-store?"),
    ],
)
def test_a_follow_up_takes_over_what_was_spoken_of(
    question: str, history: tuple[Turn, ...], expected: str
) -> None:
    assert rewrite(question, *history) == expected


@pytest.mark.parametrize(
    "question",
    ["Who owns feature-store?", "How long are the feature logs of a request kept before deletion?", ""],
)
def test_a_question_that_stands_alone_is_left_as_it_is(question: str) -> None:
    assert rewrite(question, OWNER) == question


def test_without_history_nothing_is_guessed() -> None:
    assert rewrite("And who owns it?") == "And who owns it?"
