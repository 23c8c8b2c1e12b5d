"""How a job is shown."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import Field

from tools.jobs.job import Job, JobState
from tools.shapes import Output

if TYPE_CHECKING:
    from tools.state.jobs import JobRow


class JobLine(Output):
    """A job in a list."""

    id: str = Field(description="Its handle.")
    state: JobState = Field(description="queued, running, succeeded, failed, cancelled or lost.")
    recipe: str = Field(description="What it runs: train or evaluate.")
    subject: str = Field(description="The model it is about.")
    model: str | None = Field(
        description="name:version of the registered model that it made or judged; null until it is registered."
    )
    owner: str = Field(description="Who launched it.")
    created_at: str = Field(description="When it was launched, ISO 8601 in UTC.")
    started_at: str | None = Field(description="When its process began; null while it waits for a slot.")
    ended_at: str | None = Field(description="When it ended.")
    seconds: float = Field(description="How long it ran, until now or its end.")
    reason: str = Field(description="Why it did not succeed; empty otherwise.")


def job_line(row: "JobRow", *, model: str | None = None) -> JobLine:
    """model: where its result is registered. `seconds` of a running job go to its last heartbeat, so that equal rows give equal lines."""
    job = row.job
    return JobLine(
        id=job.id,
        state=job.state,
        recipe=row.spec.recipe,
        subject=str(row.spec.config.get("name", "")),
        model=model,
        owner=row.spec.owner,
        created_at=moment(job.created_at) or "",
        started_at=moment(job.started_at),
        ended_at=moment(job.ended_at),
        seconds=_seconds(job),
        reason=job.reason,
    )


def moment(at: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _seconds(job: Job) -> float:
    last = job.ended_at or job.heartbeat_at
    return round(max(0.0, last - job.started_at), 1) if job.started_at and last else 0.0
