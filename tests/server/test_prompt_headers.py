"""Nobody holds a connection by headers that come slowly, and nobody fills the memory with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

import server.prompt_headers
from server.cli.serve import listen
from server.prompt_headers import HEADER_BYTES, PromptHeaders

HEAD = b"GET /x HTTP/1.1\r\nHost: localhost\r\n"


class OverH11(PromptHeaders, H11Protocol):
    """What is used where httptools is not installed."""


async def _app(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
    await send({"type": "http.response.body", "body": b"%07d" % len(body)})


@asynccontextmanager
async def connected(
    protocol: type[PromptHeaders],
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    listener = listen("127.0.0.1", 0)
    serving = uvicorn.Server(uvicorn.Config(_app, http=protocol, log_config=None, lifespan="off"))
    task = asyncio.create_task(serving.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        serving.should_exit = True
        await task


@pytest.fixture(params=[PromptHeaders, OverH11])
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[PromptHeaders]:
    monkeypatch.setattr(server.prompt_headers, "HEADER_SECONDS", 0.1)
    found: type[PromptHeaders] = request.param
    return found


async def test_headers_that_do_not_end_are_answered_and_the_connection_closed(
    protocol: type[PromptHeaders],
) -> None:
    async with connected(protocol) as (reader, writer):
        writer.write(HEAD)
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"had not come after 0.1 s" in answer


async def test_a_connection_that_says_nothing_is_closed_without_a_word(protocol: type[PromptHeaders]) -> None:
    async with connected(protocol) as (reader, _writer):
        assert await reader.read() == b""


async def test_headers_without_end_are_refused_while_they_come(
    protocol: type[PromptHeaders], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.prompt_headers, "HEADER_SECONDS", 30)
    async with connected(protocol) as (reader, writer):
        writer.write(HEAD + b"X: " + b"x" * (HEADER_BYTES - 100))
        await asyncio.sleep(0.05)
        writer.write(b"x" * 200)
        answer = await reader.read()
    assert answer.split()[1] in {b"431", b"400"}  # h11 has a limit of its own and says 400


async def test_a_second_request_has_the_same_time_and_no_more(protocol: type[PromptHeaders]) -> None:
    async with connected(protocol) as (reader, writer):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"0000000")).startswith(b"HTTP/1.1 200")
        writer.write(HEAD)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_may_take_longer_than_headers_and_be_longer(protocol: type[PromptHeaders]) -> None:
    async with connected(protocol) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 200000\r\n\r\n")
        for _ in range(4):
            await asyncio.sleep(0.05)
            writer.write(b"x" * 50_000)
            await writer.drain()
        assert (await reader.readuntil(b"0200000")).startswith(b"HTTP/1.1 200")
