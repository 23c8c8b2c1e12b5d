"""What of a request says what to do, and which words are slips of the hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.routing.clauses import said_to_do
from tools.routing.phrasing import begins_as_no_order
from tools.routing.spelling import Spelling

WORDS = ("running", "launch", "evaluate", "which", "jobs", "training")


@pytest.mark.parametrize(
    ("request_", "asks", "order"),
    [
        ("job is done; evaluate what came out of it", False, "evaluate what came out of it"),
        ("why did job crash? show its output", True, "show its output"),
        ("why did it crash, show me the traceback", True, "show me the traceback"),
        ("stop it, the data is wrong", False, "stop it,"),
        ("we will shut component down, who has to know", False, "who has to know"),
        ("what should i check, restart it", True, "what should i check, restart it"),
        ("train model", False, "train model"),
    ],
)
def test_the_part_that_says_what_to_do_is_found(request_: str, asks: bool, order: str) -> None:
    assert said_to_do(request_, asks=asks) == order


@pytest.mark.parametrize(
    "text", ["promotions since may", "blocked calls", "reverse dependencies", "we will shut it down"]
)
def test_things_and_statements_order_nothing(text: str) -> None:
    assert begins_as_no_order(text)


@pytest.mark.parametrize("text", ["promote model", "feed it", "process the data", "embed the pages"])
def test_orders_do(text: str) -> None:
    assert not begins_as_no_order(text)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("runing", "running"),
        ("wihch", "which"),
        ("evalute", "evaluate"),
        ("trainning", "training"),
        ("evakuate", "evaluate"),
    ],
)
def test_slips_become_the_word_that_is_meant(said: str, meant: str) -> None:
    assert Spelling(WORDS).corrected(f"{said} jobs") == f"{meant} jobs"


@pytest.mark.parametrize("said", ["lunch", "job-runing", "runing.md", "als:runing", "job"])
def test_other_words_and_names_are_left(said: str) -> None:
    assert Spelling(WORDS).corrected(said) == said


@given(st.sampled_from(WORDS), st.integers(0, 10))
def test_letters_that_changed_places_are_put_back(word: str, place: int) -> None:
    at = place % (len(word) - 1)
    slip = word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    assert Spelling(WORDS).word(slip) == word
    assert Spelling(WORDS).word(word) == word
