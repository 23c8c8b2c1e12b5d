"""`find_actions` and `call_action`: every action within reach of a client that lists only a few.

Finding reads what REST lists too. Calling is the call: the same validation, scopes, policy and audit, under the
action's own name.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from server.calls import Calls
from server.mcp.sparse import sparse
from tools.action import ActionInfo
from tools.errors import InvalidArguments, Problem
from tools.principal import Principal
from tools.redaction import redacted, shortened
from tools.schema import portable_schema
from tools.shapes import Input, Output
from tools.toolset import Toolset

Call = Callable[[Mapping[str, Any], Principal], Awaitable[dict[str, Any]]]

_A_PAGE = 20
_IN_FULL = 3
FIND_TEXT = """Find actions that are not listed as tools: training, evaluation, jobs, models, index, audit and more.

Up to three matches, or an exact name, come with description and input schema; more come as one line each. Pass the
name and arguments to call_action."""
CALL_TEXT = """Call an action that find_actions described, by its name.

The same as a tool of that name: same checks, same answer. One with an effect answers a plan for apply_plan."""


class FindActions(Input):
    text: str = Field(
        default="", max_length=200, description="Words such as 'train model', or a name; empty for all."
    )
    toolset: Toolset | None = Field(default=None, description="Only of this toolset.")
    offset: int = Field(default=0, ge=0, description="Where to go on: next_offset of the last answer.")


class CallAction(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64, description="The action's name.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Its arguments, by its input schema.")


class ActionLine(Output):
    name: str = Field(description="Pass it to call_action.")
    title: str = Field(description="What it does.")
    effect: str = Field(description="reads, writes, starts_job or destroys.")
    scope: str = Field(description="What a caller needs to hold.")
    toolset: str = Field(description="What it belongs to.")
    description: str | None = Field(description="In full; null when there are too many matches.")
    input_schema: dict[str, Any] | None = Field(description="JSON Schema of its arguments; null likewise.")


class FoundActions(Output):
    total: int = Field(description="How many actions match in all.")
    actions: tuple[ActionLine, ...] = Field(description="This part of them, best first.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


FIND_INPUT = portable_schema(FindActions, mode="validation")
FIND_OUTPUT = portable_schema(FoundActions, mode="serialization")
CALL_INPUT = portable_schema(CallAction, mode="validation")


def finding(infos: Sequence[ActionInfo]) -> Call:
    """Searches `infos`; raises `InvalidArguments`."""

    async def find(arguments: Mapping[str, Any], _principal: Principal) -> dict[str, Any]:
        wanted = _fitting(FindActions, arguments)
        found = _matching(infos, wanted)
        end = wanted.offset + _A_PAGE
        shown = found[wanted.offset : end]
        exact = [info for info in shown if info.name == wanted.text]
        full = exact or (shown if len(found) <= _IN_FULL else [])
        lines = tuple(_line(info, full=info in full) for info in shown)
        rest = end if end < len(found) else None
        return FoundActions(total=len(found), actions=lines, next_offset=rest).model_dump(mode="json")

    return find


def calling(calls: Calls) -> Call:
    """Calls the action that is named; raises whatever the call does."""

    async def call(arguments: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
        wanted = _fitting(CallAction, arguments)
        return read_by_models(await calls.call(wanted.name, wanted.arguments, principal), wanted.name, calls)

    return call


def read_by_models(result: dict[str, Any], name: str, calls: Calls) -> dict[str, Any]:
    """The result of the action `name`, sparse; see `server.mcp.sparse`."""
    found: dict[str, Any] = sparse(result, calls.actions.get(name).output)
    return found


def _matching(infos: Sequence[ActionInfo], wanted: FindActions) -> list[ActionInfo]:
    """Those with the most and rarest words of the text, in name before description; by name among equals."""
    kept = [info for info in infos if wanted.toolset in (None, info.toolset)]
    words = _stems(wanted.text)
    if not words:
        return kept
    texts = [_stems(f"{info.name} {info.description}") for info in kept]
    rarity = {word: 1 / (1 + sum(_in(word, text) for text in texts)) for word in words}
    scored = [(_score(info, rarity, wanted.text), info) for info in kept]
    best = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], pair[1].name))
    return [info for _, info in best]


def _score(info: ActionInfo, rarity: Mapping[str, float], text: str) -> float:
    if info.name == text:
        return 1_000.0
    found = sum(
        weight * sum(rare for word, rare in rarity.items() if _in(word, _stems(place)))
        for weight, place in ((4, info.name), (2, info.title), (1, info.description))
    )
    as_written = sum(word in text.lower().split() for word in info.name.split("_"))
    return found + 0.1 * as_written if found else 0.0


def _in(word: str, stems: set[str]) -> bool:
    """`eval` and `evalu` are one as well."""
    return word in stems or any(
        len(stem) > 3 and (stem.startswith(word) or word.startswith(stem)) for stem in stems if len(word) > 3
    )


def _stems(text: str) -> set[str]:
    """Words of three letters or more, cut to five: `train`, `training` and `trained` are one."""
    return {word[:5].rstrip("s") for word in re.findall(r"[a-z0-9]{3,}", text.lower())}


def _line(info: ActionInfo, *, full: bool) -> ActionLine:
    return ActionLine(
        name=info.name,
        title=info.title,
        effect=info.effect.value,
        scope=info.scope,
        toolset=info.toolset.value,
        description=info.description if full else None,
        input_schema=info.input_schema if full else None,
    )


Arguments = TypeVar("Arguments", bound=BaseModel)


def _fitting(model: type[Arguments], arguments: Mapping[str, Any]) -> Arguments:
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = [
            Problem(
                ".".join(map(str, found["loc"])),
                shortened(repr(redacted(found["input"])), longest=80),
                found["msg"],
            )
            for found in error.errors()
        ]
        told = "; ".join(f"{problem.field} = {problem.value}: {problem.reason}" for problem in problems)
        fields = ", ".join(model.model_fields)
        raise InvalidArguments(
            f"the arguments do not fit: {told}. The fields are: {fields}", problems=problems
        ) from None
