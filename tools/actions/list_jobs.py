"""The action `list_jobs`."""

from typing import Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.job_cards import JobLine, job_line
from tools.run import Run
from tools.shapes import Input, Output


class ListJobs(Input):
    state: Literal["", "queued", "running", "succeeded", "failed", "cancelled", "lost"] = Field(
        default="", description="Only jobs in this state."
    )
    limit: int = Field(default=25, ge=1, le=200, description="Most jobs to return.")
    offset: int = Field(default=0, ge=0, description="Where to go on: next_offset of the last answer.")


class JobLines(Output):
    total: int = Field(description="How many jobs there are in all.")
    items: tuple[JobLine, ...] = Field(description="This part of them, newest first.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


@action(effect=Effect.READS, scope="jobs:read")
async def list_jobs(input: ListJobs, run: Run) -> JobLines:
    """List your training and evaluation jobs, newest first, with their states."""
    return await run.in_thread(_lines, input)


def _lines(input: ListJobs, run: Run) -> JobLines:
    state = input.state or None
    total, rows = run.jobs.list(run.principal, state=state, limit=input.limit, offset=input.offset)
    end = input.offset + len(rows)
    return JobLines(
        total=total, items=tuple(job_line(row) for row in rows), next_offset=end if end < total else None
    )
