"""How much one result holds, and that its cursor loses and repeats nothing."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tools.bounds import LARGEST, fitting, titled


class Line(BaseModel):
    text: str


@given(st.lists(st.integers(min_value=0, max_value=2 * LARGEST), max_size=12))
def test_following_the_cursor_gives_every_item_once_in_pages_that_fit(lengths: list[int]) -> None:
    lines = [Line(text=f"{number}{'x' * length}") for number, length in enumerate(lengths)]
    seen: list[Line] = []
    while len(seen) < len(lines):
        page = fitting(lines[len(seen) :])
        assert page
        assert len(page) == 1 or sum(len(line.model_dump_json()) for line in page) <= LARGEST
        seen += page

    assert seen == lines


@given(st.lists(st.text(max_size=60), max_size=30), st.integers(min_value=1, max_value=900))
def test_a_page_holds_as_much_as_fits_and_no_less(texts: list[str], room: int) -> None:
    lines = [Line(text=text) for text in texts]
    page = fitting(lines, room=room)

    lengths = [len(line.model_dump_json()) for line in lines]
    assert len(page) == len(lines) or sum(lengths[: len(page) + 1]) > room
    assert len(page) <= 1 or sum(lengths[: len(page)]) <= room


def test_a_title_that_is_a_page_is_shortened_and_says_so() -> None:
    assert titled("Home ranker") == "Home ranker"
    assert titled("x" * 5_000).endswith(" …")
