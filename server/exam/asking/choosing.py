"""Requests in words as a language model chooses: among the actions as its tools, or as the client of our MCP server.

The model is told the names that the router knows, for it cannot look them up in one turn. What it would call is read off
and never called, but for `find_actions`, which leads an MCP client to what its short list leaves out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import anyio.to_thread

from server.exam.asking.requests import Chosen, Wanted, judged
from tools.routing.known import Known
from tools.routing.router import NONE

if TYPE_CHECKING:
    from mcp import Client

    from ingest.answers.model import Message, ToolCall
    from tools.catalogue import Actions

FIND, CALL = "find_actions", "call_action"
_STEPS = 4  # calls until a client has chosen
_ORDER = (
    "You carry out requests by calling one tool, with exactly the arguments that the request says and no defaults. Entities "
    "are written kind:namespace/name. Where no tool does what is asked, call none and say so."
)


class Chooser(Protocol):
    """See `ingest.answers.model.OpenAIChatModel.chosen`."""

    def chosen(
        self, messages: "Sequence[Message]", tools: Sequence[Mapping[str, object]]
    ) -> "ToolCall | None": ...


@dataclass(frozen=True)
class Told:
    """What a model is told before the request: the task, the day, and the names of the operation."""

    known: Known
    today: date

    def messages(self, request: str) -> "list[Message]":
        from ingest.answers.model import Message

        known = self.known
        names = {
            "today": self.today.isoformat(),
            "models": {
                each.name: {"newest": each.newest, "aliases": dict(each.aliases)}
                for each in known.models.values()
            },
            "kinds of models": known.kinds,
            "data sets": known.data,
            "protocols": known.protocols,
            "playbooks": known.playbooks,
            "repositories": known.repositories,
            "surfaces": known.surfaces,
            "jobs, newest first": [
                {"id": job.id, "recipe": job.recipe, "state": job.state, "called": job.words}
                for job in known.jobs
            ],
            "your newest plan": known.plans[:1],
            "entities": [str(each.ref) for each in known.catalog.entities] if known.catalog else [],
        }
        text = f"{_ORDER}\n\nNames here:\n{json.dumps(names, ensure_ascii=False)}"
        return [Message("system", text), Message("user", request)]


async def chosen_among_actions(
    wanted: Sequence[Wanted],
    model: Chooser,
    told: Told,
    actions: "Actions",
    *,
    done: Callable[[int], None] = lambda _count: None,
) -> list[Chosen]:
    """Every action but the router itself is a tool. Raises `ModelUnavailable`."""
    tools = [
        {"name": info.name, "description": info.description, "parameters": info.input_schema}
        for info in actions.list()
        if info.name != "route_request"
    ]
    found = []
    for number, each in enumerate(wanted, 1):
        call = await anyio.to_thread.run_sync(model.chosen, told.messages(each.request), tools)
        found.append(_judged(each, call, actions))
        done(number)
    return found


async def chosen_over_mcp(
    wanted: Sequence[Wanted],
    model: Chooser,
    told: Told,
    actions: "Actions",
    client: "Client",
    *,
    done: Callable[[int], None] = lambda _count: None,
) -> list[Chosen]:
    """The tools are those that `client` is listed. Raises `ModelUnavailable`."""
    listed = (await client.list_tools()).tools
    tools = [
        {"name": tool.name, "description": tool.description or "", "parameters": tool.input_schema}
        for tool in listed
    ]
    found = []
    for number, each in enumerate(wanted, 1):
        call = await _settled(model, told.messages(each.request), tools, client)
        found.append(_judged(each, call, actions))
        done(number)
    return found


async def _settled(
    model: Chooser, messages: "list[Message]", tools: Sequence[Mapping[str, object]], client: "Client"
) -> "ToolCall | None":
    """What the client would call once it has found what it looked for; none when it goes on looking."""
    from ingest.answers.model import Message, ToolCall

    for _ in range(_STEPS):
        call = await anyio.to_thread.run_sync(model.chosen, messages, tools)
        if call is None:
            return None
        if call.name == CALL:
            arguments = call.arguments.get("arguments")
            return ToolCall(
                str(call.arguments.get("name", "")), arguments if isinstance(arguments, dict) else {}
            )
        if call.name != FIND:
            return call
        result = await client.call_tool(FIND, dict(call.arguments))
        said = json.dumps(result.structured_content or {}, ensure_ascii=False)
        messages = [
            *messages,
            Message("assistant", f"{FIND} {json.dumps(dict(call.arguments))}"),
            Message("user", f"{FIND} answered:\n{said}\nNow call what was asked for."),
        ]
    return None


def _judged(wanted: Wanted, call: "ToolCall | None", actions: "Actions") -> Chosen:
    if call is None or call.name not in actions:
        return judged(wanted, NONE, {}, actions)
    arguments: dict[str, Any] = {name: value for name, value in call.arguments.items() if value is not None}
    return judged(wanted, call.name, arguments, actions)
