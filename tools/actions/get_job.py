"""The action `get_job`."""

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import ActionError
from tools.job_cards import JobLine, job_line, moment
from tools.jobs.job import JobState
from tools.jobs.spec import Name
from tools.models.cards import Measured, model_line, quoted
from tools.run import Run
from tools.shapes import Input, Output

if TYPE_CHECKING:
    from tools.jobs.results import Kept
    from tools.state.jobs import JobRow

_FACTS = ("kind", "name", "digest", "metrics", "parents", "facts", "seconds")


class GetJob(Input):
    job: Name = Field(description="Id of the job, as launching it answered.")


class Registered(Output):
    """What a job left in the model registry."""

    ref: str = Field(description="name:version of the model that it made or judged.")
    run_id: str = Field(description="MLflow run of this training or evaluation; a run is no job.")
    owner: str = Field(description="Who answers for the model.")
    aliases: tuple[str, ...] = Field(description="Aliases that point to the version.")
    measured: tuple[Measured, ...] = Field(
        description="Quoted figures: of this evaluation, or for a training of all evaluations so far."
    )


class JobCard(JobLine):
    heartbeat_at: str | None = Field(description="When its supervisor last told that it is alive.")
    exit_code: int | None = Field(description="Exit code of its process; negative for a signal.")
    cpu_seconds: float = Field(description="CPU seconds it used so far.")
    peak_memory_bytes: int = Field(description="Most memory it had at once.")
    digest: str = Field(description="The plan that launched it.")
    spec: dict[str, Any] = Field(description="What it was told to do: recipe, configuration, limits.")
    out: str = Field(description="Where its result is, under the home.")
    result: dict[str, Any] = Field(description="What its result's manifest says; empty until it succeeded.")
    registered: Registered | None = Field(
        description="What it left in the model registry; null until it is there."
    )
    unregistered: str = Field(
        description="Why its result is not in the registry though it succeeded; it is tried again at each look."
    )


_EXAMPLES = (
    "how is {job} doing",
    "how did {job} go",
    "how did the last eval go",
    "what is the status of {job}",
    "is {job} done",
    "did {job} finish",
    "did {job} succeed",
    "show {job}",
    "check on {job}",
    "what was the result of {job}",
    "how much memory did {job} use",
    "why did {job} fail",
    "is {job} still running",
    "progress of {job}",
    "how is {job} coming along",
    "any news on {job}",
    "has {job} finished",
    "what went wrong with {job}",
    "where is {job} at",
    "details of {job}",
    "when did {job} end",
    "how long has {job} been running",
    "did {job} go well",
    "outcome of {job}",
    "state of {job}",
    "update me on {job}",
    "result of {job}",
    "tell me what happened to {job}",
    "where are we with {job}",
    "did {job} work out",
    "how long did {job} take",
    "is {job} stuck",
    "what became of {job}",
    "when will {job} be done",
    "show me how {job} stands",
    "how far is {job}",
    "what happened with {job}",
)


@action(effect=Effect.READS, scope="jobs:read", examples=_EXAMPLES)
async def get_job(input: GetJob, run: Run) -> JobCard:
    """Show how a job stands: state, times, memory, what it was told, and its result's metrics once it succeeded.

    A job is the process; what it leaves in the model registry is a run, another thing.
    """
    return await run.in_thread(_card, input)


def _card(input: GetJob, run: Run) -> JobCard:
    row = run.jobs.get(input.job, run.principal)
    succeeded = row.job.state is JobState.SUCCEEDED
    kept = run.jobs.kept(row)
    result = _result(row, run) if succeeded else {}
    registered, why = _registered(row, kept, run)
    return JobCard(
        **job_line(row, model=kept.ref or None if kept else None).model_dump(),
        heartbeat_at=moment(row.job.heartbeat_at),
        exit_code=row.job.exit_code,
        cpu_seconds=row.job.cpu_seconds,
        peak_memory_bytes=row.job.peak_memory_bytes,
        digest=row.digest,
        spec=row.spec.model_dump(mode="json"),
        out=f"jobs/{row.job.id}/{row.spec.out}",
        result=result,
        registered=registered,
        unregistered=why,
    )


def _registered(row: "JobRow", kept: "Kept | None", run: Run) -> "tuple[Registered | None, str]":
    """What the registry has of the job's result, and why it has nothing."""
    if kept is None or kept.why:
        return None, kept.why if kept else ""
    try:
        version = run.models.version(kept.ref)
        own = run.models.measured_in(kept.run_id) if row.spec.recipe == "evaluate" else None
    except ActionError as error:
        return None, str(error)
    line = model_line(version)
    return Registered(
        ref=line.ref,
        run_id=kept.run_id,
        owner=line.owner,
        aliases=line.aliases,
        measured=line.measured if own is None else tuple(quoted(own)),
    ), ""


def _result(row: "JobRow", run: Run) -> dict[str, Any]:
    """Parts of the manifest; a recipe that writes none has no result to show."""
    try:
        manifest = json.loads((run.jobs.out(row) / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: manifest[name] for name in _FACTS if name in manifest}
