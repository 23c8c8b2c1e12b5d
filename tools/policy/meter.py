"""Counts what calls and plans use: calls a minute, limits of a day, standing grants."""

from sqlalchemy import Connection

from tools.plan import Estimate
from tools.policy.decision import Asked, Decision
from tools.policy.grants import Grants
from tools.policy.limits import Limits
from tools.principal import Principal


class Meter:
    """What the call path asks. Without limits and grants nothing is counted."""

    def __init__(self, *, limits: Limits | None = None, grants: Grants | None = None) -> None:
        self.limits = limits
        self.grants = grants

    @property
    def has_pace(self) -> bool:
        """Whether calls are counted at all."""
        return self.limits is not None and self.limits.has_pace

    def count_call(self, principal: Principal) -> None:
        """Raises `LimitReached`."""
        if self.limits is not None:
            self.limits.count_call(principal)

    def refuse_what_never_fits(self, asked: Asked) -> None:
        """Raises `NotAllowed` for a plan that is above a limit by itself."""
        if self.limits is not None:
            self.limits.refuse_what_never_fits(asked)

    def prepare(self, asked: Asked) -> None:
        """What has to be looked at before the transaction that `charge` belongs to."""
        if self.limits is not None:
            self.limits.prepare(asked)

    def charge(
        self,
        connection: Connection,
        asked: Asked,
        decision: Decision,
        digest: str,
        *,
        now: float,
        whole: bool = False,
    ) -> None:
        """Count a plan in the transaction that claims it. Raises `LimitReached` and `NotAllowed`: it is not claimed.

        `whole` is a plan whose parts are plans of their own, and are counted when they are claimed.
        """
        if self.limits is not None and not whole:
            self.limits.charge(connection, asked, digest, now=now)
        if decision.grant and self.grants is not None:
            estimate = Estimate() if asked.plan is None else asked.plan.estimate
            self.grants.use(connection, decision.grant, digest, estimate, now=now)
