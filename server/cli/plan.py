"""`cuebook plan`: what an action with an effect would do, in full, before anything happens."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from server.cli.actions import object_of
from server.cli.exits import Exit
from server.cli.session import Home, call_within, open_session, print_json
from server.effect import described
from tools.effect import Effect


def plan(
    name: Annotated[str, typer.Argument(help="The action's name.")],
    arguments: Annotated[str, typer.Option("--json", help="Its arguments, a JSON object.")] = "{}",
    context: Annotated[
        str | None, typer.Option(help="The handle of the conversation that it comes from, as ask gave it.")
    ] = None,
    home: Home = None,
) -> None:
    """Plan an action: print its effect for people, the plan with its digest as JSON for programs.

    On a terminal only the former is printed. Exit code 0 when it may be applied, 3 when it needs approval first.
    """
    given = {**object_of(arguments), **({"context": context} if context else {})}
    cuebook, principal = open_session(home)
    try:
        if cuebook.actions.get(name).effect is Effect.READS:
            raise typer.BadParameter(f"{name} only reads; call it with `cuebook actions call {name}`")
        answer = call_within(cuebook.caller.call(name, given, principal))
    finally:
        cuebook.close()
    print_plan(answer)


def print_plan(answer: Mapping[str, Any]) -> None:
    """For people, and for programs too where no person reads. Leaves with 3 when it needs approval."""
    if sys.stdout.isatty():
        print(described(answer))
    else:
        print(described(answer), file=sys.stderr)
        print_json(answer)
    if answer["status"] == "waiting":
        raise typer.Exit(Exit.PLANNED)
