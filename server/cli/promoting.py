"""`cuebook models promote`, `rollback`, `check`: what would be moved, and whether what is served fits together."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from server.cli.exits import Exit
from server.cli.plan import print_plan
from server.cli.session import AsJson, Home, call, print_json

Alias = Annotated[str, typer.Option(help="The alias.")]
Ref = Annotated[str, typer.Argument(metavar="MODEL", help="name:version, name@alias, or a name: its newest.")]
Together = Annotated[
    list[str] | None, typer.Option(help="A further model to move at once; may be given more than once.")
]


def promote(
    model: Ref,
    alias: Alias = "production",
    protocol: Annotated[
        str | None, typer.Option(help="Protocol that judges it; needed if several did.")
    ] = None,
    together: Together = None,
    home: Home = None,
) -> None:
    """Plan to point an alias to a version; figures and what is served have to allow it. Then `cuebook apply DIGEST`."""
    asked = {"model": model, "alias": alias, "protocol": protocol or "", "together": together or []}
    print_plan(call(home, "promote_model", asked))


def rollback(
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    alias: Alias = "production",
    together: Together = None,
    home: Home = None,
) -> None:
    """Plan to point an alias back to the version before the present one. Then `cuebook apply DIGEST`."""
    print_plan(call(home, "rollback_model", {"name": name, "alias": alias, "together": together or []}))


def check(
    model: Annotated[
        str | None, typer.Argument(help="A version that would be moved; without one: how things stand.")
    ] = None,
    alias: Alias = "production",
    together: Together = None,
    surface: Annotated[
        str | None, typer.Option(help="Only what serves this surface, such as podcasts.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check whether the models and indexes that are served together fit each other. Exit code 1 if not."""
    asked = {"model": model or "", "alias": alias, "together": together or [], "surface": surface or ""}
    found = call(home, "check_compatibility", asked)
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found["verdict"] == "broken":
        raise typer.Exit(Exit.FAILED)


def _print(found: Mapping[str, Any]) -> None:
    if found["moved"]:
        print(f"if {', '.join(found['moved'])} were moved:")
    if not found["total"]:
        print("No entity of the catalog says which models it serves (annotation cuebook.dev/uses-models).")
    for each in found["tuples"]:
        where = f" ({', '.join(each['surfaces'])})" if each["surfaces"] else ""
        print(
            f"{'fits  ' if each['fits'] else 'BROKEN'} {each['entity']}{where}, owner {each['owner'] or 'none'}"
        )
        for part in each["parts"]:
            print(f"         {part['uses']}: {part['version'] or 'not registered'}")
        for misfit in each["misfits"]:
            print(f"         {misfit['why']}; {misfit['remedy']}. Owner: {misfit['owner'] or 'none'}")
        for note in each["not_checked"]:
            print(f"         not checked: {note}")
    if found["total"] > len(found["tuples"]):
        print(f"{len(found['tuples'])} of {found['total']}")
