"""Who may apply what at once, and what has to wait for a human."""

from collections.abc import Callable
from typing import Any

from tools.action import Action
from tools.effect import Effect
from tools.errors import NotAllowed
from tools.plan import Estimate, Plan
from tools.principal import Principal

Policy = Callable[[Principal, Action[Any, Any], Plan], None]
"""Raises `NotAllowed` when the principal may not apply that plan by itself; nothing was done then."""

AT_ONCE = "jobs:at-once"
"""The scope of starting small jobs without asking; whoever sits at this machine holds it."""


def anything_goes(_principal: Principal, _action: Action[Any, Any], _plan: Plan) -> None:
    """No policy beyond the scopes."""


def small_jobs_at_once(cpu_hours: float) -> Policy:
    """Jobs below `cpu_hours` by their estimate, by a principal with the scope `jobs:at-once`; no GPU."""

    def decide(principal: Principal, action: Action[Any, Any], plan: Plan) -> None:
        if action.effect is not Effect.STARTS_JOB:
            return
        if reason := needs_approval(principal, plan.estimate, cpu_hours=cpu_hours):
            raise NotAllowed(f"{action.name} was not applied: {reason}")

    return decide


def needs_approval(principal: Principal, estimate: Estimate, *, cpu_hours: float) -> str:
    """Why a job of that estimate has to wait for a human; empty when it need not."""
    if estimate.gpu_hours or estimate.cpu_hours >= cpu_hours:
        cost = f"{estimate.cpu_hours:g} CPU-hours and {estimate.gpu_hours:g} GPU-hours"
        why = f"it is estimated at {cost}, and only jobs under {cpu_hours:g} CPU-hours start at once"
    elif AT_ONCE not in principal.scopes:
        why = f"{principal.ref} does not hold the scope {AT_ONCE!r}, which starting a job at once takes"
    else:
        return ""
    return f"{why}; it needs a human's approval, and this version has no way to give one yet"
