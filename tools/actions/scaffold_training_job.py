"""The action `scaffold_training_job`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.jobs.spec import Name
from tools.plan import Plan, Target
from tools.run import Run
from tools.scaffolding import (
    ScaffoldFile,
    holds,
    refuse_if_taken,
    remove_files,
    rendered,
    unchanged,
    write_folder,
)
from tools.shapes import Input, Output
from tools.things import Names, Thing
from tools.undoing import Done, Undo

_OWNER = r"^(?:(?:group|user):(?:[a-z0-9-]{1,63}/)?)?[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$"


class ScaffoldTrainingJob(Input):
    name: Annotated[Name, Names(Thing.NEW_NAME)] = Field(
        description="Name of the model, and of the new folder: letters, digits, dashes."
    )
    owner: str = Field(pattern=_OWNER, description="Owning group or user, e.g. group:default/ranking.")
    model: Annotated[str, Names(Thing.MODEL_KIND)] = Field(
        default="item_knn",
        pattern=r"^[a-z0-9_]{1,40}$",
        description="Kind of model: popularity, item_knn, als, item2vec, sequential or pipeline.",
    )
    data: Name = Field(default="world", description="Data set, by the name the operator gave it.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of everything random.")


class Scaffolded(Output):
    name: str = Field(description="The scaffold: launch_training takes it as `scaffold`.")
    folder: str = Field(description="Where it is.")
    files: tuple[str, ...] = Field(description="What was written, relative to the folder.")


_EXAMPLES = (
    "scaffold a training job called {name}",
    "scaffold a {name} job",
    "scaffold a {name} job on podcasts",
    "set up a {name} job on tracks for {owner}",
    "scaffold a new {model} training job called {name} for {owner}",
    "scaffold a training job named {name} on {data}, owned by {owner}",
    "create a new training job {name} from the golden path",
    "set up a training job {name} for {owner}",
    "generate the files of a new training job {name}",
    "bootstrap a training job {name}",
    "make a skeleton for a {model} job named {name}",
    "start a new project for training {name} from the template with seed {seed}",
    "make me a skeleton for a job called {name}, {owner} owns it",
    "create a scaffold {name} for {owner}",
    "new training project {name} from the golden path on {data}",
    "prepare the folder of a new training job named {name}",
    "generate a {model} training job {name} owned by {owner}",
    "give me the boilerplate for a training job called {name}",
    "lay out a new training job {name}",
    "create the config files for a {model} job called {name}",
    "set me up with a new {model} training job named {name} for {owner}",
    "start from the template: training job {name}, {model}, owner {owner}",
    "new job from the golden path: name {name}, owner {owner}, kind {model}",
    "a training job skeleton for {owner} called {name} with {model}",
    "add a training job {name} for {owner}",
    "use the template to make the training job {name}",
    "I need a new training job folder {name} owned by {owner}",
)


@action(effect=Effect.WRITES, scope="scaffold:write", repeatable=True, examples=_EXAMPLES)
async def scaffold_training_job(input: ScaffoldTrainingJob, run: Run) -> Scaffolded:
    """Make a new training job from the golden path: run configs, catalog entry, docs page, test, README.

    Calling it only plans: the plan shows every file with its content; apply the digest to write them into a new
    folder. Nothing is overwritten and nothing is run; train it with launch_training.
    """
    return await run.in_thread(_written, input)


@scaffold_training_job.planned_by
async def plan(input: ScaffoldTrainingJob, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: ScaffoldTrainingJob, run: Run) -> Plan:
    folder = run.jobs.scaffold_root / input.name
    refuse_if_taken(folder)
    files = _files(input, run)
    return Plan(
        summary=f"Write {len(files)} files of a training job for {input.name} into a new folder.",
        steps=tuple(f"write {input.name}/{file.path} ({file.bytes} bytes)" for file in files),
        will_not=("overwrite anything", "train, register or publish anything", "change the catalog"),
        targets=(Target(ref=f"scaffold:{input.name}", revision=""),),
        reversible=True,
        details={"folder": str(folder), "files": [file.as_json() for file in files]},
    )


def _files(input: ScaffoldTrainingJob, run: Run) -> tuple[ScaffoldFile, ...]:
    """The rendered files; a generated world goes into the folder, other data stays where it is."""
    data = run.jobs.data(input.data)
    is_world = data.format == "world"
    config = {
        "name": input.name,
        "data": {"path": str(data.path), "format": data.format},
        "model": {"kind": input.model},
        "seed": input.seed,
    }
    run.jobs.resolve("train", config)  # what is scaffolded must be able to train
    values = {
        **input.model_dump(mode="json"),
        "data_path": "world.json" if is_world else str(data.path),
        "data_format": data.format,
        "world": data.path.read_text(encoding="utf-8").strip() if is_world else "",
    }
    return rendered("training_job", values, without=() if is_world else ("world.json",))


def _written(input: ScaffoldTrainingJob, run: Run) -> Scaffolded:
    folder = run.jobs.scaffold_root / input.name
    files = [ScaffoldFile(**file) for file in run.plan.details["files"]]
    if not (run.repeated and holds(folder, files)):
        write_folder(folder, files)
    return Scaffolded(name=input.name, folder=str(folder), files=tuple(file.path for file in files))


@scaffold_training_job.undone_by
def undo(done: Done, run: Run) -> Undo:
    """Remove exactly the files that were written, if none of them was changed."""
    folder, name = Path(str(done.result["folder"])), str(done.result["name"])
    if folder != run.jobs.scaffold_root / name:
        raise InvalidArguments(f"{folder} is not where scaffolds are kept by now; remove it by hand")
    files = [ScaffoldFile(**file) for file in done.plan.details["files"]]
    others = unchanged(folder, files)
    kept = (f"{name}/{other}, which was put there since" for other in others[:20])
    plan = Plan(
        summary=f"Remove the {len(files)} files that scaffolding {name} wrote.",
        steps=tuple(f"remove {name}/{file.path}, unchanged since it was written" for file in files),
        will_not=(*(f"remove {each}" for each in kept), "remove anything that was changed"),
        targets=tuple(Target(ref=f"scaffold:{name}/{file.path}", revision=file.sha256) for file in files),
        reversible=False,
    )
    return Undo(plan, lambda: remove_files(folder, files))
