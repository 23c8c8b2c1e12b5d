"""How a home gets its first approver: asked for when it is first served, or later with the code shown then."""

import sys
from typing import TYPE_CHECKING

from server.approving.approvers import Approvers, checked_name
from server.cli.approver import new_passphrase
from server.composition import compose
from server.settings import Settings
from tools.errors import ActionError

if TYPE_CHECKING:
    from server.approving.passphrases import Passphrase
    from server.approving.terminal import Terminal
    from server.composition import Cuebook

_CODE = "Set-up code of the first approver, shown only now: {code}"
_LATER = "  `cuebook approvers add NAME` asks for it."
_OFFER = (
    "What is neither small nor reversible waits for an approver, who proves it with a passphrase.\n"
    "Name of the first approver (Enter to do it later, with the code and `cuebook approvers add`): "
)


def provide_for_first_approver(settings: Settings) -> None:
    """At the first start without an approver, show the set-up code; at a terminal, offer to do without it now."""
    try:
        approvers = Approvers(settings.home)
        # Made before anybody is asked, so that nobody else gets in while a person reads the question.
        if code := approvers.make_setup_code():
            print(_CODE.format(code=code), file=sys.stderr, flush=True)
            if _at_a_terminal():
                _offer(settings)
            else:
                print(_LATER, file=sys.stderr)
    except ActionError as error:
        print(f"  no approver was added: {error}", file=sys.stderr)


def add_first_approver(tty: "Terminal", cuebook: "Cuebook", name: str) -> None:
    """Ask for the set-up code, where the home was served before, and for a new passphrase.

    Raises `ProofRefused`, `LockedOut`, and `InvalidArguments` for passphrases of no use.
    """
    setup = cuebook.proofs.approvers.setup
    if setup is not None:
        typed = tty.ask_hidden("Set-up code, shown when this home was first served: ")
        cuebook.proofs.by_setup_code(typed, setup)
    _add(tty, cuebook, name, setup)


def _at_a_terminal() -> bool:
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def _offer(settings: Settings) -> None:
    from server.approving import terminal

    cuebook = compose(settings)
    try:
        with terminal.open_terminal() as tty:
            if name := tty.ask(_OFFER):
                _add(tty, cuebook, name, cuebook.proofs.approvers.setup)
    finally:
        cuebook.close()


def _add(tty: "Terminal", cuebook: "Cuebook", name: str, setup: "Passphrase | None") -> None:
    passphrase = new_passphrase(tty, checked_name(name))
    cuebook.proofs.approvers.add(name, passphrase=passphrase, by="", setup=setup)
    cuebook.proofs.note("approver_added", name, by="")
