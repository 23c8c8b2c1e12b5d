"""What a model is told of an answer: nothing twice, and no statement without its place."""

from typing import Any

from tools.passages import told_once

_REVISION = "git:0123456789abcdef0123456789abcdef01234567"


def cited(number: int, quote: str, anchor: str = "retries") -> dict[str, Any]:
    place = {"entity": "component:default/gateway", "path": "index.md", "anchor": anchor}
    known = {
        "heading": "Retries",
        "revision": _REVISION,
        "owner": "group:default/a",
        "modified": "2026-05-01",
    }
    vouching = {"reviewed": None, "unvouched": "", "link": "/docs/component/default/gateway/index#retries"}
    return {"number": number, **place, **known, **vouching, "quote": quote}


def test_a_quote_that_the_answer_says_is_told_by_its_first_words() -> None:
    quote = "Reads are retried three times,\nwith 250 ms between them."
    (told,) = told_once([cited(1, quote)], "Reads are retried three times, [1] with 250 ms between them.")
    assert told["quote"] == "Reads are retried three times,\nwith"
    assert told["quote"] in quote


def test_a_quote_that_the_answer_puts_otherwise_is_told_whole() -> None:
    (told,) = told_once(
        [cited(1, "Reads are retried three times.")], "They try again, up to three times. [1]"
    )
    assert told["quote"] == "Reads are retried three times."


def test_what_goes_with_a_section_is_told_at_its_first_citation() -> None:
    first, again, other = told_once([cited(1, "a"), cited(2, "b"), cited(3, "c", anchor="writes")], "")
    assert (first["owner"], first["revision"]) == ("group:default/a", "git:0123456789ab")
    assert (again["anchor"], again["owner"], again["link"]) == ("retries", None, "")
    assert other["owner"] == "group:default/a"
