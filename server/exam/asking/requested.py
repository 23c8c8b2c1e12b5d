"""The exam of requests in words: the router, then the configured model among the actions and as a client over MCP."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from server.exam.asking.choosing import Chooser, Told, chosen_among_actions, chosen_over_mcp
from server.exam.asking.requests import TODAY, Chosen, Wanted, choose, exact_share, operation, tool_f1

if TYPE_CHECKING:
    from server.composition import Cuebook
    from tools.routing.known import Known

ROUTER, OVER_MCP = "no model", "{} over MCP"
Columns = dict[str, dict[str, float]]


def examine_requests(
    cuebook: "Cuebook",
    wanted: Sequence[Wanted],
    *,
    model: "tuple[str, Chooser] | None",
    told: Callable[[str, int], None] = lambda _column, _done: None,
) -> Columns:
    """Marks by what chose: right (share), macro F1, exact arguments, seconds a request. model: its name and itself.

    Nothing that is chosen is called. Raises `ModelUnavailable`.
    """
    known, started = known_of(cuebook), time.monotonic()
    columns = {ROUTER: _marks(by_router(cuebook, wanted, known), started)}
    if model is None:
        return columns
    name, chooser = model
    started = time.monotonic()
    said = Told(known, TODAY)
    chosen = asyncio.run(
        chosen_among_actions(wanted, chooser, said, cuebook.actions, done=partial(told, name))
    )
    columns[name] = _marks(chosen, started)
    started, column = time.monotonic(), OVER_MCP.format(name)
    chosen = asyncio.run(_over_mcp(cuebook, wanted, chooser, said, partial(told, column)))
    return {**columns, column: _marks(chosen, started)}


def known_of(cuebook: "Cuebook") -> "Known":
    """The small operation of the requests, over this catalog."""
    from tools.routing.known import closeness

    library, principal = cuebook.library, cuebook.local_principal(door="cli")
    near = partial(closeness, library=library, principal=principal, meaning=lambda: cuebook.parts.meaning)
    return operation(library.catalog(principal), cuebook.actions, near)


def by_router(cuebook: "Cuebook", wanted: Sequence[Wanted], known: "Known") -> list[Chosen]:
    from tools.routing.router import Router

    router = Router(cuebook.actions, never=("route_request",))
    return choose(wanted, router, known, cuebook.parts.meaning, cuebook.actions)


async def _over_mcp(
    cuebook: "Cuebook", wanted: Sequence[Wanted], model: Chooser, said: Told, done: Callable[[int], None]
) -> list[Chosen]:
    from mcp import Client

    from server.mcp import build_mcp

    async with Client(build_mcp(cuebook)) as client:
        return await chosen_over_mcp(wanted, model, said, cuebook.actions, client, done=done)


def _marks(chosen: Sequence[Chosen], started: float) -> dict[str, float]:
    return {
        "request_right": round(sum(each.right for each in chosen) / len(chosen), 4),
        "request_f1": round(tool_f1(chosen), 4),
        "request_exact": round(exact_share(chosen), 4),
        "seconds": round((time.monotonic() - started) / len(chosen), 3),
    }
