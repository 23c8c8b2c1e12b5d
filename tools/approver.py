"""Who decides about plans, and by which proof."""

from dataclasses import dataclass
from enum import StrEnum

from tools.principal import Principal


class Means(StrEnum):
    """How an approver proved who they are."""

    TERMINAL = "terminal"
    PAGE = "page"
    SIGNED_TOKEN = "signed-token"  # noqa: S105 - the name of a means
    PORTAL = "portal"
    OWN = "own"
    """No proof beyond the door's: whoever planned may take their own plan back, and nothing more."""


@dataclass(frozen=True, slots=True)
class Approver:
    """A person who just proved who they are by a secret that no agent holds.

    It is made only where such a secret was checked (`server/approving/`), never out of a call's `Principal`:
    a caller that is known to a door has no approving right by that.
    """

    principal: Principal
    means: Means
