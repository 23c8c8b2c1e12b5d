"""`cuebook approve`: a person at this terminal approves a plan."""

from typing import Annotated

import typer

from server.cli.approver import ask_approver
from server.cli.exits import Exit
from server.cli.session import Home, call_within, open_session
from server.effect import described, plain, standing

Digest = Annotated[str, typer.Argument(help="The digest that planning printed.")]
As = Annotated[str | None, typer.Option("--as", help="Who approves; asked for when there are several.")]


def approve(digest: Digest, name: As = None, home: Home = None) -> None:
    """Show a plan on the terminal, ask for an approver's passphrase there, and approve it.

    Exit code 0 when the plan can be applied now, 3 when it takes more approvals.
    """
    from server.approving import terminal

    cuebook, principal = open_session(home)
    try:
        with terminal.open_terminal() as tty:
            plan = call_within(cuebook.caller.planned(digest, principal))
            tty.say(f"{described(plan)}\n")
            if plan["status"] == "waiting":
                approver = ask_approver(tty, cuebook, name=name, doing="Approve it as")
                plan = call_within(cuebook.caller.approve(digest, approver, seen_by=principal))
    finally:
        cuebook.close()
    print(plain(f"{plan['action']} {plan['digest'][:12]}…: {standing(plan)}"))
    if plan["status"] == "waiting":
        raise typer.Exit(Exit.PLANNED)
    if plan["status"] not in {"planned", "approved", "running", "done"}:
        raise typer.Exit(Exit.EXPIRED if plan["status"] == "expired" else Exit.DENIED)
