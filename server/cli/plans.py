"""`cuebook plans`: what was planned, how it stands, and saying no."""

from typing import Annotated

import typer

from server.cli.approve import Digest
from server.cli.session import AsJson, Home, call_within, open_session, print_json
from server.effect import described, plain

app = typer.Typer(no_args_is_help=True, help="List, show and reject plans.")


@app.command("list")
def list_plans(
    status: Annotated[str | None, typer.Option(help="Only plans of this status, such as waiting.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most plans to look at, newest first.")] = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List the plans of this home, newest first."""
    cuebook, principal = open_session(home)
    try:
        found = call_within(cuebook.caller.plans(principal, limit=limit))
    finally:
        cuebook.close()
    found = tuple(each for each in found if status in {None, each["status"]})
    if as_json:
        print_json(found)
        return
    if not found:
        print("No plans. Make one with `cuebook plan NAME`.")
    for each in found:
        summary = each["plan"]["summary"]
        print(plain(f"{each['digest']}  {each['status']:<9} {each['action']:<22} {summary}"))


@app.command("show")
def show_plan(digest: Digest, as_json: AsJson = False, home: Home = None) -> None:
    """Show a plan with its whole effect, how it stands, who decided what, and its receipt."""
    cuebook, principal = open_session(home)
    try:
        found = call_within(cuebook.caller.planned(digest, principal))
    finally:
        cuebook.close()
    if as_json:
        print_json(found)
    else:
        print(described(found))


@app.command("reject")
def reject_plan(
    digest: Digest,
    reason: Annotated[str, typer.Option(help="Why, for whoever planned it.")] = "",
    name: Annotated[
        str | None, typer.Option("--as", help="The approver who rejects a plan of somebody else.")
    ] = None,
    home: Home = None,
) -> None:
    """Reject a plan for good. One's own takes no more; another's takes an approver's passphrase."""
    from server.approving import terminal
    from server.cli.approver import ask_approver

    cuebook, principal = open_session(home)
    try:
        plan = call_within(cuebook.caller.planned(digest, principal))
        if plan["principal"] == principal.ref and name is None:
            answer = call_within(cuebook.caller.reject(digest, principal, reason=reason))
        else:
            with terminal.open_terminal() as tty:
                tty.say(f"{described(plan)}\n")
                approver = ask_approver(tty, cuebook, name=name, doing="Reject it as")
            rejecting = cuebook.caller.reject(digest, approver, reason=reason, seen_by=principal)
            answer = call_within(rejecting)
    finally:
        cuebook.close()
    print(plain(f"{answer['action']} {digest[:12]}… rejected: {answer['reason']}"))
