"""Refuses bodies that could be read as two different things, before any route has them.

That is JSON that names something twice (`tools.strict_json`), and a body that is compressed: what is signed for, limited
and recorded has to be what was sent, and a few kilobytes can unpack to more than any memory.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.calls import Calls
from server.errors import Problem, problem_response
from server.guard import door_of, known_principal
from server.refused_requests import RefusedRequests
from tools import strict_json


class PlainBodies:
    """Refuses a compressed body with 415 and one that names something twice with 422, each with a row in the audit.

    What is no JSON at all passes: the route that wanted JSON says so.
    """

    def __init__(self, app: ASGIApp, *, calls: Calls, refused: RefusedRequests) -> None:
        self._app, self._calls, self._refused = app, calls, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if coding := _coding(scope):
            text = f"the body is encoded as {coding[:80]!r}; send it as it is, without Content-Encoding"
            await self._note(scope, text)
            await problem_response(Problem(415, "encoded_body", text))(scope, receive, send)
            return
        parts: list[bytes] = []

        async def looked_at() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    await self._look(scope, b"".join(parts))
                    parts.clear()
            return message

        await self._app(scope, looked_at, send)

    async def _look(self, scope: Scope, body: bytes) -> None:
        try:
            strict_json.read(body or b"null")
        except strict_json.NamedTwice as error:
            await self._note(scope, str(error))
            raise HTTPException(422, f"the body {error}") from error
        except (ValueError, RecursionError):
            return

    async def _note(self, scope: Scope, reason: str) -> None:
        """With whoever called; who signs in is nobody yet, and may not fill the audit."""
        principal = known_principal(scope)
        if principal is None:
            await self._refused.note(HTTPConnection(scope), door=door_of(scope["path"]), reason=reason)
        else:
            await self._calls.refused("call", principal, reason=reason)


def _coding(scope: Scope) -> str:
    """How the body is compressed; empty when it is not."""
    stated = ", ".join(Headers(scope=scope).getlist("content-encoding")).strip().lower()
    return "" if stated == "identity" else stated
