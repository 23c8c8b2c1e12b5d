"""What the policy says of a playbook: at least what it says of each of its steps."""

import json
from functools import reduce
from typing import Any

from tools.action import WHOLE
from tools.effect import Effect
from tools.plan import Estimate, Plan
from tools.playbooks.steps import PlannedStep
from tools.policy.decision import Asked, Decision, Policy
from tools.principal import Principal


class StepsToo:
    """A policy that asks for a playbook what `policy` asks for it and for all its steps together.

    So one approval can cover them: whoever gives it may approve each step, and as many people did as the strictest
    step takes. What a step can only be told later is decided on again when it is reached.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @property
    def about_reads(self) -> bool:
        return self._policy.about_reads

    def decide(self, asked: Asked) -> Decision:
        decision = self._policy.decide(asked)
        if asked.action != WHOLE or asked.plan is None:
            return decision
        budget = asked.plan.estimate
        steps = (step_asked(step, asked.principal, budget) for step in steps_of(asked.plan.details))
        parts = (self._policy.decide(each) for each in steps if each.effect is not Effect.READS)
        return reduce(Decision.stricter, parts, decision)

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        return self._policy.may_approve(approver, asked, decision)


def step_asked(step: PlannedStep, principal: Principal, budget: Estimate) -> Asked:
    """The question whether a step may be done, with what is known of it.

    What cannot be planned yet may cost as much as the whole playbook may, and is not taken for reversible.
    """
    plan = step.plan if step.effect is Effect.READS else step.plan or Plan(estimate=budget)
    return Asked(principal, step.action, step.effect, step.known, plan)


def steps_of(details: dict[str, Any]) -> tuple[PlannedStep, ...]:
    """The steps that a plan of a playbook holds."""
    return tuple(PlannedStep.model_validate_json(json.dumps(each)) for each in details.get("steps", ()))
