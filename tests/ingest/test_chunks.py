"""What is embedded holds the whole section, in texts that the model reads to their end."""

import pytest

from ingest.chunks import chunks_of
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.markdown import blocks_of


def _section(text: str, heading: str = "Restart it") -> Section:
    return Section(
        entity=EntityRef.parse("component:default/x"),
        path="index.md",
        anchor="a",
        title="T",
        heading=heading,
        breadcrumb=(),
        text=text,
        blocks=blocks_of(text),
        revision="sha256:0",
        content_hash="0",
    )


def _count(text: str) -> int:
    """A token for every three letters of a word, and two around the text, as word pieces have it."""
    return 2 + sum(1 + len(word) // 3 for word in text.split())


def _chunks(text: str, heading: str = "Restart it", *, window: int = 32) -> tuple[str, ...]:
    return chunks_of(_section(text, heading), count_tokens=_count, max_tokens=window)


def test_short_section_is_one_text_under_its_heading_and_needs_no_counting() -> None:
    def never(_text: str) -> int:
        raise AssertionError("a text this short fits any tokenizer")

    section = _section("See [docs](a.md).")

    assert chunks_of(section, count_tokens=never, max_tokens=64) == ("Restart it\nSee docs.",)


def test_section_without_text_is_its_heading() -> None:
    assert _chunks("") == ("Restart it",)
    assert _chunks("<!-- nothing -->") == ("Restart it",)


@pytest.mark.parametrize(
    "text",
    [
        "One sentence of some words. " * 30,
        "- item with words\n" * 40,
        "```sh\n" + "run --this --that\n" * 40 + "```",
        "| a | b |\n|---|---|\n" + "| cell one | cell two |\n" * 30,
        "word " * 400,
        "x" * 4_000,
        "日本語" * 500,
        "A paragraph.\n\n" * 50,
    ],
)
def test_long_section_is_split_and_every_word_is_kept(text: str) -> None:
    chunks = _chunks(text)

    assert len(chunks) > 1
    assert all(_count(chunk) <= 32 for chunk in chunks)
    assert all(chunk.startswith("Restart it\n") for chunk in chunks)
    kept = "".join(chunk.removeprefix("Restart it\n") for chunk in chunks)
    for letter in "xwpics本":
        assert kept.count(letter) == text.replace("```sh", "").count(letter)


def test_neighbours_share_a_text_and_sentences_are_not_torn() -> None:
    chunks = _chunks(
        "Alpha beta gamma delta. Epsilon zeta eta theta iota. Kappa lambda mu nu xi omicron.", window=24
    )

    assert all(chunk.endswith((".", "delta.")) for chunk in chunks)
    assert len(_chunks("A b.\n\nC d.\n\nE f.", window=32)) == 1


def test_heading_longer_than_the_window_is_kept_too() -> None:
    chunks = _chunks("Some text here.", "very long heading " * 20)

    assert all(_count(chunk) <= 32 for chunk in chunks)
    assert " ".join(chunks).count("heading") == 20


def test_window_too_small_for_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="16 or more"):
        _chunks("x", window=8)
