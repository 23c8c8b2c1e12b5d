"""One log line and one count for each request, and the headers that every answer has.

The line has the path without its query: what people search for is nobody's business but theirs. MCP requests that are
answered have none unless details are wanted: they come by the thousand, and the audit has a row for each call.
"""

import logging
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.telemetry import Telemetry
from server.web.shell import SECURITY_HEADERS

_MCP = "/mcp"
_OFTEN = ("/healthz", "/readyz", "/metrics", "/static/", "/api/v1/health", "/api/v1/ready")


class Access:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, *, telemetry: Telemetry) -> None:
        self._app, self._telemetry = app, telemetry
        self._log, self._details = structlog.get_logger("server.access"), logging.getLogger("server.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])  # the MCP SDK sends an HTTPStatus
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, path = scope["method"], scope["path"]
        self._telemetry.request(method=_method(method), route=_route(scope), status=status, seconds=seconds)
        often = path.startswith(_OFTEN) or (path == _MCP and status < 400)
        if often and not self._details.isEnabledFor(logging.DEBUG):
            return  # a line that nobody reads costs as much as all else here
        tell = self._log.debug if often else self._log.info
        tell("request", method=method, path=path, status=status, ms=round(seconds * 1000, 1))


def _route(scope: Scope) -> str:
    """The route's pattern: a label must not grow with what clients send."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    if scope["path"] == _MCP:
        return _MCP
    return "/static" if scope["path"].startswith("/static/") else "(none)"


def _method(method: str) -> str:
    return method if method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH") else "(other)"
