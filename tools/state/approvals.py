"""What approvers decided: one row for each plan and approver, bound to the digest, used up with the plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, delete, insert, select, update

from tools.state.tables import applications, approvals

if TYPE_CHECKING:
    from tools.state.state import State

SKEW = 60.0
"""Seconds by which clocks of one deployment may differ."""


class ApprovalsMissing(Exception):
    """Not enough approvals counted when a plan was to be claimed. Never leaves this package's callers."""


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """Times are seconds since the epoch."""

    digest: str
    approver: str
    decision: Literal["approved", "rejected"]
    means: str
    decided_at: float
    expires_at: float
    used_at: float | None = None
    reason: str = ""

    def counts(self, now: float) -> bool:
        """An approval that is neither used up nor too old, nor from a time that has not come yet."""
        in_time = self.decided_at - SKEW <= now < self.expires_at
        return self.decision == "approved" and self.used_at is None and in_time


class Approvals:
    """The store; every method is one transaction, but for those that are given one."""

    def __init__(self, state: "State") -> None:
        self._state = state

    def give(self, row: ApprovalRow) -> bool:
        """Store an approval; false when the plan was taken meanwhile. Giving it again renews it."""
        with self._state.write() as connection:
            if connection.execute(
                select(applications.c.digest).where(applications.c.digest == row.digest)
            ).first():
                return False
            put(connection, row)
        return True

    def withdraw(self, approver: str, *, now: float) -> int:
        """Let no open approval of `approver` count any more; how many there were."""
        with self._state.write() as connection:
            return connection.execute(
                update(approvals)
                .where(approvals.c.approver == approver, approvals.c.used_at.is_(None))
                .where(approvals.c.expires_at > now)
                .values(expires_at=now)
            ).rowcount


def put(connection: Connection, row: ApprovalRow) -> None:
    """Store what an approver decided in place of what they decided before."""
    connection.execute(
        delete(approvals).where(approvals.c.digest == row.digest, approvals.c.approver == row.approver)
    )
    connection.execute(
        insert(approvals).values(
            digest=row.digest,
            approver=row.approver,
            decision=row.decision,
            means=row.means,
            decided_at=row.decided_at,
            expires_at=row.expires_at,
            reason=row.reason,
        )
    )


def use(connection: Connection, digest: str, *, count: int, among: Iterable[str], now: float) -> None:
    """Use up the approvals of a plan that is being claimed. Raises `ApprovalsMissing`.

    `among` are those who may approve it by the policy of now.
    """
    allowed = frozenset(among)
    given = approvals_of(connection, [digest]).get(digest, ())
    if len({each.approver for each in given if each.counts(now) and each.approver in allowed}) < count:
        raise ApprovalsMissing(digest)
    connection.execute(
        update(approvals)
        .where(approvals.c.digest == digest, approvals.c.approver.in_(allowed))
        .values(used_at=now)
    )


def approvals_of(connection: Connection, digests: Sequence[str]) -> Mapping[str, tuple[ApprovalRow, ...]]:
    """What was decided of each of the plans, in order of time."""
    if not digests:
        return {}
    rows = connection.execute(
        select(approvals)
        .where(approvals.c.digest.in_(digests))
        .order_by(approvals.c.decided_at, approvals.c.approver)
    ).all()
    found: dict[str, tuple[ApprovalRow, ...]] = {}
    for row in rows:
        found[row.digest] = (*found.get(row.digest, ()), ApprovalRow(**row._mapping))
    return found
