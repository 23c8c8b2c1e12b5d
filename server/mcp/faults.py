"""Names that do not exist are protocol faults (-32602), which the SDK reports as failed tools or internal errors.

A tool that does not exist is recorded like every other call that was refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from server.calls import Calls
from server.mcp.principal import current_principal


def refuse_unknown_names(
    server: MCPServer[Any], calls: Calls, *, tools: Sequence[str]
) -> ServerMiddleware[Any]:
    """Middleware that answers -32602 for an unknown tool or prompt, and for a prompt without its arguments."""

    async def refuse(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        params = ctx.params or {}
        if ctx.method == "tools/call":
            try:
                _check("tool", params.get("name"), tools)
            except MCPError as error:
                name, reason = str(params.get("name")), error.error.message
                await calls.refused("call", current_principal(), action=name, reason=reason)
                raise
        elif ctx.method == "prompts/get":
            prompts = {prompt.name: prompt for prompt in await server.list_prompts()}
            _check("prompt", params.get("name"), prompts)
            prompt = prompts.get(str(params.get("name")))
            needed = [argument.name for argument in (prompt and prompt.arguments) or () if argument.required]
            _check_arguments(params.get("name"), needed, params.get("arguments") or {})
        return await call_next(ctx)

    return refuse


def _check(what: str, name: Any, known: Iterable[str]) -> None:
    """A name that is no text is left to the SDK's own validation."""
    names = list(known)
    if not isinstance(name, str) or name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
    raise MCPError(code=INVALID_PARAMS, message=f"Unknown {what}: {name[:80]!r}; {hint}")


def _check_arguments(name: Any, needed: Iterable[str], given: Any) -> None:
    missing = [argument for argument in needed if not isinstance(given, Mapping) or not given.get(argument)]
    if missing:
        raise MCPError(
            code=INVALID_PARAMS, message=f"prompt {name!r} needs the argument {', '.join(missing)}"
        )
