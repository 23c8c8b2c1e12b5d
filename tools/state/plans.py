"""Plans and what became of them, so that each takes effect at most once."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, insert, select, update

from tools.canonical import canonical, fingerprint
from tools.errors import PlanMissing
from tools.plan import Outcome, Plan, Status, content_of, digest_of
from tools.state.process import is_alive, this_process
from tools.state.tables import applications, jobs, plans

if TYPE_CHECKING:
    from tools.state.state import State

Clock = Callable[[], float]

_LOST = (
    "the process that applied it ended before it had finished; look at what it left behind, then plan again: "
    "this plan is not run a second time"
)
_BY_JOB: Mapping[str | None, Status] = {
    "succeeded": "done",
    "failed": "failed",
    "cancelled": "failed",
    "lost": "lost",
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A stored plan with what became of it; times are seconds since the epoch."""

    digest: str
    action: str
    version: str
    principal: str
    arguments: Mapping[str, Any]
    plan: Plan
    created_at: float
    expires_at: int
    status: Status = "planned"
    result: Mapping[str, Any] | None = None
    job: str | None = None
    reason: str = ""

    def answer(self) -> dict[str, Any]:
        """The envelope that clients get, JSON-able."""
        outcome: Outcome[Any] = Outcome(
            status=self.status,
            plan=self.plan,
            digest=self.digest,
            expires_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.expires_at)),
            job=self.job,
            reason=self.reason,
        )
        return {**outcome.model_dump(mode="json"), "result": self.result}


class Plans:
    """The store of plans; every method is one transaction."""

    def __init__(self, state: "State") -> None:
        self._state = state

    def add(
        self,
        *,
        action: str,
        version: str,
        arguments: Mapping[str, Any],
        plan: Plan,
        principal: str,
        now: float,
        lifetime: int,
    ) -> PlanRow:
        """Store a plan, or give back an equal one that is still open for at least half its lifetime.

        The latter lets a client repeat a planning call without ending up with two plans to apply.
        """
        content = content_of(
            action=action, version=version, arguments=dict(arguments), plan=plan, principal=principal
        )
        content_hash, expires_at = fingerprint(content), int(now) + lifetime
        row = {
            "digest": digest_of(content, expires_at=expires_at),
            "content_hash": content_hash,
            "action": action,
            "version": version,
            "principal": principal,
            "arguments": canonical(dict(arguments)),
            "plan": plan.model_dump_json(),
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._state.write() as connection:
            open_one = connection.execute(
                _joined()
                .where(plans.c.content_hash == content_hash, applications.c.digest.is_(None))
                .where(plans.c.expires_at >= now + lifetime / 2)
            ).first()
            if open_one is not None:
                return _row(open_one)
            # Planned, applied and planned again within one second: the digest must not name both.
            while connection.execute(select(plans.c.digest).where(plans.c.digest == row["digest"])).first():
                row["expires_at"] = expires_at = expires_at + 1
                row["digest"] = digest_of(content, expires_at=expires_at)
            connection.execute(insert(plans).values(row))
            return _row(connection.execute(_joined().where(plans.c.digest == row["digest"])).one())

    def get(self, digest: str, *, principal: str) -> PlanRow:
        """Raises `PlanMissing` for an unknown digest and for another principal's."""
        with self._state.read() as connection:
            found = connection.execute(
                _joined().where(plans.c.digest == digest, plans.c.principal == principal)
            ).first()
        if found is None:
            raise PlanMissing(
                f"there is no plan {digest[:80]!r} of yours; call the action again to plan anew, "
                "and apply the digest that it answers"
            )
        if _is_lost(found):
            self.finish(digest, status="lost", now=time.time(), reason=_LOST)
            return self.get(digest, principal=principal)
        return _row(found)

    def list(self, *, principal: str, limit: int = 50) -> tuple[PlanRow, ...]:
        """A principal's plans, newest first."""
        with self._state.read() as connection:
            rows = connection.execute(
                _joined()
                .where(plans.c.principal == principal)
                .order_by(plans.c.created_at.desc(), plans.c.digest)
                .limit(limit)
            ).all()
        return tuple(_row(row) for row in rows)

    def claim(self, digest: str, *, now: float, status: Status = "running", reason: str = "") -> bool:
        """Take the plan for this process; false when it was taken before. Durable when this returns."""
        with self._state.write() as connection:
            if connection.execute(
                select(applications.c.digest).where(applications.c.digest == digest)
            ).first():
                return False
            connection.execute(
                insert(applications).values(
                    digest=digest, status=status, process=this_process(), started_at=now, reason=reason
                )
            )
        return True

    def finish(
        self,
        digest: str,
        *,
        status: Status,
        now: float,
        result: Mapping[str, Any] | None = None,
        job: str | None = None,
        reason: str = "",
    ) -> None:
        """Store what became of a claimed plan; a plan that has ended stays as it is."""
        with self._state.write() as connection:
            connection.execute(
                update(applications)
                .where(applications.c.digest == digest, applications.c.status == "running")
                .values(
                    status=status,
                    finished_at=now,
                    result=None if result is None else canonical(dict(result)),
                    job=job,
                    reason=reason,
                )
            )

    def reconcile(self, *, now: float) -> tuple[PlanRow, ...]:
        """Mark as lost what a process that is gone left running; called once at start."""
        with self._state.read() as connection:
            running = connection.execute(_joined().where(applications.c.status == "running")).all()
        lost = [row for row in running if _is_lost(row)]
        for row in lost:
            self.finish(row.digest, status="lost", now=now, reason=_LOST)
        return tuple(_row(row) for row in lost)


def _is_lost(found: Row[Any]) -> bool:
    """A job outlives the process that started it; everything else ends with it."""
    return found.status == "running" and found.job is None and not is_alive(found.process)


def _joined() -> Select[Any]:
    return select(
        plans,
        applications.c.status,
        applications.c.process,
        applications.c.result,
        applications.c.job,
        applications.c.reason,
        jobs.c.state.label("job_state"),
        jobs.c.reason.label("job_reason"),
    ).select_from(
        plans.outerjoin(applications, plans.c.digest == applications.c.digest).outerjoin(
            jobs, applications.c.job == jobs.c.id
        )
    )


def _row(found: Row[Any]) -> PlanRow:
    # What started a job ends with it, as it ends: the job's row says how.
    ended = _BY_JOB.get(found.job_state) if found.status == "running" else None
    return PlanRow(
        digest=found.digest,
        action=found.action,
        version=found.version,
        principal=found.principal,
        arguments=json.loads(found.arguments),
        plan=Plan.model_validate_json(found.plan),
        created_at=found.created_at,
        expires_at=found.expires_at,
        status=ended or found.status or "planned",
        result=None if found.result is None else json.loads(found.result),
        job=found.job,
        reason=found.reason or (found.job_reason if ended else "") or "",
    )
