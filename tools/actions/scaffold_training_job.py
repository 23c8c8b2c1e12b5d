"""The action `scaffold_training_job`."""

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.jobs.spec import Name
from tools.plan import Plan, Target
from tools.run import Run
from tools.scaffolding import ScaffoldFile, refuse_if_taken, rendered, write_folder
from tools.shapes import Input, Output

_OWNER = r"^(?:(?:group|user):(?:[a-z0-9-]{1,63}/)?)?[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$"


class ScaffoldTrainingJob(Input):
    name: Name = Field(description="Name of the model, and of the new folder: letters, digits, dashes.")
    owner: str = Field(pattern=_OWNER, description="Owning group or user, e.g. group:default/ranking.")
    model: str = Field(
        default="item_knn",
        pattern=r"^[a-z0-9_]{1,40}$",
        description="Kind of model: popularity, item_knn, als, item2vec or pipeline.",
    )
    data: Name = Field(default="world", description="Data set, by the name the operator gave it.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of everything random.")


class Scaffolded(Output):
    name: str = Field(description="The scaffold: launch_training takes it as `scaffold`.")
    folder: str = Field(description="Where it is.")
    files: tuple[str, ...] = Field(description="What was written, relative to the folder.")


@action(effect=Effect.WRITES, scope="scaffold:write")
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
    write_folder(folder, files)
    return Scaffolded(name=input.name, folder=str(folder), files=tuple(file.path for file in files))
