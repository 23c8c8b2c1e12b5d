"""Asks a person on the terminal to prove that they are an approver."""

from typing import TYPE_CHECKING

from server.approving.approvers import no_such
from tools.approver import Approver, Means
from tools.errors import InvalidArguments, NotAllowed

if TYPE_CHECKING:
    from server.approving.passphrases import Passphrase
    from server.approving.terminal import Terminal
    from server.composition import Cuebook

_TRIES = 3


def ask_approver(tty: "Terminal", cuebook: "Cuebook", *, name: str | None, doing: str) -> Approver:
    """Ask who they are, unless there is but one, and for their passphrase.

    Raises `NotAllowed` when there is no approver with a passphrase, `ProofRefused` and `LockedOut`.
    """
    known = cuebook.proofs.approvers.all()
    people = sorted(each for each, entry in known.items() if entry.passphrase is not None)
    if not people:
        raise NotAllowed("nobody can approve here yet: no approver has a passphrase")
    if name is None:
        name = people[0] if len(people) == 1 else tty.ask(f"{doing} ({', '.join(people)}): ")
    if name not in people:
        raise no_such(name, dict.fromkeys(people, known[people[0]]))
    passphrase = tty.ask_hidden(f"{doing} {name}; passphrase: ")
    return cuebook.proofs.by_passphrase(name, passphrase, Means.TERMINAL)


def approver_name(tty: "Terminal", cuebook: "Cuebook", *, by: str | None, doing: str) -> str:
    """The name of the approver who confirms a change. Raises what `ask_approver` does."""
    return ask_approver(tty, cuebook, name=by, doing=doing).principal.ref.rpartition("/")[2]


def new_passphrase(tty: "Terminal", name: str) -> "Passphrase":
    """Ask for a new passphrase, twice. Raises `InvalidArguments` after three that are of no use."""
    from server.approving.passphrases import SHORTEST, Passphrase, unusable

    for _ in range(_TRIES):
        text = tty.ask_hidden(f"New passphrase of {name}, at least {SHORTEST} characters: ")
        if why := unusable(text, name=name):
            tty.say(f"That passphrase cannot be used: {why}.")
        elif tty.ask_hidden("The same again: ") != text:
            tty.say("The two differ.")
        else:
            return Passphrase.of(text)
    raise InvalidArguments("no passphrase was set, and nobody was added")
