"""Actions as MCP tools: the same name, schema, call path and result as every other door.

The SDK makes tools of Python signatures and validates twice; ours come with schemas, and `tools.call` is the
only place that validates, so that a model reads the same message through every door.
"""

import json
from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import PrivateAttr

from server.calls import Calls
from server.errors import expected, tool_error
from server.mcp.principal import current_principal
from tools.action import ActionInfo

APPLY = "apply_plan"
_APPLY_TEXT = """Carry out a plan that an action with an effect returned.

Call the action first: it answers with status `planned`, a plan in words and a digest. Show the plan to the
user, and only when they agree call this with the digest. A digest can be applied once, by whoever planned it.
"""
_APPLY_INPUT = {
    "type": "object",
    "properties": {
        "digest": {"type": "string", "description": "The digest of the plan, as the action returned it."}
    },
    "required": ["digest"],
    "additionalProperties": False,
}


class ActionTool(Tool):
    """One action, or the applying of a plan."""

    _calls: Calls = PrivateAttr()

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> CallToolResult:
        """Call through `Calls`; raises `ToolError` with what the model can act on."""
        principal = current_principal()
        given = _unwrapped(arguments, self.parameters)
        try:
            if self.name == APPLY:
                result = await self._calls.apply(str(given.get("digest", "")), principal)
            else:
                result = await self._calls.call(self.name, given, principal)
        except Exception as error:
            if not expected(error):
                raise
            raise tool_error(error) from error
        text = json.dumps(result, ensure_ascii=False)
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=result)


def tools_of(calls: Calls) -> list[Tool]:
    """Every action as a tool, in alphabetical order, and `apply_plan` if any of them has an effect."""
    infos = calls.actions.list()
    made = [_tool(info, calls) for info in infos]
    if any(not info.annotations.read_only for info in infos):
        made.append(_apply(infos, calls))
    return made


def _tool(info: ActionInfo, calls: Calls) -> Tool:
    hints = ToolAnnotations(
        read_only_hint=info.annotations.read_only,
        destructive_hint=info.annotations.destructive,
        idempotent_hint=info.annotations.idempotent,
        open_world_hint=info.annotations.open_world,
    )
    description = info.description
    if not info.annotations.read_only:
        description += f"\n\nThis only plans. Pass the digest of the plan to `{APPLY}` to carry it out."
    return _made(
        calls,
        name=info.name,
        title=info.title,
        description=description,
        parameters=info.input_schema,
        output=info.output_schema,
        annotations=hints,
    )


def _apply(infos: tuple[ActionInfo, ...], calls: Calls) -> Tool:
    effects = [info for info in infos if not info.annotations.read_only]
    hints = ToolAnnotations(
        read_only_hint=False,
        destructive_hint=any(info.annotations.destructive for info in effects),
        idempotent_hint=True,
        open_world_hint=any(info.annotations.open_world for info in effects),
    )
    return _made(
        calls,
        name=APPLY,
        title="Apply a plan",
        description=_APPLY_TEXT.strip(),
        parameters=_APPLY_INPUT,
        output=_any_result(effects[0].output_schema),
        annotations=hints,
    )


def _made(
    calls: Calls,
    *,
    name: str,
    title: str,
    description: str,
    parameters: dict[str, Any],
    output: dict[str, Any],
    annotations: ToolAnnotations,
) -> Tool:
    tool = ActionTool(
        fn=calls.call,
        name=name,
        title=title,
        description=description,
        parameters=parameters,
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=output),
        is_async=True,
        annotations=annotations,
    )
    tool._calls = calls
    return tool


def _any_result(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope's schema with a result of any action."""
    result = {
        "anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}],
        "description": "What the action answers once it is done.",
    }
    return {**envelope, "properties": {**envelope["properties"], "result": result}}


def _unwrapped(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Some clients send lists and objects as JSON inside a string; read those where no string is wanted."""
    found = dict(arguments)
    for name, value in arguments.items():
        if not isinstance(value, str) or value[:1] not in "[{" or not value:
            continue
        if not _takes_text(schema.get("properties", {}).get(name, {})):
            try:
                found[name] = json.loads(value)
            except (ValueError, RecursionError):
                continue
    return found


def _takes_text(schema: Mapping[str, Any]) -> bool:
    branches = schema.get("anyOf", (schema,))
    return any(branch.get("type", "string") == "string" for branch in branches)
