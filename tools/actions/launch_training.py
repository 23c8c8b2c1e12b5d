"""The action `launch_training`."""

from typing import Any, Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.jobs.spec import Name
from tools.launching import Launched, launch_plan, launched
from tools.plan import Plan
from tools.run import Run
from tools.settings import DataSet
from tools.shapes import Input


class LaunchTraining(Input):
    name: Name | Literal[""] = Field(
        default="", description="Name of the model to make: letters, digits, dashes."
    )
    scaffold: Name | Literal[""] = Field(
        default="",
        description="Instead of all the others: a job that scaffold_training_job made, by its name.",
    )
    model: str = Field(
        default="item_knn",
        pattern=r"^[a-z0-9_]{1,40}$",
        description="Kind of model: popularity, item_knn, als, item2vec or pipeline.",
    )
    data: Name = Field(
        default="world", description="Data set, by the name the operator gave it; `world` is generated."
    )
    config: dict[str, Any] = Field(
        default_factory=dict,
        description="The model's own settings; unknown keys are refused, with the known.",
    )
    protocol: str = Field(
        default="",
        pattern=r"^[a-z0-9-]{0,40}$",
        description="Protocol it will be judged by, whose test items it must not see; by default the data's.",
    )
    fit_on: Literal["train", "all"] = Field(
        default="train", description="all: learn from everything, to serve; such a model is never judged."
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of everything random.")


@action(effect=Effect.STARTS_JOB, scope="jobs:launch")
async def launch_training(input: LaunchTraining, run: Run) -> Launched:  # noqa: ARG001 - every action has both
    """Train a recommender model as a job.

    Calling it only plans: it checks the settings and answers data revision, cost, limits and a digest; apply the
    digest to start the job. Follow it with get_job and read_job_log; judge its model with launch_eval.
    """
    return await run.in_thread(launched)


@launch_training.planned_by
async def plan(input: LaunchTraining, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: LaunchTraining, run: Run) -> Plan:
    if input.scaffold:
        return _planned_scaffold(input, run)
    if not input.name:
        raise InvalidArguments("name: give the model to make a name, or name a scaffold to train")
    if "kind" in input.config:
        raise InvalidArguments(
            "config.kind: the kind of model is the argument `model`; leave it out of config"
        )
    data = run.jobs.data(input.data)
    config = {
        "name": input.name,
        "data": {"path": str(data.path), "format": data.format},
        "model": {**input.config, "kind": input.model},
        "fit_on": input.fit_on,
        "seed": input.seed,
        **({"protocol": input.protocol} if input.protocol else {}),
    }
    part = "all of it" if input.fit_on == "all" else "what its protocol trains on"
    return launch_plan(
        "train",
        config,
        run,
        summary=f"Train the model {input.name} ({input.model}) on the data set {input.data}.",
        steps=(
            f"read the data set {input.data} ({data.format})",
            f"fit {input.model} with seed {input.seed} on {part}",
            "write the model with its manifest into the job's own folder",
        ),
        kind=input.model,
        data=data,
    )


def _planned_scaffold(input: LaunchTraining, run: Run) -> Plan:
    # Compared with the defaults: stored arguments name every field.
    given = input.model_dump(exclude_defaults=True)
    if others := given.keys() - {"scaffold"}:
        raise InvalidArguments(
            f"{', '.join(sorted(others))}: a scaffold says that itself, in its train.toml; leave it out"
        )
    config = run.jobs.scaffolded(input.scaffold)
    model = config.get("model")
    return launch_plan(
        "train",
        config,
        run,
        summary=f"Train the model of the scaffold {input.scaffold}.",
        steps=(
            f"read the data that {input.scaffold}/train.toml names",
            "fit the model that it describes",
            "write the model with its manifest into the job's own folder",
        ),
        kind=str(model.get("kind", "")) if isinstance(model, dict) else "",
        data=DataSet.model_validate(config["data"]),
    )
