"""The action `get_plan`."""

from typing import Annotated, Any

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.plan import Asking, Receipt, Status
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing


class GetPlan(Input):
    digest: Annotated[str, Names(Thing.PLAN)] = Field(
        pattern=r"^[0-9a-f]{64}$", description="Digest of the plan, as the action returned it."
    )


class PlanStanding(Output):
    digest: str = Field(description="The plan.")
    action: str = Field(description="What was planned.")
    summary: str = Field(description="What applying it does, in one sentence.")
    status: Status = Field(
        description="planned (may be applied), waiting (for approval), approved (may be applied), running, done, "
        "refused, rejected, expired, failed or lost."
    )
    approval: Asking | None = Field(description="What the policy said, and which approvals are missing.")
    expires_at: str = Field(description="When it can no longer be applied, ISO 8601 in UTC.")
    job: str | None = Field(description="Handle of the job that it started.")
    job_state: str = Field(description="How that job stands.")
    reason: str = Field(description="Why it was refused, rejected, failed or lost.")
    result: dict[str, Any] | None = Field(description="What the action answered once it was applied.")
    receipt: Receipt | None = Field(description="What was done, once it took effect.")


_EXAMPLES = (
    "how does {digest} stand",
    "show {digest}",
    "was {digest} approved",
    "has my plan been approved yet",
    "is {digest} still waiting for approval",
    "status of {digest}",
    "did anyone approve {digest}",
    "who has to approve {digest}",
    "did somebody sign off on {digest}",
    "what is {digest} waiting for",
    "show me the plan {digest} again",
    "has {digest} been applied",
    "how is my plan doing",
    "what came of {digest}",
    "is {digest} expired",
    "was my plan rejected",
    "where does {digest} hang",
    "is my plan through",
    "what about my plan",
    "can {digest} be applied now",
)


@action(effect=Effect.READS, scope="plans:read", examples=_EXAMPLES)
async def get_plan(input: GetPlan, run: Run) -> PlanStanding:
    """Show how a plan of yours stands: whether it waits for approval, was approved, runs or is done.

    Use it to look again at a plan that waits: only a person can approve it. A job's own progress is told by get_job.
    """
    return await run.in_thread(_standing, input)


def _standing(input: GetPlan, run: Run) -> PlanStanding:
    answer = run.plans.standing(input.digest, run.principal)
    kept = {name: answer[name] for name in PlanStanding.model_fields if name != "summary"}
    return PlanStanding.model_validate({**kept, "summary": answer["plan"]["summary"]})
