"""Hands what is sent to `/mcp` straight to the MCP endpoint.

Every call of a tool comes this way, and what FastAPI does to find one of its routes, and to look after what a route
depends on, is of no use to it: a twentieth of a millisecond each time.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from server.errors import FORESEEN, foreseen_response

PATH = "/mcp"


class McpDoor:
    """The innermost middleware: what the others refuse by an exception is told here as the routes tell it."""

    def __init__(self, app: ASGIApp, *, endpoint: ASGIApp) -> None:
        self._app, self._endpoint = app, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        try:
            await self._endpoint(scope, receive, send)
        except FORESEEN as error:
            response = await foreseen_response(Request(scope), error)
            await response(scope, receive, send)
