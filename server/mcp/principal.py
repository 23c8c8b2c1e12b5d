"""Whom an MCP request comes from: whoever the HTTP guard verified, or the user who started the process."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext

from server.guard import principal_of
from tools.principal import Principal

_principal: ContextVar[Principal] = ContextVar("cuebook_mcp_principal")


def current_principal() -> Principal:
    """On whose behalf the request runs that is being handled right now."""
    return _principal.get()


def attach_principal(local: Callable[[], Principal]) -> ServerMiddleware[Any]:
    """Middleware that settles the principal of each message; `local` is asked where there is no HTTP request."""

    async def attach(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        # Not a fallback: over HTTP the guard has always set one, and its absence must fail.
        principal = local() if ctx.request is None else principal_of(ctx.request)
        token = _principal.set(principal)
        try:
            return await call_next(ctx)
        finally:
            _principal.reset(token)

    return attach
