"""Pages are cut where a reader can link to, and nothing of a block is cut away."""

import pytest

from ingest.markdown import blocks_of, plain, sentences, split_sections

PAGE = """<!-- licence -->
# Runbook

Intro.

## Restart

1. Drain it:

    ```bash
    drain --all

    # wait
    ```

2. Restart.

!!! warning "Careful"

    Not at night.

### Check

| a | b |
|---|---|
| 1 | 2 |

## Restart
"""


def test_page_is_cut_at_its_headings_with_parents_and_anchors() -> None:
    split = split_sections(PAGE)

    assert split.title == "Runbook"
    assert [(cut.anchor, cut.heading, cut.parents) for cut in split.cuts] == [
        ("", "Runbook", ()),
        ("restart", "Restart", ("Runbook",)),
        ("check", "Check", ("Runbook", "Restart")),
        ("restart_1", "Restart", ("Runbook",)),
    ]


def test_every_text_and_block_is_a_slice_of_the_page() -> None:
    for cut in split_sections(PAGE).cuts:
        assert cut.text in PAGE
        assert all(block.text in cut.text for block in cut.blocks)


def test_steps_keep_their_code_and_a_note_stays_whole() -> None:
    restart = split_sections(PAGE).cuts[1]

    assert [block.kind for block in restart.blocks] == ["steps", "admonition"]
    assert restart.blocks[0].text.endswith("2. Restart.")
    assert restart.blocks[1].text.endswith("Not at night.")


def test_text_above_the_title_is_not_lost() -> None:
    (top,) = split_sections("> Draft\n\n# Plan\n\nText.\n").cuts

    assert top.text == "> Draft\n\n# Plan\n\nText."
    assert [block.text for block in top.blocks] == ["> Draft", "Text."]


def test_page_without_a_title_has_a_top_all_the_same() -> None:
    split = split_sections("Before.\n\n## First\n\nText.\n")

    assert split.title == ""
    assert [(cut.anchor, cut.heading, cut.text) for cut in split.cuts] == [
        ("", "", "Before."),
        ("first", "First", "Text."),
    ]


def test_heading_whose_id_is_taken_starts_no_section() -> None:
    cuts = split_sections("# A\n\n## B {#x}\n\nb\n\n## C {#x}\n\nc\n").cuts

    assert [cut.anchor for cut in cuts] == ["", "x"]
    assert cuts[1].text == "b\n\n## C {#x}\n\nc"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("A line\nand more.\n\n- one\n- two\n\n    under two\n\nAfter.", ["paragraph", "list", "paragraph"]),
        ("1. one\n```sh\nx\n```\n2. two\n\ntext", ["steps", "paragraph"]),
        ("1. one\n\nA remark.\n\n2. two", ["steps"]),
        ("1. one\n\nA remark.\n\n1. other", ["steps", "paragraph", "steps"]),
        ("~~~yaml\na: 1\n\nb: 2\n~~~", ["code"]),
        ("    indented\n\n    code", ["code"]),
        ("> said", ["quote"]),
        ("> [!NOTE]\n> read", ["admonition"]),
        ('??? tip\n    hidden\n\n=== "Linux"\n\n    1. a\n    2. b\n', ["admonition", "steps"]),
        ("<!-- a\n\nb -->\n<div>\n\nx\n\n</div>\ntext", ["html", "html", "paragraph"]),
        ("---\n\n***", []),
        ("a | b\n--|--\n1 | 2", ["table"]),
    ],
)
def test_blocks_are_what_a_reader_sees(text: str, kinds: list[str]) -> None:
    assert [block.kind for block in blocks_of(text)] == kinds


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        (' yaml title="a b"', "yaml"),
        ("{ .sh .annotate }", "sh"),
        ("", ""),
        ("c++", "c++"),
    ],
)
def test_code_knows_its_language(info: str, language: str) -> None:
    assert blocks_of(f"```{info}\nx\n```")[0].language == language


def test_unclosed_things_do_not_swallow_the_page_or_take_for_ever() -> None:
    text = "\n\n".join(["```sh", "<div>", "<!-- open", "!!! note", "1. x"] * 2_000)

    assert len(blocks_of(text)) > 2_000


@pytest.mark.parametrize(
    "line", ["# a [b](c)\n<x>\n", "a\n-\n", "# same\n", "*a ", "<!-- ", "`a", "- {a} [b\n"]
)
def test_time_grows_with_the_page_and_not_with_its_square(line: str) -> None:
    """A page of this kind took minutes where each heading or sign looked through the rest of the page."""
    page = line * 4_000

    assert split_sections(page).cuts
    assert plain(page) is not None
    assert sentences(page) is not None
