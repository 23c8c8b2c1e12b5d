"""Refuses bodies whose JSON could be read as two different things (`tools.strict_json`), before any route has them."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.calls import Calls
from server.guard import principal_of_scope
from tools import strict_json


class PlainBodies:
    """Refuses a body whose JSON names something twice, with 422 and a row in the audit.

    What is no JSON at all passes: the route that wanted JSON says so.
    """

    def __init__(self, app: ASGIApp, *, calls: Calls) -> None:
        self._app, self._calls = app, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []

        async def looked_at() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    await self._look(scope, b"".join(parts))
                    parts.clear()
            return message

        await self._app(scope, looked_at if scope["type"] == "http" else receive, send)

    async def _look(self, scope: Scope, body: bytes) -> None:
        try:
            strict_json.read(body or b"null")
        except strict_json.NamedTwice as error:
            await self._calls.refused("call", principal_of_scope(scope), reason=str(error))
            raise HTTPException(422, f"the body {error}") from error
        except (ValueError, RecursionError):
            return
