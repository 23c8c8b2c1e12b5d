"""A stored plan, with what was decided of it and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from tools.moments import moment
from tools.plan import Asking, Given, Outcome, Plan, Receipt, Status
from tools.policy.decision import Approval, Decision, Verdict
from tools.principal import LOCAL
from tools.state.approvals import SKEW, ApprovalRow

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Times are seconds since the epoch; `status` is what is stored, `as_of` tells what that means at a time."""

    digest: str
    action: str
    version: str
    principal: str
    arguments: Mapping[str, Any]
    plan: Plan
    created_at: float
    expires_at: int
    decision: Decision | None = None
    approvals: tuple[ApprovalRow, ...] = ()
    status: Status = "planned"
    result: Mapping[str, Any] | None = None
    job: str | None = None
    job_state: str = ""
    reason: str = ""
    receipt: Receipt | None = None

    def is_open(self, now: float) -> bool:
        """Whether it is still to be decided; a clock that was set back makes nothing live longer."""
        return self.status == "planned" and self.created_at - SKEW <= now < self.expires_at

    def approved_by(self, now: float) -> tuple[str, ...]:
        """Whose approvals count at that time."""
        return tuple(given.approver for given in self.approvals if given.counts(now))

    def missing(self, now: float) -> int:
        """How many approvals are missing at that time."""
        if self.decision is None or self.decision.approval is None:
            return 0
        return max(0, needed(self.decision.approval, self.principal) - len(self.approved_by(now)))

    def as_of(self, now: float) -> "PlanRow":
        """The row with the status that it has at that time."""
        if self.status != "planned":
            return self
        if not self.is_open(now):
            reason = f"expired; call {self.action} again for a new plan"
            return replace(self, status="expired", reason=reason)
        if self.decision is None or self.decision.verdict is Verdict.ALLOW:
            return self
        return replace(self, status="waiting" if self.missing(now) else "approved")

    def answer(self, now: float) -> dict[str, Any]:
        """The envelope that clients get, JSON-able."""
        row = self.as_of(now)
        outcome: Outcome[Any] = Outcome(
            status=row.status,
            action=row.action,
            principal=row.principal,
            arguments=dict(row.arguments),
            plan=row.plan,
            digest=row.digest,
            planned_at=moment(row.created_at),
            expires_at=moment(row.expires_at),
            job=row.job,
            job_state=row.job_state,
            reason=row.reason,
            approval=None if row.decision is None else row._asking(now),
            receipt=row.receipt,
        )
        return {**outcome.model_dump(mode="json"), "result": row.result}

    def _asking(self, now: float) -> Asking:
        decision = self.decision
        assert decision is not None  # noqa: S101 - the caller looked
        given = tuple(
            Given(
                approver=each.approver, decision=each.decision, means=each.means, at=moment(each.decided_at)
            )
            for each in self.approvals
        )
        return Asking(
            verdict=decision.verdict.value,
            rule=decision.rule,
            reason=decision.reason,
            who="" if decision.approval is None else described(decision.approval, self.principal),
            missing=self.missing(now) if self.status in {"waiting", "approved"} else 0,
            given=given,
        )


def needed(approval: Approval, planner: str) -> int:
    """How many different people.

    Nobody knows who sits at this machine, so it may be any of the approvers: four eyes then take two of them.
    """
    return max(approval.count, 2) if approval.four_eyes and planner == LOCAL else approval.count


def described(approval: Approval, planner: str) -> str:
    """Whose approval it takes, in words."""
    if needed(approval, planner) == approval.count:
        return str(approval)
    return f"{approval}; two people, since whoever sits at this machine may be either"


def text_of(decision: Decision) -> str:
    """A decision as it is stored: equal decisions have equal texts."""
    return _DECISION.dump_json(decision).decode()


def decision_of(text: str | None) -> Decision | None:
    """None for a plan of before there were decisions."""
    return None if text is None else _DECISION.validate_json(text)
