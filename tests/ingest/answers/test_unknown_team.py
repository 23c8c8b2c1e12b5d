"""A team that nobody is: the answer says so and names the teams there are."""

import pytest

from tests.ingest.answers.small_library import ADA, assistant, small_library


@pytest.mark.parametrize(
    "question",
    [
        "Which components does the marketing team own?",
        "services operated by the snapshot squad",
        "How many services does marketing and sales team run?",
    ],
)
def test_a_team_that_is_not_in_the_catalog_is_told_as_such_whatever_pages_say(question: str) -> None:
    answer = assistant(small_library()).ask(question, principal=ADA)

    assert answer.abstained
    assert answer.text.startswith("No team of the catalog is called “")
    assert "`group:default/ranking`" in answer.text


@pytest.mark.parametrize(
    "question", ["Which components does the ranking team own?", "Who is on the ranking team?"]
)
def test_a_team_that_is_there_is_answered_about(question: str) -> None:
    assert "No team" not in assistant(small_library()).ask(question, principal=ADA).text
