"""`POST /api/v1/ask/stream`: the action `ask`, heard while it works, as server-sent events.

Events: `retrieved` (hits), `text` (delta), `citation`, `done` (the result of the action, whole) or `error`
(`{"code", "message", "details"}`). What fails before the first event is an ordinary HTTP error.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from server.composition import Cuebook
from server.errors import expected, problem_of
from server.guard import principal_of
from server.rest.arguments import arguments_of, request_body
from server.rest.problems import failures
from tools.principal import Principal

_QUIET_SECONDS = 15.0
_PASSED_ON = frozenset({"retrieved", "text", "citation"})
Event = Mapping[str, Any]


def ask_stream_routes(cuebook: Cuebook) -> APIRouter:
    """The one streaming route."""
    router = APIRouter(prefix="/api/v1", tags=["actions"])
    schema = cuebook.actions.get("ask").info.input_schema

    @router.post(
        "/ask/stream",
        summary="Ask, and read the answer while it is written",
        description=(__doc__ or "").partition("\n\n")[2],
        operation_id="ask_stream",
        response_class=StreamingResponse,
        responses={
            **failures(404, 422),
            200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}},
        },
        openapi_extra={"requestBody": request_body(schema)},
    )
    async def ask_stream(request: Request) -> StreamingResponse:
        asked = Asked(cuebook, await arguments_of(request), principal_of(request))
        first = await asked.next()
        return StreamingResponse(
            asked.events(first),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
        )

    return router


class Asked:
    """One question under way. Whoever stops listening cancels it."""

    def __init__(self, cuebook: Cuebook, arguments: Mapping[str, Any], principal: Principal) -> None:
        self._heard: asyncio.Queue[Event] = asyncio.Queue()
        call = cuebook.caller.call("ask", arguments, principal, listen=self._heard.put_nowait)
        self._task = asyncio.create_task(call)
        self._task.add_done_callback(_retrieve)

    async def next(self) -> Event | None:
        """The next event; `done` comes last, None when nothing happened for a while. Raises what failed."""
        waiting = asyncio.ensure_future(self._heard.get())
        try:
            await asyncio.wait(
                {waiting, self._task}, timeout=_QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting.done():
                return waiting.result()
            if not self._task.done():
                return None
            await asyncio.sleep(0)  # events that the action told last are on their way into the queue
            return (
                self._heard.get_nowait() if not self._heard.empty() else {**await self._task, "type": "done"}
            )
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        finally:
            waiting.cancel()

    async def events(self, first: Event | None) -> AsyncIterator[str]:
        """All events in the wire format, beginning with `first`."""
        event = first
        try:
            while True:
                if event is None:
                    yield ": still here\n\n"
                elif event["type"] == "done" and self._task.done():
                    yield _wire("done", {**await self._task})
                    return
                elif event["type"] in _PASSED_ON:
                    data = {key: value for key, value in event.items() if key != "type"}
                    yield _wire(event["type"], data.get("citation", data))
                event = await self.next()
        except Exception as error:
            if not expected(error):
                structlog.get_logger(__name__).exception("an answer broke off")
            yield _wire("error", problem_of(error).body()["error"])
        finally:
            self._task.cancel()


def _wire(event: str, data: Mapping[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False, default=str)}\n\n"


def _retrieve(task: "asyncio.Task[dict[str, Any]]") -> None:
    """Whoever listened has seen its failure, or has gone."""
    if not task.cancelled():
        task.exception()
