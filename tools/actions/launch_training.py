"""The action `launch_training`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.example import Example
from tools.jobs.spec import NAME_OR_NONE, Name
from tools.launching import Launched, launch_plan, launched
from tools.plan import Plan
from tools.run import Run
from tools.settings import DataSet
from tools.shapes import Input
from tools.things import Names, Said, Thing

_SETTINGS = Said(
    keys={
        "factors": ("latent dims", "latent dimensions", "latent factors", "hidden dimensions", "rank"),
        "iterations": ("sweeps", "rounds", "iters", "alternations"),
        "epochs": ("passes", "passes over the data"),
        "dimensions": ("dims", "dimensional", "vector size", "embedding size", "embedding dimensions"),
        "neighbours": ("neighbors", "nearest neighbours"),
        "negatives": ("negative samples", "negative examples"),
        "window": ("window size", "context window"),
        "learning_rate": ("lr", "step size"),
        "regularization": ("regularisation", "reg", "lambda", "l2"),
    }
)
_FIT_ON = Said(
    values=(
        (
            "all",
            (
                "all the data",
                "all of the data",
                "all data",
                "everything we have",
                "the full data",
                "the whole data",
                "for serving",
                "to serve",
                "test items included",
                "the complete data",
            ),
        ),
    )
)


class LaunchTraining(Input):
    name: Annotated[str, Names(Thing.NEW_NAME)] = Field(
        default="",
        pattern=NAME_OR_NONE,
        description="Name of the model to make: letters, digits, dashes; by default KIND-DATA.",
    )
    scaffold: Annotated[str, Names(Thing.NEW_NAME)] = Field(
        default="",
        pattern=NAME_OR_NONE,
        description="Instead of all the others: a job that scaffold_training_job made, by its name.",
    )
    model: Annotated[str, Names(Thing.MODEL_KIND)] = Field(
        default="item_knn",
        pattern=r"^[a-z0-9_]{1,40}$",
        description="Kind of model: popularity, item_knn, als, item2vec, sequential or pipeline.",
    )
    data: Name = Field(
        default="world", description="Data set, by the name the operator gave it; `world` is generated."
    )
    config: Annotated[dict[str, Any], _SETTINGS] = Field(
        default_factory=dict,
        description="The model's own settings; unknown keys are refused, with the known.",
    )
    protocol: str = Field(
        default="",
        pattern=r"^[a-z0-9-]{0,40}$",
        description="Protocol it will be judged by, whose test items it must not see; by default the data's.",
    )
    fit_on: Annotated[Literal["train", "all"], _FIT_ON] = Field(
        default="train", description="all: learn from everything, to serve; such a model is never judged."
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of everything random.")


_EXAMPLES: tuple[str | Example, ...] = (
    "train {model} on {data}",
    "train a {model} model on {data} with {config.factors} factors",
    "train {model} for {config.epochs} epochs",
    "train {model} with {config.neighbours} neighbours",
    "train {model} with {config.dimensions} dimensions and window {config.window}",
    "train {model} with {config.iterations} iterations, alpha {config.alpha} and regularization {config.regularization}",
    "train {model} with {config.negatives} negatives and learning rate {config.learning_rate}",
    "train a model called {name}",
    "train a model named {name} of kind {model} with seed {seed}",
    "fit {model} on {data}",
    "start a training job for {model} on {data}",
    "launch training of {model} on {data}",
    "kick off a {model} training run on {data}",
    "retrain {model}",
    "train {model} under the protocol {protocol}",
    "train the scaffold {scaffold}",
    "run the training of the scaffold {scaffold}",
    Example("train {model} on all the data for serving", means={"fit_on": "all"}),
    "need a fresh {model} model with {config.factors} factors, data is {data}",
    "build a new {model} model named {name} on {data}",
    "get a {model} training going on {data}",
    "make a {model} model from {data}",
    "learn {model} on {data} with seed {seed}",
    "run a {model} training",
    "have {model} trained on {data}",
    "spin up training for {model}",
    "do a training run of {model}",
    "create a new {model} model",
    "teach a {model} model",
    "new {model} model for {data}",
    "I want an {model} with alpha {config.alpha} and {config.iterations} iterations",
    "train a {model} baseline and call it {name}",
    "{model} on {data}, seed {seed}",
    "start training the scaffold {scaffold}",
    "train {model} again but with window {config.window}",
    "a {model} with {config.factors} factors please",
    "give me a freshly trained {model}",
    "rerun the training of {model}",
    "another {model} run",
    "name it {name}",
    "see what {model} does with alpha {config.alpha} on {data}",
    "try {model} with {config.factors} factors",
    "fit the final {model}",
    "get {model} going on {data}, seed {seed}",
)


@action(effect=Effect.STARTS_JOB, scope="jobs:launch", repeatable=True, examples=_EXAMPLES)
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
    if "kind" in input.config:
        raise InvalidArguments(
            "config.kind: the kind of model is the argument `model`; leave it out of config"
        )
    data = run.jobs.data(input.data)
    name = input.name or f"{input.model.replace('_', '-')}-{input.data}"
    config = {
        "name": name,
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
        summary=f"Train the model {name} ({input.model}) on the data set {input.data}.",
        steps=(
            f"read the data set {input.data} ({data.format})",
            f"fit {input.model} with seed {input.seed} on {part}",
            "write the model with its manifest into the job's own folder",
            f"register it as the next version of {name}, owned by {run.principal.ref}",
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
    owner = run.jobs.scaffold_owner(input.scaffold)
    return launch_plan(
        "train",
        config,
        run,
        summary=f"Train the model of the scaffold {input.scaffold}.",
        steps=(
            f"read the data that {input.scaffold}/train.toml names",
            "fit the model that it describes",
            "write the model with its manifest into the job's own folder",
            f"register it as the next version of {config.get('name')}, owned by {owner or run.principal.ref}",
        ),
        model_owner=owner,
        kind=str(model.get("kind", "")) if isinstance(model, dict) else "",
        data=DataSet.model_validate(config["data"]),
    )
