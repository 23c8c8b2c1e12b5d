"""`cuebook do`: a request in words becomes an action; a read is answered, an effect is planned and no more."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from server.cli.ask import print_answer
from server.cli.exits import Exit
from server.cli.plan import print_plan
from server.cli.session import AsJson, Home, open_session, print_json
from tools.effect import Effect


def do(
    words: Annotated[list[str], typer.Argument(help="What you want, in your own words.")],
    only_show: Annotated[
        bool, typer.Option("--show", help="Only show the action and its arguments; call nothing.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Find the action that a request in words asks for, and call it: reads are answered, effects are planned.

    Exit code 2 when arguments are missing or two actions fit, 3 when the plan needs approval, 7 when no action fits.
    """
    request, result = " ".join(words), None
    cuebook, principal = open_session(home)
    try:
        route = asyncio.run(cuebook.caller.call("route_request", {"request": request}, principal))
        if route["status"] == "ready" and not only_show:
            chosen = route["actions"][0]
            if not as_json:
                _tell(route, to_people=True)
            result = asyncio.run(cuebook.caller.call(chosen["action"], chosen["arguments"], principal))
    finally:
        cuebook.close()
    if as_json:
        print_json({"route": route, "result": result})
    elif result is None:
        _tell(route, to_people=False)
    else:
        _show(route["actions"][0], result)
    _leave(route, result)


def _tell(route: Mapping[str, Any], *, to_people: bool) -> None:
    """What was understood; beside a result it goes to standard error."""
    out = sys.stderr if to_people else sys.stdout
    if route["status"] == "none":
        print(f"No action does that. The nearest are: {', '.join(route['nearest']) or 'none'}.", file=out)
    if route["status"] == "ambiguous":
        print("Two actions fit about as well; say which, or call one by its name:", file=out)
    for action in route["actions"]:
        print(f"{action['action']} {json.dumps(action['arguments'], ensure_ascii=False)}", file=out)
        for missing in action["missing"]:
            candidates = f" One of: {', '.join(missing['candidates'])}." if missing["candidates"] else ""
            print(f"  missing {missing['argument']}: {missing['description']}{candidates}", file=out)
        if action["unused"]:
            print(f"  not used: {', '.join(map(repr, action['unused']))}", file=out)
    if route["note"]:
        print(f"note: {route['note']}", file=sys.stderr)


def _show(chosen: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    if chosen["effect"] != Effect.READS:
        print_plan(result)
    elif chosen["action"] == "ask":
        print_answer(result)
    else:
        print_json(result)


def _leave(route: Mapping[str, Any], result: Mapping[str, Any] | None) -> None:
    codes: Sequence[tuple[bool, Exit]] = (
        (route["status"] == "none", Exit.NOT_FOUND),
        (route["status"] in {"incomplete", "ambiguous"}, Exit.USAGE),
        (result is not None and result.get("status") == "waiting" and "digest" in result, Exit.PLANNED),
    )
    for holds, code in codes:
        if holds:
            raise typer.Exit(code)
