"""`cuebook apply`: do what a plan showed."""

import sys
from typing import Annotated, Any

import typer

from server.cli.approve import Digest
from server.cli.exits import Exit
from server.cli.session import Home, call_within, open_session, print_json
from server.effect import plain, standing

Wait = Annotated[
    bool,
    typer.Option("--wait", help="Wait for its job to end; carry a playbook out here if no server does."),
]


def apply(digest: Digest, wait: Wait = False, home: Home = None) -> None:
    """Apply a plan exactly once; a second time prints the first result. Exit code 3 when it needs approval first.

    With --wait exit code 1 when its job or playbook did not succeed.
    """
    cuebook, principal = open_session(home)

    async def applied() -> dict[str, Any]:
        result = await cuebook.caller.apply(digest, principal)
        return await cuebook.caller.wait(digest, principal) if wait else result

    try:
        result = call_within(applied())
    finally:
        cuebook.close()
    print_json(result)
    if result["status"] == "waiting":
        print(plain(standing(result)), file=sys.stderr)
        raise typer.Exit(Exit.PLANNED)
    if result["status"] == "running" and not wait and "playbook" in (result["result"] or {}):
        print("a server of this home goes on with it; without one, add --wait", file=sys.stderr)
    if wait and result["status"] in {"failed", "lost"}:
        print(plain(standing(result)), file=sys.stderr)
        raise typer.Exit(Exit.FAILED)
