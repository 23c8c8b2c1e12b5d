"""The action `cancel_job`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import TargetMoved
from tools.jobs.spec import Name
from tools.plan import Plan, Target
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing


class CancelJob(Input):
    job: Annotated[Name, Names(Thing.JOB, ("active",))] = Field(description="Id of the job to end.")


class Cancelled(Output):
    id: str = Field(description="The job.")
    state: str = Field(description="cancelled; running if it takes longer to end than this call waited.")


_EXAMPLES = (
    "cancel {job}",
    "kill {job}",
    "stop {job}",
    "abort {job}",
    "end {job}",
    "terminate {job}",
    "kill my training job",
    "stop the running training",
    "cancel my evaluation",
    "shut {job} down",
    "pull the plug on {job}",
    "stop {job}, it goes nowhere",
    "get rid of {job}",
    "I do not need {job} any more, end it",
    "halt {job}",
    "interrupt {job}",
    "make {job} stop",
    "call off {job}",
    "quit {job}",
    "shoot {job} down",
    "drop {job}",
    "{job} must end now",
    "stop {job} immediately",
    "take {job} down",
    "I want {job} gone",
    "cancel whatever is running",
    "stop everything that is running",
)


@action(effect=Effect.DESTROYS, scope="jobs:cancel", examples=_EXAMPLES)
async def cancel_job(input: CancelJob, run: Run) -> Cancelled:
    """End a queued or running job with everything it started.

    Calling it only plans; apply the digest to do it. What the job printed stays; it leaves no result.
    """
    return await run.in_thread(_cancelled, input)


@cancel_job.planned_by
async def plan(input: CancelJob, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: CancelJob, run: Run) -> Plan:
    row = run.jobs.get(input.job, run.principal)
    if row.job.state.is_end:
        ended = f"{row.job.id} has ended already: {row.job.state}"
        raise TargetMoved(f"{ended}; there is nothing to cancel", changes=(ended,))
    return Plan(
        summary=f"End the job {row.job.id} of {row.spec.owner}, which is {row.job.state}.",
        steps=(
            "ask its processes to end (SIGTERM)",
            "end those that are left after five seconds (SIGKILL)",
            "record it as cancelled",
        ),
        will_not=("remove its log or its working folder", "start it again"),
        targets=(Target(ref=row.job.id, revision="under way"),),
        details={"owner": row.spec.owner, "recipe": row.spec.recipe},
    )


def _cancelled(input: CancelJob, run: Run) -> Cancelled:
    job = run.jobs.cancel(input.job, run.principal)
    return Cancelled(id=job.id, state=job.state.value)
