"""Proofs of who an approver is: checked one at a time, slowed when they are wrong, and recorded."""

import math
from collections.abc import Callable

from tools.approver import Approver, Means
from tools.errors import LockedOut, ProofRefused
from tools.journal import Journal
from tools.principal import LOCAL, Principal
from tools.state.attempts import Attempts

_REFUSED = "that name and that secret belong to no approver here"
_NO_CODE = "that is not the set-up code of this home"
_ANYBODY = "?"
_SET_UP = "the set-up code"


class Proving:
    """The only place where an `Approver` is made. Call it on a worker thread."""

    def __init__(self, attempts: Attempts, journal: Journal, *, clock: Callable[[], float]) -> None:
        self._attempts = attempts
        self._journal = journal
        self._clock = clock

    def guessable(
        self, claimed: Principal, means: Means, *, known: bool, right: Callable[[], bool]
    ) -> Approver:
        """Check a secret that could be guessed, such as a passphrase: wrong ones are counted, and cost time.

        Unknown names are counted together. Each door counts by itself, so that whoever guesses through one does
        not lock a person out of another. Raises `LockedOut` and `ProofRefused`.
        """
        name = claimed.ref if known else _ANYBODY
        self._check(claimed, means, name=name, right=right, refused=_REFUSED)
        return Approver(claimed, means)

    def set_up(self, *, account: str, right: Callable[[], bool]) -> None:
        """Check the set-up code of this home, counted and slowed like a passphrase; it makes nobody an approver."""
        claimed = Principal(ref=LOCAL, on_behalf_of=account, door="cli")
        self._check(claimed, Means.TERMINAL, name=_SET_UP, right=right, refused=_NO_CODE, reason=_SET_UP)

    def signed(self, claimed: Principal | None, means: Means, *, reason: str = "") -> Approver:
        """Take over what a signature proves; None is one that proves nothing, for the `reason` given.

        Raises `ProofRefused`.
        """
        if claimed is None:
            self._note(Principal(ref="unknown"), means, ProofRefused.code, reason)
            raise ProofRefused(f"nothing was decided: {reason}")
        return Approver(claimed, means)

    def changed(self, kind: str, *, name: str, by: str, account: str) -> None:
        """Record that somebody became an approver, or is one no more; `by` is empty for the first.

        `account` is the one of the machine at which it was typed.
        """
        who = Principal(ref=f"user:default/{by}" if by else LOCAL, on_behalf_of=account, door="cli")
        self._journal.note(kind, who, targets=[f"user:default/{name}"], outcome="ok")

    def _check(
        self,
        claimed: Principal,
        means: Means,
        *,
        name: str,
        right: Callable[[], bool],
        refused: str,
        reason: str = "",
    ) -> None:
        counter = f"{means.value}:{name}"
        if wait := self._attempts.begin(counter, now=self._clock()):
            self._note(claimed, means, LockedOut.code, reason)
            raise LockedOut(
                f"too many wrong secrets were given for {(reason or claimed.ref)[:80]!r}; the next one is looked at "
                f"in {math.ceil(wait)} s",
                retry_after=wait,
            )
        if not right():
            self._note(claimed, means, ProofRefused.code, reason)
            raise ProofRefused(refused)
        self._attempts.succeeded(counter)
        self._note(claimed, means, "ok", reason)

    def _note(self, claimed: Principal, means: Means, outcome: str, reason: str = "") -> None:
        self._journal.note("login", claimed, means=means.value, outcome=outcome, reason=reason)
