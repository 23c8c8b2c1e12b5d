"""Asking over server-sent events."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from ingest.errors import EmbedderUnavailable
from server.composition import Cuebook

QUESTION = {"question": "How do I restart the ranker?"}


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [
        (block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: "))) for block in blocks
    ]


async def test_an_answer_arrives_in_pieces_and_ends_with_the_whole(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/ask/stream", json=QUESTION)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    events = events_of(answer.text)
    assert events[0][0] == "retrieved"
    assert {name for name, _ in events} == {"retrieved", "citation", "text", "done"}
    cited = next(data for name, data in events if name == "citation")
    name, done = events[-1]
    assert name == "done"
    assert cited == done["citations"][0]
    assert done["context"]


async def test_the_stream_ends_with_what_the_action_answers(client: httpx.AsyncClient) -> None:
    streamed = events_of((await client.post("/api/v1/ask/stream", json=QUESTION)).text)[-1][1]
    called = (await client.post("/api/v1/actions/ask", json=QUESTION)).json()

    own = {"context": "", "answer_id": ""}  # of each call
    assert {**streamed, **own} == {**called, **own}


async def test_wrong_arguments_are_an_ordinary_error(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/ask/stream", json={"question": 3})

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_arguments"


class Breaking:
    """An assistant that finds passages and then fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def stream(self, _question: str, **_options: object) -> Iterator[Mapping[str, Any]]:
        yield {"type": "retrieved", "hits": ()}
        raise self._error


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (EmbedderUnavailable("start it"), "unavailable", "start it"),
        (KeyError("pw"), "action_failed", "fault"),
    ],
)
async def test_a_failure_on_the_way_is_the_last_event(
    error: Exception, code: str, text: str, client: httpx.AsyncClient, cuebook: Cuebook
) -> None:
    cuebook.parts.assistant_double = Breaking(error)  # type: ignore[attr-defined]  # the double of memory.py

    events = events_of((await client.post("/api/v1/ask/stream", json=QUESTION)).text)

    assert [name for name, _ in events] == ["retrieved", "error"]
    assert events[-1][1]["code"] == code
    assert text in events[-1][1]["message"]


async def test_whoever_stops_listening_stops_the_work(cuebook: Cuebook) -> None:
    from server.rest.ask_stream import Asked

    gone = threading.Event()

    class Endless:
        def stream(self, _question: str, **_options: object) -> Iterator[Mapping[str, Any]]:
            yield {"type": "retrieved", "hits": ()}
            gone.wait(5)
            yield {"type": "text", "delta": "too late"}

    cuebook.parts.assistant_double = Endless()  # type: ignore[attr-defined]  # the double of memory.py
    asked = Asked(cuebook, QUESTION, cuebook.local_principal(door="rest"))
    events = asked.events(await asked.next())

    assert (await anext(events)).startswith("event: retrieved")
    await events.aclose()  # type: ignore[attr-defined]  # an async generator
    gone.set()
    await asyncio.wait({asked._task})

    assert asked._task.cancelled()
