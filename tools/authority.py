"""What people approved as a whole, for a plan that is a part of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from tools.errors import NotAllowed
from tools.policy.decision import Asked, Decision, Policy, Verdict
from tools.principal import Principal
from tools.state.plan_row import needed


@dataclass(frozen=True, slots=True)
class Authority:
    """The approvals of a whole stand for those of a part, as far as the policy would take them for the part alone.

    `whole` names it for people, `facts` for the audit; `held` is called in the transaction that claims the part, and
    raises where the whole goes on no more. Made by what drives the whole, never by a door.
    """

    whole: str
    facts: Mapping[str, str]
    approvers: tuple[str, ...]
    held: Callable[[Connection], None]

    def covers(self, asked: Asked, decision: Decision, policy: Policy) -> Decision:
        """The decision, with an approval that it asks for taken as given. Raises `NotAllowed` where it asks for more."""
        if decision.approval is None:
            return decision
        door = asked.principal.door
        counted = [
            ref
            for ref in self.approvers
            if not policy.may_approve(Principal(ref=ref, door=door), asked, decision)
        ]
        if len(counted) < needed(decision.approval, asked.principal.ref):
            raise NotAllowed(
                f"{asked.action} takes {decision.approval} by the rule {decision.rule!r}, and {self.whole} was "
                f"approved by {', '.join(self.approvers) or 'nobody'}"
            )
        return Decision(
            Verdict.ALLOW,
            decision.rule,
            f"{decision.reason}; approved as a part of {self.whole}",
            next_tier=decision.next_tier,
        )
