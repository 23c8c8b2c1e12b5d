"""`cuebook actions`: what can be done, and doing it."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from server.cli.exits import Exit
from server.cli.session import AsJson, Home, call, open_session, print_json
from tools import strict_json

app = typer.Typer(no_args_is_help=True, help="List, show and call the predefined actions.")


@app.command("list")
def list_actions(as_json: AsJson = False, home: Home = None) -> None:
    """List the actions with their effect."""
    cuebook, _ = open_session(home)
    infos = cuebook.actions.list()
    if as_json:
        print_json([asdict(info) for info in infos])
        return
    for info in infos:
        print(f"{info.name:<20} {info.effect.value:<10} {info.title}")
    for skipped in cuebook.actions.skipped:
        print(f"left out {skipped.path}: {skipped.reason}", file=sys.stderr)


@app.command("show")
def show_action(
    name: Annotated[str, typer.Argument(help="The action's name.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show what an action does, what it takes and what it answers."""
    cuebook, _ = open_session(home)
    info = cuebook.actions.get(name).info
    if as_json:
        print_json(asdict(info))
        return
    print(f"{info.name}: {info.description}\n\neffect {info.effect.value}, scope {info.scope}\n\nTakes:")
    required = info.input_schema.get("required", [])
    for field, schema in info.input_schema.get("properties", {}).items():
        mark = "required" if field in required else f"default {json.dumps(schema.get('default'))}"
        print(f"  {field:<12} {schema.get('description', '')} ({mark})")


@app.command("call")
def call_action(
    name: Annotated[str, typer.Argument(help="The action's name.")],
    arguments: Annotated[str, typer.Option("--json", help="Its arguments, a JSON object.")] = "{}",
    home: Home = None,
) -> None:
    """Call an action and print its structured result; one with an effect is planned, not done (exit code 3)."""
    result = call(home, name, object_of(arguments))
    print_json(result)
    if result.get("status") in {"planned", "waiting", "approved"} and "digest" in result:
        raise typer.Exit(Exit.PLANNED)


def object_of(text: str) -> dict[str, Any]:
    """Arguments as typed. Raises `typer.BadParameter` for what is no JSON object."""
    try:
        value = strict_json.read(text)
    except strict_json.NamedTwice as error:
        raise typer.BadParameter(f"--json {error}") from error
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"--json is not JSON: {error}; given {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise typer.BadParameter(
            f'--json must be an object such as \'{{"question": "…"}}\'; given {text[:80]!r}'
        )
    return value
