"""Turns a secret into an `Approver`, through whichever door it came."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from server.account import this_account
from server.approving.approvers import Approvers
from server.approving.passphrases import NOBODYS, Passphrase
from server.approving.sessions import Session, Sessions
from server.approving.setup_code import fits
from server.approving.signed_tokens import SignedTokens
from tools.approver import Approver, Means
from tools.errors import ProofRefused
from tools.principal import LOCAL, Principal

if TYPE_CHECKING:
    from tools.proving import Proving

_MOST_SECRET = 5_000  # characters
_PERSON = "user:default/"


@dataclass(frozen=True)
class Proofs:
    """`proving` opens the state when it is first needed."""

    home: Path
    proving: Callable[[], "Proving"]
    sessions: Sessions = field(default_factory=Sessions)
    clock: Callable[[], float] = time.time

    @property
    def approvers(self) -> Approvers:
        return Approvers(self.home)

    def by_passphrase(self, name: str, passphrase: str, means: Means) -> Approver:
        """Raises `ProofRefused`, `LockedOut`, and `StateError` for a damaged file. Takes about 0.1 s."""
        at_terminal = means is Means.TERMINAL
        claimed = Principal(
            ref=f"user:default/{name[:80]}",
            on_behalf_of=this_account() if at_terminal else "",
            door="cli" if at_terminal else "rest",
        )
        return self._by_passphrase(claimed, name, passphrase, means)

    def in_portal(self, caller: Principal, passphrase: str) -> Approver:
        """The person whom a portal's token names, once they have typed their passphrase as well.

        The token alone is no proof, because programs are given such tokens to call with. Raises what `by_passphrase` does.
        """
        name = self.known_as(caller)
        if not name:
            reason = f"{caller.ref} is no person whom a token of an identity provider names"
            return self.proving().signed(None, Means.PORTAL, reason=reason)
        return self._by_passphrase(caller, name, passphrase, Means.PORTAL)

    def known_as(self, caller: Principal) -> str:
        """The name that a person would have among the approvers; empty for a program and for whoever sits here."""
        return (
            caller.ref.removeprefix(_PERSON) if caller.ref.startswith(_PERSON) and caller.ref != LOCAL else ""
        )

    def _by_passphrase(self, claimed: Principal, name: str, passphrase: str, means: Means) -> Approver:
        entry = self.approvers.get(name)
        kept = entry.passphrase if entry is not None else None
        return self.proving().guessable(
            claimed,
            means,
            known=kept is not None,
            # Nobody's passphrase matches nothing, and takes as long.
            right=lambda: (kept or NOBODYS).matches(passphrase[:_MOST_SECRET]) and kept is not None,
        )

    def by_setup_code(self, typed: str, kept: Passphrase) -> None:
        """Raises `ProofRefused` and `LockedOut`."""
        self.proving().set_up(account=this_account(), right=lambda: fits(typed[:_MOST_SECRET], kept))

    def by_token(self, token: str, *, digest: str, decision: str) -> Approver:
        """Raises `ProofRefused`."""
        proved, reason = None, "it is no token for approving"
        try:
            proved = SignedTokens(self.approvers).read(token[:_MOST_SECRET], digest=digest, decision=decision)
        except ValueError as error:
            reason = str(error)
        return self.proving().signed(proved, Means.SIGNED_TOKEN, reason=reason)

    def begin_session(self, name: str, passphrase: str) -> tuple[str, Session]:
        """The cookie's value and the session. Raises what `by_passphrase` does."""
        approver = self.by_passphrase(name, passphrase, Means.PAGE)
        entry = self.approvers.get(name)
        if entry is None:
            raise ProofRefused("the approver was removed a moment ago")
        return self.sessions.begin(approver, stamp=entry.stamp, now=self.clock())

    def session(self, cookie: str) -> Session | None:
        """The session that a cookie's value stands for, while its approver is one with the same secret."""
        session = self.sessions.find(cookie, now=self.clock()) if cookie else None
        if session is None:
            return None
        entry = self.approvers.get(session.approver.principal.ref.rpartition("/")[2])
        return session if entry is not None and entry.stamp == session.stamp else None

    def note(self, kind: str, name: str, *, by: str) -> None:
        """Record a change among the approvers in the audit, with the account of this machine that made it."""
        self.proving().changed(kind, name=name, by=by, account=this_account())

    async def in_thread(self, work: Callable[[], Approver]) -> Approver:
        """Passphrases take time, and all of it may read files."""
        return await anyio.to_thread.run_sync(work)
