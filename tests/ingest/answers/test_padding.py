"""Answers leave out what adds nothing: where else to look, pictures' names, beginnings whose end is not told."""

import pytest

from tests.ingest.answers.small_library import ADA, STORE, assistant, section, small_library

FACT = "Compaction of the feature store runs every 40 minutes."


def told(text: str, question: str = "How often does compaction of the feature store run?") -> str:
    page = section(STORE, "compaction.md", "Compaction", text)
    return assistant(small_library(page)).ask(question, principal=ADA).text


@pytest.mark.parametrize(
    "padding",
    [
        "For more information on compaction of the feature store, see the tuning page.",
        "Please refer to the compaction page of the feature store.",
        "Learn more about compaction of the feature store.",
        "More details on compaction of the feature store can be found in its repository.",
        "![Compaction of the feature store](compaction.png)",
        "[![Compaction of the feature store](compaction.png)](https://feature.store/compaction)",
    ],
)
def test_what_adds_nothing_is_left_out(padding: str) -> None:
    answer = told(f"{FACT}\n\n{padding}")

    assert FACT in answer
    assert "compaction.png" not in answer
    assert answer.count("ompaction of the feature store") == 1


def test_where_to_look_is_told_when_it_is_asked_for() -> None:
    pointer = "For more information on compaction of the feature store, see the tuning page."

    assert pointer in told(f"{FACT}\n\n{pointer}", "Where is compaction of the feature store documented?")


def test_where_to_look_is_told_when_there_is_nothing_else() -> None:
    pointer = "For compaction of the feature store, see the tuning page."

    assert pointer in told(pointer)


def test_an_introduction_goes_with_what_it_introduces() -> None:
    long = " ".join(f"word{number}" for number in range(120))
    text = f"{FACT}\n\nCompaction of the store is tuned by:\n\n```\n{long}\n```"

    assert "is tuned by:" not in told(text)
    assert "is tuned by:" in told(
        f"{FACT}\n\nCompaction of the feature store is tuned by:\n\n- Compaction of the feature store in minutes."
    )
