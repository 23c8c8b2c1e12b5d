"""What people decide about plans: who may see one, approve it, reject it.

An approval is bound to the digest, ends, and is used up by the claim of the plan (`tools.applying`). Before
it is stored there is a durable row in the audit that it is about to be.
"""

from collections.abc import Callable
from typing import Any, Literal

from tools.approver import Approver, Means
from tools.catalogue import Actions
from tools.errors import (
    InvalidArguments,
    MayNotDecide,
    PlanAlreadyApplied,
    PlanExpired,
    PlanRejected,
    UnknownAction,
)
from tools.journal import Journal, refs_of
from tools.lifetimes import Lifetimes
from tools.policy.decision import Asked, Policy, Verdict
from tools.principal import Principal
from tools.state.approvals import ApprovalRow, Approvals, put
from tools.state.plan_row import PlanRow, described
from tools.state.plans import Plans

ANY_PLAN = "plans:any"
"""The scope that shows the plans of others; whoever sits at this machine holds it."""

_LONGEST_REASON = 500
_MOST_OPEN = 1_000


class Approving:
    """Decisions about plans. Call it on a worker thread."""

    def __init__(
        self,
        plans: Plans,
        approvals: Approvals,
        journal: Journal,
        *,
        policy: Policy,
        actions: Actions,
        lifetimes: Lifetimes,
        clock: Callable[[], float],
    ) -> None:
        self._plans = plans
        self._approvals = approvals
        self._journal = journal
        self._policy = policy
        self._actions = actions
        self._lifetimes = lifetimes
        self._clock = clock

    def shown(self, digest: str, principal: Principal | None, approver: Approver | None = None) -> PlanRow:
        """A plan of the principal, or one that the approver may decide or has decided on. Raises `PlanMissing`."""
        row = self._plans.get(digest, principal=None)
        if principal is not None and (row.principal == principal.ref or ANY_PLAN in principal.scopes):
            return row
        if approver is not None and self._concerns(row, approver):
            return row
        return self._plans.get(digest, principal="" if principal is None else principal.ref)

    def standing(self, digest: str, principal: Principal) -> dict[str, Any]:
        """How a plan stands now, as clients get it. Raises `PlanMissing`."""
        return self.shown(digest, principal).answer(self._clock())

    def newest(self, principal: Principal, *, limit: int = 10) -> tuple[str, ...]:
        """Digests of the principal's own plans, newest first."""
        return tuple(row.digest for row in self._plans.list(principal=principal.ref, limit=limit))

    def waiting_for(self, approver: Approver) -> tuple[PlanRow, ...]:
        """The open plans that the approver may still decide on, newest first."""
        now = self._clock()
        found = self._plans.list(principal=None, open_at=now, limit=_MOST_OPEN)
        return tuple(
            row
            for row in found
            if row.as_of(now).status == "waiting"
            and approver.principal.ref not in row.approved_by(now)
            and not self._why_not(row, approver)
        )

    def approve(self, digest: str, approver: Approver, *, seen_by: Principal | None = None) -> PlanRow:
        """Store an approval of the plan. Giving it twice changes nothing.

        `seen_by` is on whose behalf the plan was looked up, so that they learn why the approver may not.

        Raises `PlanMissing`, `MayNotDecide`, `PlanExpired`, `PlanRejected`, `PlanAlreadyApplied`, and
        `InvalidArguments` for a plan that waits for nobody.
        """
        row = self._open(self.shown(digest, seen_by, approver))
        if row.decision is None or row.decision.verdict is not Verdict.ASK:
            raise InvalidArguments(
                f"the plan {digest[:12]}… of {row.action} waits for no approval; {row.principal} may apply it"
            )
        if why := self._why_not(row, approver):
            raise MayNotDecide(f"{approver.principal.ref} may not approve the plan {digest[:12]}…: {why}")
        self._intend(row, approver, "approve")
        now = self._clock()
        if not self._approvals.give(self._decided(row, approver, "approved", now=now)):
            self._open(self._plans.get(digest, principal=None))
        return self._plans.get(digest, principal=None)

    def reject(
        self, digest: str, approver: Approver, *, reason: str = "", seen_by: Principal | None = None
    ) -> PlanRow:
        """Reject the plan for good. Whoever planned it may as well, which takes no further proof.

        Raises what `approve` does.
        """
        own = approver.means is Means.OWN
        row = self._open(self.shown(digest, approver.principal if own else seen_by, approver))
        if row.principal != approver.principal.ref:
            # A second pair of eyes is not needed to say no.
            why = "it is not their own" if own else self._why_not(row, approver)
            if why:
                raise MayNotDecide(f"{approver.principal.ref} may not reject the plan {digest[:12]}…: {why}")
        self._intend(row, approver, "reject")
        now, said = self._clock(), " ".join(reason.split())[:_LONGEST_REASON]
        told = f"{approver.principal.ref} said no" + (f": {said}" if said else "")
        decided = self._decided(row, approver, "rejected", now=now, reason=said)
        if not self._plans.claim(
            digest,
            now=now,
            status="rejected",
            reason=told,
            provided=lambda connection: put(connection, decided),
        ):
            self._open(self._plans.get(digest, principal=None))
        return self._plans.get(digest, principal=None)

    def _open(self, row: PlanRow) -> PlanRow:
        now = self._clock()
        name = f"the plan {row.digest[:12]}… of {row.action}"
        if row.is_open(now):
            return row
        if row.status == "planned":
            raise PlanExpired(f"{name} was not decided on in time; call {row.action} again for a new plan")
        if row.status == "rejected":
            raise PlanRejected(f"{name} was rejected: {row.reason}; that is final")
        raise PlanAlreadyApplied(f"{name} is {row.status} already; there is nothing left to decide")

    def _concerns(self, row: PlanRow, approver: Approver) -> bool:
        if any(given.approver == approver.principal.ref for given in row.approvals):
            return True
        return row.decision is not None and not self._why_not(row, approver)

    def _why_not(self, row: PlanRow, approver: Approver) -> str:
        """Why the approver may not decide; empty when they may."""
        decision = row.decision
        if decision is None or decision.approval is None:
            return "it waits for no approval"
        if decision.approval.four_eyes and approver.principal.ref == row.principal:
            return f"whoever planned it may not; it takes {described(decision.approval, row.principal)}"
        try:
            action = self._actions.get(row.action)
        except UnknownAction:
            return f"there is no action {row.action} any more"
        planner = Principal(ref=row.principal)
        asked = Asked(planner, row.action, action.effect, row.arguments, row.plan)
        return self._policy.may_approve(approver.principal, asked, decision)

    def _intend(self, row: PlanRow, approver: Approver, what: str) -> None:
        self._journal.intent(
            approver.principal,
            action=row.action,
            digest=row.digest,
            arguments=row.arguments,
            targets=refs_of(row.plan),
            to=what,
            on_behalf_of=row.principal,
            means=approver.means.value,
        )

    def _decided(
        self,
        row: PlanRow,
        approver: Approver,
        decision: Literal["approved", "rejected"],
        *,
        now: float,
        reason: str = "",
    ) -> ApprovalRow:
        return ApprovalRow(
            digest=row.digest,
            approver=approver.principal.ref,
            decision=decision,
            means=approver.means.value,
            decided_at=now,
            expires_at=min(now + self._lifetimes.approval, row.expires_at),
            reason=reason,
        )
