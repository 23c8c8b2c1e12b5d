"""Playbooks that were begun and how far they have come; every method is one transaction, but for those given one.

Whichever process holds a run goes on with it. It holds it until it ends or is gone; then another one may take it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from tools.canonical import canonical
from tools.errors import PlaybookStopped
from tools.plan import Status
from tools.state.process import is_alive, this_process
from tools.state.tables import applications, playbook_runs, playbook_steps

if TYPE_CHECKING:
    from tools.state.state import State

StepState = Literal["begun", "done", "skipped", "stopped"]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step that was reached. `planned` is the digest of its plan, `result` what a read answered."""

    step: str
    state: StepState
    planned: str | None = None
    result: Mapping[str, Any] | None = None
    reason: str = ""


class PlaybookRuns:
    """The store of begun playbooks, by the digest of their plan."""

    def __init__(self, state: "State") -> None:
        self._state = state

    def free(self) -> tuple[str, ...]:
        """Those that go on, and that no living process but this one holds."""
        with self._state.read() as connection:
            rows = connection.execute(
                select(playbook_runs.c.digest, playbook_runs.c.process)
                .join(applications, applications.c.digest == playbook_runs.c.digest)
                .where(applications.c.status == "running")
                .order_by(applications.c.started_at)
            ).all()
        own = this_process()
        return tuple(row.digest for row in rows if row.process == own or not is_alive(row.process))

    def take(self, digest: str) -> bool:
        """Hold a run that goes on; false where another living process holds it, or it has ended."""
        own = this_process()
        with self._state.write() as connection:
            found = connection.execute(_running(digest)).first()
            if found is None or (found.process != own and is_alive(found.process)):
                return False
            connection.execute(
                update(playbook_runs).where(playbook_runs.c.digest == digest).values(process=own)
            )
        return True

    def leave(self, digest: str) -> None:
        """Let another process take the run up."""
        with self._state.write() as connection:
            connection.execute(
                update(playbook_runs)
                .where(playbook_runs.c.digest == digest, playbook_runs.c.process == this_process())
                .values(process="")
            )

    def has(self, digest: str) -> bool:
        """Whether that plan is a playbook that was begun."""
        with self._state.read() as connection:
            wanted = select(playbook_runs.c.digest).where(playbook_runs.c.digest == digest)
            return connection.execute(wanted).first() is not None

    def principal(self, digest: str) -> str:
        """On whose behalf it was begun, as it was stored."""
        with self._state.read() as connection:
            found = connection.execute(
                select(playbook_runs.c.principal).where(playbook_runs.c.digest == digest)
            ).scalar_one()
        return str(found)

    def steps(self, digest: str) -> Mapping[str, StepRow]:
        """The steps that were reached, by their id."""
        with self._state.read() as connection:
            return _steps(connection, digest)

    def note(self, digest: str, row: StepRow, *, progress: "Progress") -> None:
        """Store how a step stands, and the whole with it. Raises `PlaybookStopped` where the run is not held any more."""
        with self._state.write() as connection:
            held(connection, digest)
            _put(connection, digest, row)
            _tell(connection, digest, progress)

    def tell(self, digest: str, progress: "Progress") -> None:
        """Put how far it has come into the outcome of its plan."""
        with self._state.write() as connection:
            _tell(connection, digest, progress)

    def end(
        self,
        digest: str,
        *,
        status: Status,
        now: float,
        progress: "Progress",
        reason: str = "",
        step: StepRow | None = None,
    ) -> bool:
        """End a run that goes on, with the step that it ends at; false where it has ended before."""
        with self._state.write() as connection:
            if connection.execute(_running(digest)).first() is None:
                return False
            if step is not None:
                _put(connection, digest, step)
            _tell(connection, digest, progress)
            connection.execute(
                update(applications)
                .where(applications.c.digest == digest)
                .values(status=status, finished_at=now, reason=reason[:4_000])
            )
        return True


@dataclass(frozen=True, slots=True)
class Progress:
    """What is told of the whole: the playbook, and its steps with their actions, in order."""

    playbook: str
    steps: Sequence[tuple[str, str]]


def begin(connection: Connection, digest: str, principal: str) -> None:
    """Store that a playbook is begun, in the transaction that claims its plan; nobody holds it yet."""
    connection.execute(insert(playbook_runs).values(digest=digest, principal=principal, process=""))


def held(connection: Connection, digest: str) -> None:
    """Raises `PlaybookStopped` unless the run goes on and this process holds it."""
    found = connection.execute(_running(digest)).first()
    if found is None or found.process != this_process():
        raise PlaybookStopped(f"the playbook {digest[:12]}… has ended, or another process goes on with it")


def held_for(connection: Connection, digest: str, step: str, planned: str) -> None:
    """As `held`; also raises where the step has another plan by now."""
    held(connection, digest)
    row = _steps(connection, digest).get(step)
    if row is None or row.planned != planned:
        raise PlaybookStopped(f"the step {step} of the playbook {digest[:12]}… has another plan by now")


def _running(digest: str) -> Any:
    return (
        select(playbook_runs.c.process)
        .join(applications, applications.c.digest == playbook_runs.c.digest)
        .where(playbook_runs.c.digest == digest, applications.c.status == "running")
    )


def _steps(connection: Connection, digest: str) -> dict[str, StepRow]:
    rows = connection.execute(select(playbook_steps).where(playbook_steps.c.digest == digest)).all()
    return {
        row.step: StepRow(
            row.step,
            row.state,
            row.planned,
            None if row.result is None else json.loads(row.result),
            row.reason,
        )
        for row in rows
    }


def _put(connection: Connection, digest: str, row: StepRow) -> None:
    connection.execute(
        delete(playbook_steps).where(playbook_steps.c.digest == digest, playbook_steps.c.step == row.step)
    )
    connection.execute(
        insert(playbook_steps).values(
            digest=digest,
            step=row.step,
            planned=row.planned,
            state=row.state,
            result=None if row.result is None else canonical(dict(row.result)),
            reason=row.reason,
        )
    )


def _tell(connection: Connection, digest: str, progress: Progress) -> None:
    """Put how far it has come into the outcome of its plan."""
    reached = _steps(connection, digest)
    told = [_told(id, action, reached.get(id)) for id, action in progress.steps]
    at = next((each["id"] for each in told if each["state"] in {"waiting", "begun", "stopped"}), "")
    result = {"playbook": progress.playbook, "reached": at, "steps": told}
    connection.execute(
        update(applications).where(applications.c.digest == digest).values(result=canonical(result))
    )


def _told(id: str, action: str, row: StepRow | None) -> dict[str, Any]:
    return {
        "id": id,
        "action": action,
        "state": "waiting" if row is None else row.state,
        "digest": None if row is None else row.planned,
        "reason": "" if row is None else row.reason,
    }
