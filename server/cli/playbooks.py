"""`cuebook playbooks`: what can be run as one unit, and whether a file of one's own is right."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.exits import Exit
from server.cli.session import AsJson, Home, call, open_session, print_json
from server.effect import plain

app = typer.Typer(no_args_is_help=True, help="List, show and check playbooks.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The playbook's name.")]


@app.command("list")
def list_playbooks(as_json: AsJson = False, home: Home = None) -> None:
    """List the playbooks, and the files that cannot be used."""
    found = call(home, "list_playbooks", {})
    if as_json:
        print_json(found)
        return
    for each in found["items"]:
        count = len(each["steps"])
        print(plain(f"{each['name']:<24} {count:>2} {'step ' if count == 1 else 'steps'}  {each['title']}"))
    for told in found["left_out"]:
        print(plain(f"left out {told}"), file=sys.stderr)


@app.command("show")
def show_playbook(name: Name, as_json: AsJson = False, home: Home = None) -> None:
    """Show what a playbook asks for and the actions it goes through."""
    (found,) = call(home, "list_playbooks", {"name": name})["items"]
    if as_json:
        print_json(found)
    else:
        print(plain_lines(found))


@app.command("check")
def check_playbook(
    file: Annotated[Path, typer.Argument(help="A playbook's YAML file.", metavar="FILE")],
    home: Home = None,
) -> None:
    """Check a file against the actions of this home: every problem with its step and field, exit code 2."""
    from tools.errors import PlaybookInvalid
    from tools.playbooks.shelf import read_playbook

    cuebook, _ = open_session(home)
    try:
        found = read_playbook(file, cuebook.actions)
    except PlaybookInvalid as error:
        print(plain(f"{file} cannot be used:"), file=sys.stderr)
        for problem in str(error).split("; "):
            print(plain(f"- {problem}"), file=sys.stderr)
        raise typer.Exit(Exit.USAGE) from None
    finally:
        cuebook.close()
    print(plain(f"{file}: {found.name} is right, {len(found.file.steps)} steps"))


def plain_lines(found: dict[str, Any]) -> str:
    """A card of `list_playbooks` for people."""
    lines = [f"{found['name']}: {found['title']}", "", found["description"], "", "Asks for:"]
    required = found["inputs"].get("required", [])
    for name, schema in found["inputs"].get("properties", {}).items():
        mark = "required" if name in required else f"default {schema.get('default')!r}"
        lines.append(f"  {name:<14} {schema.get('description', '')} ({mark})")
    lines += ["", "Steps:"]
    lines += [f"  {each['id']:<14} {each['action']} ({each['effect']})" for each in found["steps"]]
    lines += ["", f"Budget: {found['cpu_hours']:g} CPU-hours, {found['gpu_hours']:g} GPU-hours"]
    return "\n".join(plain(line) for line in lines)
