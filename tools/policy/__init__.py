"""Who may do what at once, what waits for a human, and what is refused."""

from tools.policy.decision import Approval, Asked, Decision, Policy, Verdict

__all__ = ["Approval", "Asked", "Decision", "Policy", "Verdict"]
