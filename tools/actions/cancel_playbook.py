"""The action `cancel_playbook`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.plan import Plan, Target
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing


class CancelPlaybook(Input):
    digest: Annotated[str, Names(Thing.PLAN)] = Field(
        pattern=r"^[0-9a-f]{64}$", description="Digest of the playbook's plan."
    )


class PlaybookCancelled(Output):
    digest: str = Field(description="The playbook's plan.")
    jobs: tuple[str, ...] = Field(description="Jobs that were ended with it.")


_EXAMPLES = (
    "cancel the playbook {digest}",
    "stop the playbook that runs",
    "end the running playbook",
    "abort the playbook",
    "kill the playbook run",
    "stop the playbook, it went wrong",
    "call off the playbook run",
    "halt the playbook {digest}",
    "do not go on with the playbook",
)


@action(effect=Effect.DESTROYS, scope="playbooks:run", examples=_EXAMPLES)
async def cancel_playbook(input: CancelPlaybook, run: Run) -> PlaybookCancelled:
    """End a playbook that goes on, with the job that runs for it.

    Calling it only plans; apply the digest to end it. What its steps have done stays done.
    """
    return await run.in_thread(_cancelled, input)


@cancel_playbook.planned_by
async def plan(input: CancelPlaybook, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: CancelPlaybook, run: Run) -> Plan:
    row = run.playbooks.running(input.digest, run.principal)
    name = row.plan.details["playbook"]
    return Plan(
        summary=f"End the playbook {name} ({input.digest[:12]}…) where it is.",
        steps=("start no further step", "end the job that runs for it, if one does"),
        will_not=("undo what its steps have done", "end any other job"),
        targets=(Target(ref=f"plan:{input.digest}", revision=row.status),),
        details={"owner": row.principal, "playbook": name},
    )


def _cancelled(input: CancelPlaybook, run: Run) -> PlaybookCancelled:
    return PlaybookCancelled(digest=input.digest, jobs=run.playbooks.cancel(input.digest, run))
