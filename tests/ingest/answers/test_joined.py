"""Questions that need a page to find the entity and the catalog to answer."""

import pytest

from ingest.answers.catalog_questions import answer_from_graph
from ingest.answers.joined import read_joined
from ingest.graph import CatalogGraph
from tests.ingest.answers.small_library import ADA, FEED, assistant, section, small_library

RANKING, STORE, EVENTS = "group:default/ranking", "component:default/feature-store", "resource:default/events"


@pytest.mark.parametrize(
    ("question", "topic", "facts"),
    [
        ("Who owns the component whose runbook describes FeedSnapshotRatio?", "FeedSnapshotRatio", {RANKING}),
        ("lifecycle of the service whose docs mention stale snapshots", "stale snapshots", {"production"}),
        (
            "What does the service whose docs mention stale snapshots depend on?",
            "stale snapshots",
            {STORE, EVENTS},
        ),
        ("Which team owns whatever thing with a page that explains a rollback?", "a rollback", {RANKING}),
        ("How many dependencies of the one whose runbook covers drains", "drains", {2}),
    ],
)
def test_the_catalog_answers_for_the_entity_that_a_page_is_about(
    question: str, topic: str, facts: set[str | int]
) -> None:
    joined = read_joined(question)

    assert joined is not None
    assert joined.topic == topic
    finding = answer_from_graph(joined.about(FEED), CatalogGraph(small_library().entities))
    assert finding is not None
    assert set(finding.facts) == facts


def test_an_ordinary_question_joins_nothing() -> None:
    assert read_joined("What does the runbook describe?") is None


@pytest.mark.parametrize(
    "question",
    [
        "Who should I page for a rollback?",
        "whom do we call about snapshot alerts",
        "Who do I talk to when feed-ranker shows nonsense?",
        "who looks after snapshot alerts",
    ],
)
def test_whom_to_turn_to_is_found_through_the_page_that_says_every_word(question: str) -> None:
    answer = assistant(small_library()).ask(question, principal=ADA)

    assert RANKING in answer.facts
    assert FEED in answer.entities


@pytest.mark.parametrize(
    "question", ["Who owns the marketing budget?", "whom do I call about stale invoices"]
)
def test_a_page_that_says_a_part_of_it_leads_to_no_owner(question: str) -> None:
    answer = assistant(small_library()).ask(question, principal=ADA)

    assert answer.facts == ()
    assert answer.produced_by != "catalog"


def test_words_that_stand_in_two_rows_are_two_things_and_lead_to_no_owner() -> None:
    surfaces = section(
        FEED,
        "surfaces.md",
        "Surfaces",
        "| Surface | Candidates |\n| --- | --- |\n| Playlists | 300 |\n| Search | 120 |",
    )

    answer = assistant(small_library(surfaces)).ask("Who owns playlist search?", principal=ADA)

    assert answer.facts == ()
    assert answer.produced_by != "catalog"


def test_words_of_one_row_are_one_thing() -> None:
    surfaces = section(
        FEED, "surfaces.md", "Surfaces", "| Surface | Candidates |\n| --- | --- |\n| Playlist search | 120 |"
    )

    answer = assistant(small_library(surfaces)).ask("Who owns playlist search?", principal=ADA)

    assert RANKING in answer.facts
