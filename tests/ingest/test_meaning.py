"""Questions that ask the same share a group; those about different things never do."""

import numpy as np

from ingest.index.hashing import HashingEmbedder
from ingest.meaning import same_meaning

QUESTIONS = [
    "How do I roll back an embedding batch?",
    "roll back an embedding batch",
    "What does error E1042 mean?",
    "What does error E2001 mean?",
    "How do I roll back a model?",
]


def grouped(about: list[str]) -> tuple[tuple[int, ...], ...]:
    return same_meaning(QUESTIONS, list(HashingEmbedder().embed(QUESTIONS)), about, alike=0.6)


def test_phrasings_of_one_question_share_a_group() -> None:
    assert grouped([""] * 5)[0] == (0, 1)


def test_different_codes_are_different_questions() -> None:
    groups = grouped([""] * 5)
    assert (2,) in groups
    assert (3,) in groups


def test_what_is_about_different_entities_is_apart() -> None:
    groups = grouped(["component:default/a", "component:default/b", "", "", ""])
    assert not any({0, 1} <= set(group) for group in groups)


def test_a_text_without_entity_joins_one_group_and_does_not_bridge_two() -> None:
    row = np.ones(1, dtype=np.float32)
    groups = same_meaning(
        ["a", "b", "c"], [row, row, row], ["component:default/a", "", "component:default/b"]
    )
    assert sorted(map(len, groups)) == [1, 2]


def test_nothing_gives_nothing() -> None:
    assert same_meaning([], [], []) == ()
