"""The seam for tokens that prove an approver: our own signed ones, and later those of a portal's users."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tools.approver import Means
from tools.principal import Principal


@dataclass(frozen=True, slots=True)
class Proved:
    """What a token proves: who, and by which means."""

    principal: Principal
    means: Means


class ApproverTokens(Protocol):
    """Reads tokens of one kind.

    What it accepts must be minted for approving (its audience says so), never a token that a client calls with.
    """

    def read(self, token: str, *, digest: str, decision: str) -> Proved | None:
        """Who the token proves, for this digest and decision (`approve` or `reject`); None if it is not its kind.

        Raises `ValueError` with the reason for a token of its kind that proves nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class FakeTokens:
    """Knows tokens by heart, each for one digest. For tests of what stands on this seam."""

    known: Mapping[tuple[str, str], Proved]

    def read(self, token: str, *, digest: str, decision: str) -> Proved | None:
        if any(token == each for each, _ in self.known) and (token, digest) not in self.known:
            raise ValueError("it is for another plan")
        return self.known.get((token, digest))
