"""`cuebook approvers`: who can prove that they approve."""

from typing import Annotated

import typer

from server.cli.approver import approver_name, new_passphrase
from server.cli.first_approver import add_first_approver
from server.cli.session import AsJson, Home, open_session, print_json

app = typer.Typer(no_args_is_help=True, help="List, add and remove those who can approve plans.")

Name = Annotated[str, typer.Argument(help="A name; the approver is `user:default/NAME`.")]
By = Annotated[str | None, typer.Option("--by", help="The approver who confirms it with their passphrase.")]


@app.command("list")
def list_approvers(as_json: AsJson = False, home: Home = None) -> None:
    """List the approvers, without their secrets."""
    cuebook, _ = open_session(home)
    found = [
        {
            "name": name,
            "ref": f"user:default/{name}",
            "proves_by": "passphrase" if entry.passphrase is not None else "signed tokens",
            "added_at": entry.added_at,
            "added_by": entry.added_by or "first of all",
        }
        for name, entry in cuebook.proofs.approvers.all().items()
    ]
    if as_json:
        print_json(found)
        return
    if not found:
        print("No approvers. Add the first with `cuebook approvers add NAME`.")
    for each in found:
        print("{name:<20} {proves_by:<14} added {added_at} by {added_by}".format(**each))


@app.command("add")
def add_approver(name: Name, by: By = None, home: Home = None) -> None:
    """Add an approver with a passphrase, asked twice on the terminal; an approver that is there confirms it.

    The first is confirmed by the set-up code that the server showed when it was started for the first time.
    """
    from server.approving import terminal
    from server.approving.approvers import checked_name

    cuebook, _ = open_session(home)
    try:
        checked_name(name)
        with terminal.open_terminal() as tty:
            if not cuebook.proofs.approvers.all():
                add_first_approver(tty, cuebook, name)
            else:
                let_in_by = approver_name(tty, cuebook, by=by, doing=f"Add {name} as")
                passphrase = new_passphrase(tty, name)
                cuebook.proofs.approvers.add(name, passphrase=passphrase, by=let_in_by)
                cuebook.proofs.note("approver_added", name, by=let_in_by)
    finally:
        cuebook.close()
    print(f"{name} can approve now, as user:default/{name}")


@app.command("key")
def add_key(name: Name, by: By = None, home: Home = None) -> None:
    """Add an approver that signs tokens, such as a CI system, and print its private key once."""
    from server.approving import terminal
    from server.approving.approvers import checked_name
    from server.approving.signed_tokens import new_key

    cuebook, _ = open_session(home)
    try:
        checked_name(name)
        with terminal.open_terminal() as tty:
            let_in_by = approver_name(tty, cuebook, by=by, doing=f"Add {name} as")
            private, public = new_key()
            cuebook.proofs.approvers.add(name, key=public, by=let_in_by)
            cuebook.proofs.note("approver_added", name, by=let_in_by)
            tty.say(
                f"Give this to the system that approves as user:default/{name}. It is not kept here:\n\n{private}"
            )
    finally:
        cuebook.close()


@app.command("remove")
def remove_approver(name: Name, by: By = None, home: Home = None) -> None:
    """Remove an approver and their open approvals; they or another approver confirm it with a passphrase."""
    from server.approving import terminal

    cuebook, _ = open_session(home)
    try:
        known = cuebook.proofs.approvers.all()
        if by is None and name in known and known[name].passphrase is not None:
            by = name
        with terminal.open_terminal() as tty:
            confirmed = approver_name(tty, cuebook, by=by, doing=f"Remove {name} as")
        cuebook.proofs.approvers.remove(name)
        withdrawn = cuebook.caller.opened().withdraw(f"user:default/{name}")
        cuebook.proofs.note("approver_removed", name, by=confirmed)
    finally:
        cuebook.close()
    print(f"{name} can approve no more; {withdrawn} open approvals of theirs do not count any more")
