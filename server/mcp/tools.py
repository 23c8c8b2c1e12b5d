"""Actions as MCP tools: the same name, schema, call path and result as every other door.

The SDK makes tools of Python signatures and validates twice; ours come with schemas, and `tools.call` is the
only place that validates, so that a model reads the same message through every door.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import PrivateAttr
from pydantic_core import to_json

from server.calls import Calls
from server.errors import expected, tool_error
from server.identity.wanted import want_scope
from server.mcp.finding import (
    CALL_INPUT,
    CALL_TEXT,
    FIND_INPUT,
    FIND_OUTPUT,
    FIND_TEXT,
    Call,
    calling,
    finding,
    read_by_models,
)
from server.mcp.principal import current_principal
from server.mcp.sparse import sparse_schema
from tools import strict_json
from tools.action import ActionInfo

APPLY, REJECT, CALL, FIND = "apply_plan", "reject_plan", "call_action", "find_actions"
LEADING = (APPLY, REJECT, CALL, FIND)  # listed with every toolset
_APPLY_TEXT = """Carry out a plan that an action with an effect returned.

Call the action first: it answers a plan in words and a digest. Show the plan to the user, and only when they agree
call this with the digest, which works once. Status `waiting` is no error: a person has to approve it first, which no
tool can do. Tell the user whose approval it takes and the digest; ask get_plan later, and apply it once approved.
"""
_REJECT_TEXT = "Take back a plan of yours for good, while nothing of it was done. A job that runs is ended by cancel_job."
_DIGEST_INPUT = {
    "type": "object",
    "properties": {
        "digest": {"type": "string", "description": "The digest of the plan, as the action returned it."}
    },
    "required": ["digest"],
    "additionalProperties": False,
}


class ActionTool(Tool):
    """A tool that takes its arguments as they come and answers JSON: an action, or what leads to one."""

    _call: Call = PrivateAttr()

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> CallToolResult:
        """Raises `ToolError` with what the model can act on."""
        try:
            result = await self._call(_unwrapped(arguments, self.parameters), current_principal())
        except Exception as error:
            if not expected(error):
                raise
            want_scope(context.request_context.request, error)
            raise tool_error(error) from error
        text = to_json(result).decode()
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=result)


def tools_of(calls: Calls) -> list[Tool]:
    """Every action as a tool, in alphabetical order, then what leads to them."""
    infos = calls.actions.list()
    effects = [info for info in infos if not info.annotations.read_only]
    made = [_action(info, calls) for info in infos]
    return [*made, *(_deciding(effects, calls) if effects else []), _any_action(infos, calls), _find(infos)]


def _action(info: ActionInfo, calls: Calls) -> Tool:
    async def call(arguments: Mapping[str, Any], principal: Any) -> dict[str, Any]:
        return read_by_models(await calls.call(info.name, arguments, principal), info.name, calls)

    description = info.description
    if not info.annotations.read_only:
        description += f"\n\nThis only plans. Pass the digest of the plan to `{APPLY}` to carry it out."
    return _made(
        call,
        name=info.name,
        title=info.title,
        description=description,
        parameters=info.input_schema,
        output=sparse_schema(info.output_schema, calls.actions.get(info.name).output),
        annotations=_hints(
            [info], read_only=info.annotations.read_only, idempotent=info.annotations.idempotent
        ),
    )


def _apply(effects: Sequence[ActionInfo], calls: Calls) -> Tool:
    async def apply(arguments: Mapping[str, Any], principal: Any) -> dict[str, Any]:
        return await calls.apply(str(arguments.get("digest", "")), principal)

    return _made(
        apply,
        name=APPLY,
        title="Apply a plan",
        description=_APPLY_TEXT.strip(),
        parameters=_DIGEST_INPUT,
        output=_any_result(effects[0].output_schema),
        annotations=_hints(effects, read_only=False, idempotent=True),
    )


def _deciding(effects: Sequence[ActionInfo], calls: Calls) -> list[Tool]:
    """Apply a plan, and take one back; none that approves."""
    return [_apply(effects, calls), _reject(effects, calls)]


def _reject(effects: Sequence[ActionInfo], calls: Calls) -> Tool:
    async def reject(arguments: Mapping[str, Any], principal: Any) -> dict[str, Any]:
        return await calls.reject(str(arguments.get("digest", "")), principal)

    return _made(
        reject,
        name=REJECT,
        title="Reject a plan",
        description=_REJECT_TEXT,
        parameters=_DIGEST_INPUT,
        output=_any_result(effects[0].output_schema),
        annotations=_hints([], read_only=False, idempotent=True),
    )


def _any_action(infos: Sequence[ActionInfo], calls: Calls) -> Tool:
    """Its hints are those of the most that it can reach: a client that asks before writes asks before this."""
    return _made(
        calling(calls),
        name=CALL,
        title="Call an action by name",
        description=CALL_TEXT,
        parameters=CALL_INPUT,
        output={"type": "object", "additionalProperties": True},
        annotations=_hints(
            infos, read_only=all(info.annotations.read_only for info in infos), idempotent=False
        ),
    )


def _find(infos: Sequence[ActionInfo]) -> Tool:
    return _made(
        finding(infos),
        name=FIND,
        title="Find an action",
        description=FIND_TEXT,
        parameters=FIND_INPUT,
        output=FIND_OUTPUT,
        annotations=_hints([], read_only=True, idempotent=True),
    )


def _hints(infos: Sequence[ActionInfo], *, read_only: bool, idempotent: bool) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=read_only,
        destructive_hint=any(info.annotations.destructive for info in infos),
        idempotent_hint=idempotent,
        open_world_hint=any(info.annotations.open_world for info in infos),
    )


def _made(
    call: Call,
    *,
    name: str,
    title: str,
    description: str,
    parameters: dict[str, Any],
    output: dict[str, Any],
    annotations: ToolAnnotations,
) -> Tool:
    tool = ActionTool(
        fn=call,
        name=name,
        title=title,
        description=description,
        parameters=parameters,
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=output),
        is_async=True,
        annotations=annotations,
    )
    tool._call = call
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
                found[name] = strict_json.read(value)
            except (ValueError, RecursionError):
                continue
    return found


def _takes_text(schema: Mapping[str, Any]) -> bool:
    branches = schema.get("anyOf", (schema,))
    return any(branch.get("type", "string") == "string" for branch in branches)
