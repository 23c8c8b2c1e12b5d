"""The action `launch_eval`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments, NotFound
from tools.jobs.spec import NAME_OR_NONE
from tools.launching import Launched, launch_plan, launched
from tools.plan import Plan
from tools.run import Run
from tools.settings import DataSet
from tools.shapes import Input
from tools.things import Names, Thing

_JOB = re.compile(r"job-[0-9a-f]+")


class LaunchEval(Input):
    model: Annotated[str, Names(Thing.MODEL, also=(Thing.JOB,))] = Field(
        min_length=1,
        max_length=140,
        description="name:version, name@alias or a name (its newest); or the job that trained it.",
    )
    protocol: str = Field(
        default="",
        pattern=r"^[a-z0-9-]{0,40}$",
        description="Protocol to judge by: only the one it was trained for, which is the default.",
    )
    data: str = Field(
        default="",
        pattern=NAME_OR_NONE,
        description="Data set that holds what it was trained on, by name, where that is not in its old place any more.",
    )


_EXAMPLES = (
    "evaluate {model}",
    "evaluate {model} under {protocol}",
    "judge {model} with {protocol}",
    "run an evaluation of {model}",
    "launch an eval of {model}",
    "kick off an eval of {model}",
    "start an eval job for {model} on {protocol}",
    "score {model} on the held-out items",
    "test {model} offline",
    "measure how good {model} is with a new evaluation",
    "evaluate the model that {model} trained",
    "benchmark {model}",
    "re-evaluate {model}",
    "evaluate the new model on the slice",
    "spin up an evaluation for {model}",
    "I would like {model} judged again",
    "assess {model} offline",
    "run {protocol} over {model}",
    "have {model} evaluated",
    "do an offline eval of {model}",
    "get fresh figures for {model}",
    "compute the metrics of {model} under {protocol}",
    "put {model} through {protocol}",
    "validate {model} on the test items",
    "offline test for {model}",
    "check the quality of {model} with a new evaluation run",
    "run the judge on {model}",
    "give {model} a proper evaluation",
    "{protocol} for {model}",
    "judge what {model} produced",
    "have {model} evaluated again",
    "how good is {model}? run an evaluation",
    "I need evaluation figures for {model}",
    "start judging {model}",
    "evaluate {model} against {protocol}",
    "run the evaluation for {model} again",
    "rerun the evaluation of {model}",
    "redo the evaluation of {model}",
    "rerun the eval of {model}",
    "check {model} against {protocol}",
    "I want to see fresh numbers for {model}",
    "offline numbers of {model}",
)


@action(effect=Effect.STARTS_JOB, scope="jobs:launch", repeatable=True, examples=_EXAMPLES)
async def launch_eval(input: LaunchEval, run: Run) -> Launched:  # noqa: ARG001 - every action has both
    """Judge a trained model on the items that its protocol held out, as a job.

    Calling it only plans: it answers revisions, cost, limits and a digest; apply the digest to start the job. The
    result is recorded with the judged version.
    """
    return await run.in_thread(launched)


@launch_eval.planned_by
async def plan(input: LaunchEval, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is judged: how it is called in words, its artifact, and the data it was trained on."""

    called: str
    name: str
    kind: str
    folder: Path
    data: DataSet


def _planned(input: LaunchEval, run: Run) -> Plan:
    subject = _of_job(input.model, run) if _JOB.fullmatch(input.model) else _registered(input.model, run)
    data = _data(input, subject, run)
    config = {
        "model": str(subject.folder),
        "name": subject.name,
        **({"data": {"path": str(data.path), "format": data.format}} if input.data else {}),
        **({"protocol": input.protocol} if input.protocol else {}),
    }
    return launch_plan(
        "evaluate",
        config,
        run,
        summary=f"Judge {subject.called} ({subject.kind}).",
        steps=(
            f"read {subject.called}, and the data it was trained on",
            "rank the items for every tested user, and compare with what was held out",
            "write metrics with intervals into the job's own folder",
            f"record them in the registry, with the version of {subject.name} that was judged",
        ),
        kind=subject.kind,
        data=data,
    )


def _data(input: LaunchEval, subject: _Subject, run: Run) -> DataSet:
    """What it was trained on, where it lies now; whether it is the same is looked at by the recipe."""
    if input.data:
        return run.jobs.data(input.data)
    if not subject.data.path.exists():
        raise NotFound(
            f"data: {subject.called} was trained on {str(subject.data.path)!r}, where nothing is any more; give the name of "
            f"a data set that holds the same. The data sets are: {', '.join(run.jobs.data_names)}"
        )
    return subject.data


def _of_job(id: str, run: Run) -> _Subject:
    row = run.jobs.trained(id, run.principal)
    made = row.spec.config
    name, kind = str(made["name"]), str(made["model"]["kind"])
    called = f"the model {name} that {row.job.id} trained"
    return _Subject(called, name, kind, run.jobs.out(row), DataSet.model_validate(made["data"]))


def _registered(ref: str, run: Run) -> _Subject:
    book = run.models
    version = book.version(ref)
    if version.kind != "model":
        raise InvalidArguments(
            f"{version.ref} is an artifact of kind {version.kind!r}; name a model to judge"
        )
    folder = book.folder(version)
    data = book.manifest(version).data
    return _Subject(
        f"the registered model {version.ref}",
        version.name,
        version.model,
        folder,
        DataSet(path=Path(data.path), format=data.format),
    )
