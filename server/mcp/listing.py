"""Which tools `tools/list` shows: those of the toolsets that the address, or else the setting, names.

    /mcp                          a short list: the toolset `ask`, and what leads to all the rest
    /mcp?toolsets=recsys,operate  these, with their output schemas
    /mcp?toolsets=all             every action

A list costs a model attention on every turn, so the short one leaves out what a model does not need to call:
output schemas (results say the same), titles that repeat the description's first words, limits of lengths and
empty defaults (a call that breaks a limit is told so).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver.tools import Tool as ServedTool
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, ListToolsResult, PaginatedRequestParams, Tool
from starlette.requests import Request

from server.composition import Cuebook
from tools.toolset import Toolset

_LENGTHS = frozenset({"minLength", "maxLength", "minItems", "maxItems"})


def list_toolsets(server: MCPServer[Any], tools: Sequence[ServedTool], cuebook: Cuebook) -> None:
    """Answer `tools/list` in place of the SDK, which lists everything."""
    toolset_of = {info.name: info.toolset for info in cuebook.actions.list()}
    listed = [(toolset_of.get(tool.name), _whole(tool)) for tool in tools]
    short = [_short(tool) for toolset, tool in listed if toolset in (Toolset.ASK, None)]

    async def handler(
        ctx: ServerRequestContext[Any, Any], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        wanted = _asked_for(ctx.request) or cuebook.settings.mcp.toolsets
        chosen = [tool for toolset, tool in listed if toolset is None or toolset in wanted]
        return ListToolsResult(tools=chosen if wanted else short)

    server._lowlevel_server.add_request_handler("tools/list", PaginatedRequestParams, handler)


def _asked_for(request: Any) -> tuple[Toolset, ...]:
    """The toolsets in the address of an HTTP request; none elsewhere."""
    if not isinstance(request, Request):
        return ()
    try:
        return Toolset.named(request.query_params.get("toolsets", ""))
    except ValueError as error:
        raise MCPError(code=INVALID_PARAMS, message=str(error)) from error


def _whole(tool: ServedTool) -> Tool:
    return Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.parameters,
        output_schema=tool.output_schema,
        annotations=tool.annotations,
    )


def _short(tool: Tool) -> Tool:
    said = (tool.description or "").startswith(tool.title or "")
    left_out = {"output_schema": None, **({"title": None} if said else {})}
    return tool.model_copy(update={**left_out, "input_schema": _lean(tool.input_schema)})


def _lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without limits of lengths and empty defaults; names, types, descriptions and ranges stay."""
    kept = {
        key: value
        for key, value in schema.items()
        if key not in _LENGTHS and not (key == "default" and value in ("", [], None, False))
    }
    properties = {name: _lean(sub) for name, sub in schema.get("properties", {}).items()}
    return {**kept, "properties": properties} if properties else kept
