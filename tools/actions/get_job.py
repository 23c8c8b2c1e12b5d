"""The action `get_job`."""

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.job_cards import JobLine, job_line, moment
from tools.jobs.job import JobState
from tools.jobs.spec import Name
from tools.run import Run
from tools.shapes import Input

if TYPE_CHECKING:
    from tools.state.jobs import JobRow

_FACTS = ("kind", "name", "digest", "metrics", "parents", "facts", "seconds")


class GetJob(Input):
    job: Name = Field(description="Id of the job, as launching it answered.")


class JobCard(JobLine):
    heartbeat_at: str | None = Field(description="When its supervisor last told that it is alive.")
    exit_code: int | None = Field(description="Exit code of its process; negative for a signal.")
    cpu_seconds: float = Field(description="CPU seconds it used so far.")
    peak_memory_bytes: int = Field(description="Most memory it had at once.")
    digest: str = Field(description="The plan that launched it.")
    spec: dict[str, Any] = Field(description="What it was told to do: recipe, configuration, limits.")
    out: str = Field(description="Where its result is, under the home.")
    result: dict[str, Any] = Field(description="What its result's manifest says; empty until it succeeded.")


@action(effect=Effect.READS, scope="jobs:read")
async def get_job(input: GetJob, run: Run) -> JobCard:
    """Show how a job stands: state, times, memory, what it was told, and its result's metrics once it succeeded.

    A job is the process; what it leaves in the model registry is a run, another thing.
    """
    return await run.in_thread(_card, input)


def _card(input: GetJob, run: Run) -> JobCard:
    row = run.jobs.get(input.job, run.principal)
    return JobCard(
        **job_line(row).model_dump(),
        heartbeat_at=moment(row.job.heartbeat_at),
        exit_code=row.job.exit_code,
        cpu_seconds=row.job.cpu_seconds,
        peak_memory_bytes=row.job.peak_memory_bytes,
        digest=row.digest,
        spec=row.spec.model_dump(mode="json"),
        out=f"jobs/{row.job.id}/{row.spec.out}",
        result=_result(row, run) if row.job.state is JobState.SUCCEEDED else {},
    )


def _result(row: "JobRow", run: Run) -> dict[str, Any]:
    """Parts of the manifest; a recipe that writes none has no result to show."""
    try:
        manifest = json.loads((run.jobs.out(row) / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: manifest[name] for name in _FACTS if name in manifest}
