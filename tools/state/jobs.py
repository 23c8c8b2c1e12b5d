"""Jobs as rows: which plan launched each, for whom, and how it stood when somebody last looked."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update

from tools.jobs.accuracy import Measured
from tools.jobs.job import Job, JobState
from tools.jobs.spec import JobSpec
from tools.state.process import is_alive, this_process
from tools.state.tables import applications, jobs, plans

if TYPE_CHECKING:
    from tools.state.state import State

_ACTIVE = (JobState.QUEUED.value, JobState.RUNNING.value)
_OBSERVED = tuple(name for name in Job.model_fields if name not in {"id", "created_at"})


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with its specification and the digest of the plan that launched it."""

    job: Job
    spec: JobSpec
    digest: str
    process: str

    @property
    def launcher_is_alive(self) -> bool:
        """Whether the process that launched it still runs, and so may be about to start it."""
        return is_alive(self.process)


class JobRows:
    """The store of jobs; every method is one transaction."""

    def __init__(self, state: "State") -> None:
        self._state = state

    def add(self, id: str, spec: JobSpec, *, digest: str, now: float) -> JobRow:
        """Store a queued job and, in the same transaction, name it in the outcome of its plan.

        From then on the plan has a job, whatever becomes of this process. A second call gives back the first row.
        """
        with self._state.write() as connection:
            found = connection.execute(select(jobs).where(jobs.c.id == id)).first()
            if found is None:
                connection.execute(
                    insert(jobs).values(
                        id=id,
                        digest=digest,
                        owner=spec.owner,
                        recipe=spec.recipe,
                        spec=spec.text,
                        process=this_process(),
                        state=JobState.QUEUED.value,
                        created_at=now,
                    )
                )
                connection.execute(
                    update(applications)
                    .where(applications.c.digest == digest, applications.c.status == "running")
                    .values(job=id)
                )
                found = connection.execute(select(jobs).where(jobs.c.id == id)).one()
        return _row(found)

    def take_up(self, id: str) -> bool:
        """Let this process launch a job that was never started, also where it was taken for lost; false for others."""
        never = (jobs.c.id == id, jobs.c.started_at.is_(None), jobs.c.state.in_(("queued", "lost")))
        with self._state.write() as connection:
            found = connection.execute(select(jobs.c.process).where(*never)).scalar()
            if found is None or is_alive(found):
                return False
            values = {
                "process": this_process(),
                "state": JobState.QUEUED.value,
                "ended_at": None,
                "reason": "",
            }
            connection.execute(update(jobs).where(*never).values(**values))
        return True

    def get(self, id: str) -> JobRow | None:
        with self._state.read() as connection:
            found = connection.execute(select(jobs).where(jobs.c.id == id)).first()
        return None if found is None else _row(found)

    def list(
        self, *, owner: str | None = None, state: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[int, tuple[JobRow, ...]]:
        """How many there are, and a part of them, newest first; of everybody when `owner` is None."""
        wanted = [jobs.c.owner == owner] if owner is not None else []
        wanted += [jobs.c.state == state] if state is not None else []
        with self._state.read() as connection:
            total = connection.execute(select(func.count()).select_from(jobs).where(*wanted)).scalar_one()
            rows = connection.execute(
                select(jobs)
                .where(*wanted)
                .order_by(jobs.c.created_at.desc(), jobs.c.id)
                .limit(limit)
                .offset(offset)
            ).all()
        return total, tuple(_row(row) for row in rows)

    def measured(
        self, *, owner: str | None = None, recipe: str | None = None
    ) -> tuple[tuple[Measured, ...], dict[str, int]]:
        """What jobs that succeeded used and were estimated at, and how many others ended, by state.

        A job whose plan estimated nothing counts among the others, as `unestimated`.
        """
        wanted: list[ColumnElement[bool]] = [jobs.c.ended_at.is_not(None)]
        wanted += [jobs.c.owner == owner] if owner is not None else []
        wanted += [jobs.c.recipe == recipe] if recipe is not None else []
        statement = select(jobs.c.id, jobs.c.recipe, jobs.c.state, jobs.c.cpu_seconds, plans.c.plan)
        with self._state.read() as connection:
            rows = connection.execute(statement.join(plans, jobs.c.digest == plans.c.digest).where(*wanted))
            found = [(_measured(row), row.state) for row in rows]
        done = JobState.SUCCEEDED.value
        counted = tuple(each for each, state in found if state == done and each.estimated > 0)
        others = Counter(
            state if state != done else "unestimated" for each, state in found if each not in counted
        )
        return counted, dict(others)

    def active(self) -> tuple[JobRow, ...]:
        """Those that had not ended when somebody last looked."""
        with self._state.read() as connection:
            rows = connection.execute(select(jobs).where(jobs.c.state.in_(_ACTIVE))).all()
        return tuple(_row(row) for row in rows)

    def succeeded(self) -> tuple[tuple[str, str], ...]:
        """Id and recipe of every job that succeeded, in the order they ended."""
        query = (
            select(jobs.c.id, jobs.c.recipe)
            .where(jobs.c.state == JobState.SUCCEEDED.value)
            .order_by(jobs.c.ended_at, jobs.c.created_at)
        )
        with self._state.read() as connection:
            return tuple((row.id, row.recipe) for row in connection.execute(query))

    def observe(self, job: Job) -> None:
        """Store how a job stands; one that has ended stays as it ended."""
        values: Mapping[str, Any] = job.model_dump(mode="json", include=set(_OBSERVED))
        with self._state.write() as connection:
            connection.execute(
                update(jobs).where(jobs.c.id == job.id, jobs.c.state.in_(_ACTIVE)).values(**values)
            )


def _measured(row: Row[str, str, str, float, str]) -> Measured:
    plan = json.loads(row.plan)
    spec = plan["details"].get("spec", {}).get("config", {})
    kind = plan["details"].get("kind") or (spec.get("model") or {}).get("kind", "")
    return Measured(row.id, row.recipe, kind, plan["estimate"]["cpu_hours"], row.cpu_seconds / 3600)


def _row(found: Row[Any]) -> JobRow:
    fields = {name: getattr(found, name) for name in Job.model_fields}
    spec = JobSpec.model_validate_json(found.spec)
    return JobRow(Job(**fields), spec, found.digest, found.process)
