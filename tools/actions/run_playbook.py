"""The action `run_playbook`."""

from typing import Any, Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.plan import Plan
from tools.run import Run
from tools.shapes import Input, Output


class RunPlaybook(Input):
    playbook: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="Its name, as list_playbooks answers it."
    )
    inputs: dict[str, Any] = Field(
        default_factory=dict, description="What it asks for, as list_playbooks answers it."
    )


class StepStanding(Output):
    id: str = Field(description="The step.")
    action: str = Field(description="Its action.")
    state: Literal["waiting", "begun", "done", "skipped", "stopped"] = Field(description="How it stands.")
    digest: str | None = Field(
        description="The step's own plan, which get_plan shows; null while it has none."
    )
    reason: str = Field(description="Why it was left out, or stopped the playbook.")


class PlaybookStanding(Output):
    playbook: str = Field(description="The playbook.")
    reached: str = Field(description="The step that it is at; empty once all are done.")
    steps: tuple[StepStanding, ...] = Field(description="Every step, in order.")


_EXAMPLES = (
    "run the playbook {playbook}",
    "start the playbook {playbook}",
    "execute {playbook}",
    "go through the playbook {playbook}",
    "run {playbook}",
    "kick off {playbook}",
    "launch the {playbook} playbook",
    "do {playbook}",
    "use the playbook {playbook}",
    "begin {playbook}",
    "trigger {playbook}",
    "go ahead with {playbook}",
    "let {playbook} run",
    "perform the playbook {playbook}",
    "run {playbook} now",
    "{playbook} for a model named {inputs.name}, owner {inputs.owner}",
    "run {playbook} for the model {inputs.name} owned by {inputs.owner}",
    "start {playbook} with name {inputs.name}",
)


@action(effect=Effect.WRITES, scope="playbooks:run", examples=_EXAMPLES)
async def run_playbook(input: RunPlaybook, run: Run) -> PlaybookStanding:
    """Run a playbook: predefined actions in a fixed order, planned and approved as one unit.

    Calling it only plans: the plan shows every step with what fills its arguments, and what bounds the whole. One
    approval covers all of it. After apply, the server goes through the steps; get_plan tells how far it has come.
    """
    return await run.in_thread(_begun, input)


@run_playbook.planned_by
async def plan(input: RunPlaybook, run: Run) -> Plan:
    return await run.playbooks.plan(input.playbook, input.inputs, run)


def _begun(_input: RunPlaybook, run: Run) -> PlaybookStanding:
    return PlaybookStanding.model_validate(run.playbooks.standing(run.digest))
