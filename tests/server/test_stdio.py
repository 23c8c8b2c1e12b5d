"""Lines that a client writes to standard input mean one thing, or are answered with an error."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.message import SessionMessage

from server.composition import Cuebook
from server.mcp.stdio import StrictLines, lines_of
from tests.server.test_recorded import rows_of


async def through(cuebook: Cuebook, *lines: str | None) -> tuple[list[str], list[dict[str, Any]]]:
    """What the SDK would read of these lines, and what was answered in its place."""
    answered: list[dict[str, Any]] = []

    async def given() -> AsyncIterator[str | None]:
        for line in lines:
            yield line

    async def answer(message: SessionMessage) -> None:
        answered.append(json.loads(message.message.model_dump_json(by_alias=True)))

    def local() -> Any:
        return cuebook.local_principal(door="mcp-stdio")

    passed = [line async for line in StrictLines(given(), cuebook.caller, local, answer=answer)]
    return passed, answered


def call(id: str, arguments: str) -> str:
    return f'{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"ask","arguments":{arguments}}}}}\n'


PLAIN = call("1", '{"question": "who?"}')


@pytest.mark.parametrize(
    ("line", "id", "code", "told"),
    [
        (call("2", '{"question": "a", "question": "b"}'), 2, -32600, "names 'question' twice"),
        (call('"x"', '{"digest": "a", "\\u0064igest": "b"}'), "x", -32600, "names 'digest' twice"),
        (call("3", '{"digest": "\\ud800"}'), 3, -32700, "is no JSON that can be read"),
        (call('"\\ud800"', "{}"), "?", -32700, "is no JSON that can be read"),
        (call("[4]", '{"a": 1, "a": 2}'), None, -32600, "names 'a' twice"),
        (call("5", "[" * 5_000 + "]" * 5_000), None, -32700, "is no JSON that can be read"),
        ("{oops\n", None, -32700, "is no JSON that can be read"),
        ('[{"a": 1, "a": 2}]', None, -32600, "names 'a' twice"),
    ],
)
async def test_a_line_that_could_be_read_as_two_things_is_answered_and_recorded(
    line: str, id: Any, code: int, told: str, cuebook: Cuebook
) -> None:
    passed, answered = await through(cuebook, PLAIN, line, "\n", PLAIN)

    assert passed == [PLAIN, PLAIN]
    assert [(each["id"], each["error"]["code"]) for each in answered] == [(id, code)]
    assert told in answered[0]["error"]["message"]
    (row,) = rows_of(cuebook)
    assert (row["kind"], row["door"], row["outcome"]) == ("call", "mcp-stdio", "denied")
    assert told in row["reason"]


async def test_a_line_without_end_is_dropped_while_it_is_read(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.mcp.stdio.LONGEST_LINE", 300)
    sent = (PLAIN + "é" * 5_000 + "\n" + "x" * 299 + "\n" + "x" * 300 + PLAIN + PLAIN + "last").encode()
    lines = [line async for line in lines_of(io.BytesIO(sent))]
    assert lines == [PLAIN, None, "x" * 299 + "\n", None, PLAIN, "last"]

    passed, answered = await through(cuebook, *lines[:2])
    assert passed == [PLAIN]
    assert [each["id"] for each in answered] == [None]
    assert "longer than 300 bytes; send less at once" in answered[0]["error"]["message"]
    (row,) = rows_of(cuebook)
    assert (row["door"], row["outcome"]) == ("mcp-stdio", "denied")


async def test_a_notification_that_is_refused_is_not_answered(cuebook: Cuebook) -> None:
    passed, answered = await through(cuebook, '{"jsonrpc":"2.0","method":"x","params":{"a":1,"a":2}}')
    assert (passed, answered) == ([], [])
    assert len(rows_of(cuebook)) == 1


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _JSON, max_size=3))
async def test_whatever_means_one_thing_passes_letter_by_letter(arguments: dict[str, Any]) -> None:
    async def lines() -> AsyncIterator[str | None]:
        yield json.dumps(arguments)
        yield json.dumps(arguments, ensure_ascii=False)

    nobody: Any = None
    passed = [line async for line in StrictLines(lines(), nobody, nobody, answer=nobody)]
    assert [json.loads(line) for line in passed] == [arguments, arguments]
