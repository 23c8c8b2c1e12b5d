"""No policy beyond the scopes: for whoever calls actions in their own process, and for tests of teams' actions."""

from dataclasses import dataclass
from typing import ClassVar

from tools.policy.decision import Asked, Decision, Verdict
from tools.principal import Principal


@dataclass(frozen=True, slots=True)
class AnythingGoes:
    """Every action runs at once. `server` never composes it."""

    about_reads: ClassVar[bool] = False

    def decide(self, asked: Asked) -> Decision:
        return Decision(Verdict.ALLOW, "no policy", f"{asked.action} takes its scope and nothing else")

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        del approver, asked, decision
        return "nothing waits for approval without a policy"
