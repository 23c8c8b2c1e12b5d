"""`cuebook apply`: do what a plan showed."""

import asyncio
from typing import Annotated

import typer

from server.cli.exits import Exit
from server.cli.session import Home, open_session, print_json


def apply(
    digest: Annotated[str, typer.Argument(help="The digest that planning printed.")], home: Home = None
) -> None:
    """Apply a plan exactly once; a second time prints the first result."""
    cuebook, principal = open_session(home)
    try:
        result = asyncio.run(cuebook.caller.apply(digest, principal))
    finally:
        cuebook.close()
    print_json(result)
    if result["status"] not in {"done", "running"}:
        raise typer.Exit(Exit.DENIED if result["status"] == "refused" else Exit.FAILED)
