"""Plans and what became of them, so that each takes effect at most once."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from tools.canonical import canonical, fingerprint
from tools.errors import PlanMissing
from tools.plan import Plan, Receipt, Status, content_of, digest_of
from tools.policy.decision import Decision
from tools.state.approvals import approvals_of
from tools.state.plan_row import PlanRow, decision_of, text_of
from tools.state.process import is_alive, this_process
from tools.state.tables import applications, decisions, jobs, plans, playbook_runs

if TYPE_CHECKING:
    from tools.state.state import State

Clock = Callable[[], float]
Provided = Callable[[Connection], None]

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
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
        decision: Decision,
        now: float,
        lifetime: int,
    ) -> PlanRow:
        """Store a plan with what the policy decided of it, or give back an equal one that is still open.

        The latter, for at least half its lifetime, lets a client repeat a planning call without ending up with
        two plans to apply.
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
                .where(plans.c.created_at <= now, plans.c.expires_at >= now + lifetime / 2)
                .where(decisions.c.decision == text_of(decision))
                .order_by(plans.c.expires_at.desc())
            ).first()
            if open_one is not None:
                return _rows(connection, [open_one])[0]
            # Planned, applied and planned again within one second: the digest must not name both.
            while connection.execute(select(plans.c.digest).where(plans.c.digest == row["digest"])).first():
                row["expires_at"] = expires_at = expires_at + 1
                row["digest"] = digest_of(content, expires_at=expires_at)
            connection.execute(insert(plans).values(row))
            connection.execute(insert(decisions).values(digest=row["digest"], decision=text_of(decision)))
            made = connection.execute(_joined().where(plans.c.digest == row["digest"])).one()
            return _rows(connection, [made])[0]

    def get(self, digest: str, *, principal: str | None) -> PlanRow:
        """Raises `PlanMissing` for an unknown digest and for another principal's; `None` asks for anybody's."""
        wanted = [] if principal is None else [plans.c.principal == principal]
        found = row = None
        if _DIGEST.fullmatch(digest):  # whatever else a client sends as one names no plan
            with self._state.read() as connection:
                found = connection.execute(_joined().where(plans.c.digest == digest, *wanted)).first()
                row = None if found is None else _rows(connection, [found])[0]
        if found is None or row is None:
            raise PlanMissing(
                f"there is no plan {digest[:80]!r} of yours; call the action again to plan anew, "
                "and apply the digest that it answers"
            )
        if _is_lost(found):
            self.finish(digest, status="lost", now=time.time(), reason=_LOST)
            return self.get(digest, principal=principal)
        return row

    def list(
        self, *, principal: str | None, open_at: float | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[PlanRow, ...]:
        """A principal's plans, newest first; `None` asks for everybody's, `open_at` for those not decided then."""
        wanted = [] if principal is None else [plans.c.principal == principal]
        if open_at is not None:
            wanted += [applications.c.digest.is_(None), plans.c.expires_at > open_at]
        with self._state.read() as connection:
            found = connection.execute(
                _joined()
                .where(*wanted)
                .order_by(plans.c.created_at.desc(), plans.c.digest)
                .limit(limit)
                .offset(offset)
            ).all()
            return _rows(connection, found)

    def done_with(self, action: str, arguments: Mapping[str, Any]) -> str | None:
        """The digest of a plan of `action` with these arguments that was applied and is done, if there is one."""
        with self._state.read() as connection:
            found: str | None = connection.execute(
                select(plans.c.digest)
                .join(applications, plans.c.digest == applications.c.digest)
                .where(plans.c.action == action, plans.c.arguments == canonical(dict(arguments)))
                .where(applications.c.status == "done")
            ).scalar()
        return found

    def tighten(self, digest: str, decision: Decision) -> None:
        """Store what the policy says now of a plan that nobody has taken yet."""
        with self._state.write() as connection:
            connection.execute(delete(decisions).where(decisions.c.digest == digest))
            connection.execute(insert(decisions).values(digest=digest, decision=text_of(decision)))

    def claim(
        self,
        digest: str,
        *,
        now: float,
        status: Status = "running",
        reason: str = "",
        receipt: Receipt | None = None,
        provided: Provided | None = None,
        begun: Provided | None = None,
    ) -> bool:
        """Take the plan for this process; false when it was taken before. Durable when this returns.

        `provided` is called in the same transaction: what it raises leaves the plan untaken. `begun` is called there
        once it is taken.
        """
        with self._state.write() as connection:
            if connection.execute(
                select(applications.c.digest).where(applications.c.digest == digest)
            ).first():
                return False
            if provided is not None:
                provided(connection)
            connection.execute(
                insert(applications).values(
                    digest=digest,
                    status=status,
                    process=this_process(),
                    started_at=now,
                    reason=reason,
                    receipt=None if receipt is None else receipt.model_dump_json(),
                )
            )
            if begun is not None:
                begun(connection)
        return True

    def claim_again(self, digest: str, *, provided: Provided) -> bool:
        """Take a plan that got lost in the middle of its effect; false when it was not, or has a job."""
        with self._state.write() as connection:
            found = connection.execute(_joined().where(plans.c.digest == digest)).first()
            if found is None or found.job is not None or not (found.status == "lost" or _is_lost(found)):
                return False
            provided(connection)
            connection.execute(
                update(applications)
                .where(applications.c.digest == digest)
                .values(status="running", process=this_process(), finished_at=None, reason="")
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
        receipt: Receipt | None = None,
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
                    receipt=None if receipt is None else receipt.model_dump_json(),
                )
            )

    def reconcile(self, *, now: float) -> tuple[PlanRow, ...]:
        """Mark as lost what a process that is gone left running; called once at start."""
        with self._state.read() as connection:
            running = connection.execute(_joined().where(applications.c.status == "running")).all()
            lost = _rows(connection, [row for row in running if _is_lost(row)])
        for row in lost:
            self.finish(row.digest, status="lost", now=now, reason=_LOST)
        return lost


def _is_lost(found: Row[Any]) -> bool:
    """A job and a playbook outlive the process that started them; everything else ends with it."""
    goes_on = found.job is not None or found.playbook is not None
    return found.status == "running" and not goes_on and not is_alive(found.process)


def _joined() -> Select[Any]:
    return select(
        plans,
        applications.c.status,
        applications.c.process,
        applications.c.result,
        applications.c.job,
        applications.c.reason,
        applications.c.receipt,
        decisions.c.decision,
        playbook_runs.c.digest.label("playbook"),
        jobs.c.state.label("job_state"),
        jobs.c.reason.label("job_reason"),
    ).select_from(
        plans.outerjoin(applications, plans.c.digest == applications.c.digest)
        .outerjoin(jobs, applications.c.job == jobs.c.id)
        .outerjoin(decisions, plans.c.digest == decisions.c.digest)
        .outerjoin(playbook_runs, plans.c.digest == playbook_runs.c.digest)
    )


def _rows(connection: Connection, found: Sequence[Row[Any]]) -> tuple[PlanRow, ...]:
    given = approvals_of(connection, [row.digest for row in found])
    return tuple(replace(_row(row), approvals=given.get(row.digest, ())) for row in found)


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
        job_state=found.job_state or "",
        reason=found.reason or (found.job_reason if ended else "") or "",
        decision=decision_of(found.decision),
        receipt=None if found.receipt is None else Receipt.model_validate_json(found.receipt),
    )
