"""The action `list_jobs`."""

from typing import Annotated, Literal

from pydantic import Field

from tools.action import action
from tools.bounds import LAST, fitting
from tools.effect import Effect
from tools.example import Example
from tools.job_cards import JobLine, job_line
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Said

_STATES = Said(
    values=(
        (
            "queued",
            ("waiting", "pending", "in line", "in the queue", "not started", "about to start", "enqueued"),
        ),
        (
            "running",
            ("in progress", "ongoing", "under way", "right now", "at the moment", "cooking", "active"),
        ),
        ("succeeded", ("went well", "went through", "finished", "completed", "done", "successful", "green")),
        (
            "failed",
            (
                "broke",
                "broken",
                "crashed",
                "blew up",
                "errored",
                "died",
                "went wrong",
                "red",
                "failures",
                "crash",
                "die",
                "break",
            ),
        ),
        ("cancelled", ("stopped", "aborted", "killed", "canceled")),
        ("lost", ("vanished", "disappeared", "orphaned")),
    )
)


class ListJobs(Input):
    state: Annotated[
        Literal["", "queued", "running", "succeeded", "failed", "cancelled", "lost"], _STATES
    ] = Field(default="", description="Only jobs in this state.")
    limit: int = Field(default=25, ge=1, le=200, description="Most jobs to return.")
    offset: int = Field(
        default=0, ge=0, le=LAST, description="Where to go on: next_offset of the last answer."
    )


class JobLines(Output):
    total: int = Field(description="How many jobs there are in all.")
    items: tuple[JobLine, ...] = Field(description="This part of them, newest first.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


_EXAMPLES: tuple[str | Example, ...] = (
    "list my jobs",
    "show all jobs",
    "which jobs are {state}",
    "list the {state} jobs",
    "what jobs are there",
    "show the last {limit} jobs",
    "which of my trainings {state}",
    "what training jobs do I have",
    "any jobs that {state}",
    "what have I got running at the moment",
    "show jobs that were {state}",
    "is anything {state}",
    "my recent trainings and evaluations",
    "job history",
    "all my {state} evaluations",
    "how many jobs are {state}",
    Example("what is running right now", means={"state": "running"}),
    Example("what have I got running", means={"state": "running"}),
    Example("what is in the queue", means={"state": "queued"}),
    "show my {limit} most recent jobs",
    "all {state} trainings",
    "anything {state}",
    "give me an overview of my jobs",
    "which evaluations {state}",
    "latest {limit} jobs",
    "jobs of today",
    "do I have any jobs",
    Example("jobs that wait to start", means={"state": "queued"}),
    Example("which jobs broke", means={"state": "failed"}),
    Example("jobs that went well", means={"state": "succeeded"}),
    "what is cooking",
    "what are the machines working on",
    "anything waiting in line",
    "which trainings went wrong",
    "did any of my jobs die",
    "did anything fail today",
    "{state} jobs, newest {limit}",
    "what {state}",
    "have any of my runs been {state}",
    "did something get {state}",
    "did any training {state}",
)


@action(effect=Effect.READS, scope="jobs:read", examples=_EXAMPLES)
async def list_jobs(input: ListJobs, run: Run) -> JobLines:
    """List your training and evaluation jobs, newest first, with their states."""
    return await run.in_thread(_lines, input)


def _lines(input: ListJobs, run: Run) -> JobLines:
    run.jobs.keep_results()
    state = input.state or None
    total, rows = run.jobs.list(run.principal, state=state, limit=input.limit, offset=input.offset)
    items = fitting(job_line(row, model=run.jobs.kept_ref(row)) for row in rows)
    end = input.offset + len(items)
    return JobLines(
        total=total,
        items=items,
        next_offset=end if end < total else None,
    )
