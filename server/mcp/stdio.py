"""MCP over standard input and output, each line read strictly before the SDK has it.

Over HTTP `server.plain_bodies` refuses JSON that names something twice. The SDK reads lines itself, keeps the last of two
values without a word, and answers nothing at all to text with half a character in it, so that a client waits for ever.
"""

import json
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, BinaryIO, cast

from anyio.to_thread import run_sync
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic_core import from_json

from server.calls import Calls
from tools import strict_json
from tools.principal import Principal
from tools.redaction import storable

Answer = Callable[[SessionMessage], Awaitable[None]]
LONGEST_LINE = 4 * 1024 * 1024  # bytes; as much as a body over HTTP may have


class StrictLines:
    """The lines that mean one thing; others are answered with an error, and are in the audit like any refused call."""

    def __init__(
        self,
        lines: AsyncIterable[str | None],
        calls: Calls,
        local: Callable[[], Principal],
        *,
        answer: Answer,
    ) -> None:
        self._lines, self._calls, self._local, self._answer = lines, calls, local, answer

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._lines:
            if line is None:
                text = f"the message is longer than {LONGEST_LINE:,} bytes; send less at once"
                await self._refuse({}, ErrorData(code=INVALID_REQUEST, message=text))
            elif error := _error(line):
                await self._refuse(_message(line), error)
            elif line.strip():
                yield line

    async def _refuse(self, message: Mapping[str, Any], error: ErrorData) -> None:
        await self._calls.refused("call", self._local(), action=_tool(message), reason=error.message)
        if "id" in message or not message:  # nobody waits for an answer to a notification
            await self._answer(SessionMessage(JSONRPCError(jsonrpc="2.0", id=_id(message), error=error)))


async def serve_stdio(server: MCPServer[Any], calls: Calls, *, local: Callable[[], Principal]) -> None:
    """Serve one client until it closes standard input. `local` is whoever started the process."""
    streams: list[Any] = []

    async def answer(message: SessionMessage) -> None:
        await streams[0].send(message)

    lines = StrictLines(lines_of(_claimed_stdin()), calls, local, answer=answer)
    lowlevel = server._lowlevel_server
    # The SDK asks of its input no more than to iterate over it.
    async with stdio_server(stdin=cast(Any, lines)) as (read, write):
        streams.append(write)
        await lowlevel.run(read, write, lowlevel.create_initialization_options())


async def lines_of(stream: BinaryIO) -> AsyncIterator[str | None]:
    """Each line, whole; None for one that is longer than `LONGEST_LINE`, of which no more than that is ever held."""
    while line := await run_sync(stream.readline, LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < LONGEST_LINE:
            yield line.decode("utf-8", errors="replace")
            continue
        while line and not line.endswith(b"\n"):
            line = await run_sync(stream.readline, LONGEST_LINE)
        yield None


def _claimed_stdin() -> BinaryIO:
    """Standard input by another descriptor; 0 is empty from now on, so that no child reads what clients send.

    It is never closed: a thread may still wait for a line of it when the process ends.
    """
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(private, "rb", closefd=False)


def _error(line: str) -> ErrorData | None:
    """Why a line is refused; None for one that is not."""
    if not line.strip():
        return None
    try:
        from_json(line)
        strict_json.read(line)
    except strict_json.NamedTwice as error:
        return ErrorData(code=INVALID_REQUEST, message=f"the message {error}")
    except (ValueError, RecursionError) as error:
        return ErrorData(code=PARSE_ERROR, message=f"the message is no JSON that can be read: {error}"[:300])
    return None


def _message(line: str) -> dict[str, Any]:
    """What of a refused line can be read, to answer whoever waits for it; empty when nothing can."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _tool(message: Mapping[str, Any]) -> str:
    params = message.get("params")
    name = params.get("name") if isinstance(params, dict) else None
    return name if isinstance(name, str) else ""


def _id(message: Mapping[str, Any]) -> int | str | None:
    id = message.get("id")
    if isinstance(id, str):
        return storable(id)
    return id if isinstance(id, int) else None
