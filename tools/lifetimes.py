"""How long a plan and an approval live."""

from dataclasses import dataclass

from tools.policy.decision import Decision, Verdict


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """In seconds. A plan that waits for people lives longer; applying resolves it anew in any case."""

    plan: int = 900
    waiting: int = 24 * 3600
    approval: int = 3600

    def of(self, decision: Decision) -> int:
        """How long a plan lives of which the policy decided so."""
        return self.plan if decision.verdict is Verdict.ALLOW else self.waiting
