"""What applied plans took: the estimate while they run, the actual CPU time once their jobs have ended.

A row is written with the claim of the plan, so that two processes cannot both have what only one may.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, case, func, insert, select

from tools.jobs.job import JobState
from tools.plan import Estimate
from tools.state.tables import applications, jobs, usage

_ACTIVE = (JobState.QUEUED.value, JobState.RUNNING.value)
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Use:
    """One plan's: when it was claimed (seconds since the epoch), and what it took or is expected to take."""

    digest: str
    at: float
    seconds: float
    cpu_hours: float
    gpu_hours: float
    running: bool


def spend(
    connection: Connection, digest: str, subjects: Iterable[str], estimate: Estimate, *, now: float
) -> None:
    """Count the plan for each of the subjects."""
    figures = estimate.model_dump(include={"seconds", "cpu_hours", "gpu_hours"})
    rows = [
        {"digest": digest, "subject": subject, "at": now, **figures} for subject in dict.fromkeys(subjects)
    ]
    if rows:
        connection.execute(insert(usage), rows)


def used(
    connection: Connection, table: FromClause, *wanted: ColumnElement[bool], since: float = -math.inf
) -> tuple[Use, ...]:
    """The rows of `table` (`usage` or `grant_uses`) with what each really took, oldest first.

    Those are left out that were claimed before `since` and have ended.
    """
    job_count = select(func.count()).where(jobs.c.digest == table.c.digest).scalar_subquery()
    active = (
        select(func.count())
        .where(jobs.c.digest == table.c.digest, jobs.c.state.in_(_ACTIVE))
        .scalar_subquery()
    )
    taken = (
        select(func.coalesce(func.sum(jobs.c.cpu_seconds), 0.0) / 3600)
        .where(jobs.c.digest == table.c.digest)
        .scalar_subquery()
    )
    actual = case(
        (job_count == 0, case((applications.c.status == "failed", 0.0), else_=table.c.cpu_hours)),
        (active > 0, func.max(table.c.cpu_hours, taken)),
        else_=taken,
    )
    seconds = table.c.seconds if "seconds" in table.c else table.c.cpu_hours * 3600
    gpu = case((applications.c.status == "failed", 0.0), else_=table.c.gpu_hours)
    running = (active > 0) | ((applications.c.status == "running") & (job_count == 0))
    rows: Any = connection.execute(
        select(table.c.digest, table.c.at, seconds, actual, gpu, running)
        .select_from(table.outerjoin(applications, applications.c.digest == table.c.digest))
        .where(*wanted, (table.c.at > since) | running)
        .order_by(table.c.at, table.c.digest)
    )
    return tuple(Use(*row) for row in rows)
