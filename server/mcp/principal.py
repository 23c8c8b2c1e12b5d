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
        token = _principal.set(principal.model_copy(update={"client": _client(principal, ctx)}))
        try:
            return await call_next(ctx)
        finally:
            _principal.reset(token)

    return attach


def _client(principal: Principal, ctx: ServerRequestContext[Any, Any]) -> str:
    """The client as its token names it, and as it names itself."""
    params = ctx.session.client_params
    named = f"{params.client_info.name}/{params.client_info.version}" if params else ""
    return " ".join(part for part in (principal.client, named) if part)[:200]
