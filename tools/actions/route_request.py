"""The action `route_request`."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import ActionError
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing
from tools.toolset import Toolset

if TYPE_CHECKING:
    from tools.catalogue import Actions
    from tools.ports import Meaning
    from tools.routing.router import Choice, Route, Router


class RouteRequest(Input):
    request: Annotated[str, Names(Thing.REQUEST)] = Field(
        min_length=1, max_length=2_000, description="What somebody wants, in their words."
    )


class MissingArgument(Output):
    argument: str = Field(description="The argument that the request does not say, or not clearly.")
    description: str = Field(description="What it is.")
    candidates: tuple[str, ...] = Field(
        description="Values that would do; empty when there is no list of them."
    )


class Routed(Output):
    action: str = Field(description="The action.")
    title: str = Field(description="What it does.")
    effect: str = Field(description="reads, writes, starts_job or destroys; all but reads are planned first.")
    arguments: dict[str, Any] = Field(description="Arguments that the request says.")
    missing: tuple[MissingArgument, ...] = Field(description="Arguments to ask for before it can be called.")
    unused: tuple[str, ...] = Field(
        description="Words of the request that name something it takes no argument for."
    )
    score: float = Field(description="How well it fits; comparable within one answer.")


class RoutedRequest(Output):
    status: Literal["ready", "incomplete", "ambiguous", "none"] = Field(
        description="ready: call the first; incomplete: ask for what is missing; ambiguous: ask which of the two; none: no "
        "action does that."
    )
    actions: tuple[Routed, ...] = Field(
        description="The action, or two that fit alike; empty when none fits."
    )
    nearest: tuple[str, ...] = Field(description="Actions that come nearest when none fits.")
    note: str = Field(description="What went differently than usual; mostly empty.")


@action(effect=Effect.READS, scope="catalog:read", toolset=Toolset.OPERATE)
async def route_request(input: RouteRequest, run: Run) -> RoutedRequest:
    """Find the action, with its arguments, that a request in words asks for; nothing is called.

    Call what it answers next: a read answers, an effect is planned. When arguments are missing, ask the user for them
    with the candidates.
    """
    return await run.in_thread(_routed, input)


def _routed(input: RouteRequest, run: Run) -> RoutedRequest:
    from tools.routing.known import known_to

    known = known_to(run)
    meaning, note = _meaning(run)
    route = _router(run.playbooks.actions).route(
        input.request, known, meaning, today=datetime.now(UTC).date()
    )
    return RoutedRequest(
        status=_status(route),
        actions=tuple(_answer(choice, input.request, run) for choice in route.choices),
        nearest=() if route.choices else route.nearest,
        note=note,
    )


@lru_cache(maxsize=4)
def _router(actions: "Actions") -> "Router":
    from tools.routing.router import Router

    return Router(actions, never=(route_request.name,))


def _meaning(run: Run) -> "tuple[Meaning | None, str]":
    """Words alone decide where no embedder can be had."""
    try:
        run.meaning.likeness("a request", ("a phrase",))
    except ActionError as error:
        return None, f"by words alone: {error}"
    return run.meaning, ""


def _status(route: "Route") -> Literal["ready", "incomplete", "ambiguous", "none"]:
    if not route.choices:
        return "none"
    if route.close:
        return "ambiguous"
    return "incomplete" if route.choices[0].filled.missing else "ready"


def _answer(choice: "Choice", request: str, run: Run) -> Routed:
    info = run.playbooks.actions.get(choice.action).info
    filled = choice.filled
    return Routed(
        action=info.name,
        title=info.title,
        effect=info.effect.value,
        arguments=filled.arguments,
        missing=tuple(
            MissingArgument(argument=each.argument, description=each.description, candidates=each.candidates)
            for each in filled.missing
        ),
        unused=tuple(request[each.start : each.end] for each in filled.unused),
        score=choice.score,
    )
