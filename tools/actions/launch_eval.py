"""The action `launch_eval`."""

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.jobs.spec import Name
from tools.launching import Launched, launch_plan, launched
from tools.plan import Plan
from tools.run import Run
from tools.settings import DataSet
from tools.shapes import Input


class LaunchEval(Input):
    model: Name = Field(
        description="The model: its name, which means the newest of that name, or the id of the job that trained it."
    )
    protocol: str = Field(
        default="",
        pattern=r"^[a-z0-9-]{0,40}$",
        description="Protocol to judge by: only the one it was trained for, which is the default.",
    )


@action(effect=Effect.STARTS_JOB, scope="jobs:launch")
async def launch_eval(input: LaunchEval, run: Run) -> Launched:  # noqa: ARG001 - every action has both
    """Judge a trained model on the items that its protocol held out, as a job.

    Calling it only plans: it answers model and data revision, cost, limits and a digest; apply the digest to start
    the job. The result has metrics with intervals and the protocol's hash.
    """
    return await run.in_thread(launched)


@launch_eval.planned_by
async def plan(input: LaunchEval, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: LaunchEval, run: Run) -> Plan:
    trained, folder = run.jobs.model(input.model, run.principal)
    made = trained.spec.config
    name, kind = str(made["name"]), str(made["model"]["kind"])
    config = {
        "model": str(folder),
        "name": name,
        **({"protocol": input.protocol} if input.protocol else {}),
    }
    return launch_plan(
        "evaluate",
        config,
        run,
        summary=f"Judge the model {name} ({kind}) that {trained.job.id} trained.",
        steps=(
            f"read the model that {trained.job.id} trained, and the data it was trained on",
            "rank the items for every tested user, and compare with what was held out",
            "write metrics with intervals into the job's own folder",
        ),
        kind=kind,
        data=DataSet.model_validate(made["data"]),
    )
