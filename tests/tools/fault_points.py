"""Kills processes between any two lines of planning, approving and applying, and goes on as a client would.

`python -m tests.tools.fault_points STATE FOLDER POINTS` prints what came of it as JSON. STATE is a migrated state
database to begin from. At each point a forked child plans, has the plan approved and applies it, until it kills
itself at that line; a second child then retries until the wish is fulfilled. Every other point is a job's.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from tools import Actions, Effect, Input, Output, Plan, Principal, Run, action
from tools.approver import Approver, Means
from tools.audit import Audit
from tools.call import Caller
from tools.errors import NotFound, PlanAlreadyApplied
from tools.fakes import example_ports
from tools.jobs import Job, JobSpec, JobState, LogPart
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.policy import Approval, Asked, Decision, Verdict
from tools.state import State

ADA = Principal(ref="user:default/ada", scopes=frozenset({"marks:write", "jobs:launch"}))
EVE = Approver(Principal(ref="user:default/eve"), Means.TERMINAL)
JOB = {"name": "tiny", "model": "popularity"}
_TRACED = tuple(
    f"{os.sep}tools{os.sep}{name}"
    for name in (
        "applying.py",
        "approving.py",
        "journal.py",
        "audit",
        "call.py",
        "launching.py",
        "jobs",
        "state",
    )
)


class Ask:
    """Everything takes eve's approval."""

    about_reads = False

    def decide(self, asked: Asked) -> Decision:
        return Decision(Verdict.ASK, "ask", "a person looks", Approval((EVE.principal.ref,)))

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        return "" if approver.ref == EVE.principal.ref else "no"


class FileJobs:
    """Jobs that are a file each: submitting an id that has one starts nothing."""

    recipes = ("train",)

    def __init__(self, home: Path) -> None:
        self._home = home

    def submit(self, spec: JobSpec, id: str) -> Job:
        try:
            os.close(os.open(self._home / id, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return self.status(id)
        _mark(self._home, id)
        return self.status(id)

    def status(self, id: str) -> Job:
        if not (self._home / id).exists():
            raise NotFound(f"there is no job {id}")
        return Job(id=id, state=JobState.RUNNING, created_at=0)

    def logs(self, id: str, offset: int) -> LogPart:
        raise NotFound(f"{id} has no log")

    def stop(self, id: str) -> Job:
        return self.status(id)


class Nothing(Input):
    pass


class Marked(Output):
    pass


@action(effect=Effect.WRITES, scope="marks:write")
async def mark(input: Nothing, run: Run) -> Marked:
    """Leave a mark."""
    return await run.in_thread(_marked, input)


@mark.planned_by
async def plan(input: Nothing, run: Run) -> Plan:
    return Plan(summary="Leave a mark.")


def _marked(_input: Nothing, run: Run) -> Marked:
    _mark(Path(os.environ["MARKS"]), run.digest)
    return Marked()


def _mark(home: Path, name: str) -> None:
    descriptor = os.open(home / "marks", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.write(descriptor, f"{name}\n".encode())
    os.fsync(descriptor)
    os.close(descriptor)


@dataclass(frozen=True)
class Came:
    """What was left at one point."""

    point: int
    killed: bool
    effects: int
    status: str
    intact: bool
    unrecorded: int


def _caller(home: Path) -> Caller:
    os.environ["MARKS"] = str(home)
    state, audit = State.open(home / "state.db"), Audit.open(home / "audit.db")
    desk = JobDesk(FileJobs(home), state.jobs, FakeRecipes(), home=home)
    actions = Actions([mark, Actions.discover().get("launch_training")])
    return Caller(actions, example_ports(), state, audit, policy=Ask(), jobs=desk)


async def _wish(caller: Caller, name: str, home: Path) -> str:
    """Plan, have it approved, apply; the digest is noted as a client would note it."""
    digest = str((await caller.call(name, JOB if name != "mark" else {}, ADA))["digest"])
    (home / "digest").write_text(digest)
    await caller.approve(digest, EVE)
    return str((await caller.apply(digest, ADA))["status"])


async def _retried(caller: Caller, name: str, home: Path) -> str:
    """What a client does that does not know how far it came: the same again, and a new plan only for what is lost."""
    caller.reconcile()
    noted = home / "digest"
    digest = noted.read_text() if noted.exists() else ""
    for _ in range(3):
        if not digest:
            digest = str((await caller.call(name, JOB if name != "mark" else {}, ADA))["digest"])
        if (await caller.planned(digest, ADA))["status"] == "waiting":
            await caller.approve(digest, EVE)
        try:
            answers = await asyncio.gather(*(caller.apply(digest, ADA) for _ in range(3)))
        except PlanAlreadyApplied:
            if _marks(home):
                return "lost"  # it happened, and nobody knows how far it came
            digest = ""
            continue
        return str(answers[0]["status"])
    return "never"


def _marks(home: Path) -> list[str]:
    marks = home / "marks"
    return marks.read_text().split() if marks.exists() else []


def _counting(die_at: int | None) -> Callable[[], int]:
    """Trace the lines of the call path; kill this process at one of them. Returns the count so far."""
    seen = [0]

    def each(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            seen[0] += 1
            if seen[0] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return each

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        path = frame.f_code.co_filename
        return each if any(part in path for part in _TRACED) else None

    threading.settrace(trace)
    sys.settrace(trace)
    return lambda: seen[0]


def _child(work: Callable[[], None]) -> int:
    """Run `work` in a forked child; its exit code, negative for the signal that killed it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _home(template: Path, folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    shutil.copy(template, home / "state.db")
    return home


def _import_first(template: Path, folder: Path, names: Sequence[str]) -> None:
    """Import here what wishes import: a child that is forked then has it, instead of a second of work for each point."""
    home = _home(template, folder, "imports")

    def once() -> None:
        for name in names:
            asyncio.run(_wish(_caller(home), name, home))
        (home / "modules").write_text("\n".join(sys.modules))

    assert _child(once) == 0
    for module in (home / "modules").read_text().split():
        with suppress(ImportError):  # what a package only pretends to have
            import_module(module)


def _lines(template: Path, folder: Path, name: str) -> int:
    """How many lines a wish takes when nothing goes wrong."""
    home = _home(template, folder, f"whole-{name}")

    def whole() -> None:
        caller = _caller(home)
        count = _counting(None)
        asyncio.run(_wish(caller, name, home))
        sys.settrace(None)
        (home / "lines").write_text(str(count()))

    assert _child(whole) == 0
    return int((home / "lines").read_text())


def _point(template: Path, folder: Path, name: str, at: int) -> Came:
    home = _home(template, folder, f"{name}-{at}")

    def killed() -> None:
        caller = _caller(home)
        _counting(at)
        asyncio.run(_wish(caller, name, home))

    def retried() -> None:
        status = asyncio.run(_retried(_caller(home), name, home))
        (home / "status").write_text(status)

    died = _child(killed) == -signal.SIGKILL
    assert _child(retried) == 0, (name, at)
    audit = Audit.open(home / "audit.db")
    intended = {entry.body.get("digest") for entry in audit.entries() if entry.body["kind"] == "intent"}
    intact = audit.verify().intact
    audit.close()
    marks = _marks(home)
    unrecorded = [each for each in marks if not any(_names(each, digest) for digest in intended)]
    status = (home / "status").read_text()
    shutil.rmtree(home)
    return Came(at, died, len(marks), status, intact, len(unrecorded))


def _names(marked: str, digest: Any) -> bool:
    return bool(digest) and str(digest).startswith(marked.removeprefix("job-"))


def main(arguments: Sequence[str]) -> None:
    template, folder, points = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    started = time.monotonic()
    names = ("mark", "launch_training")
    _import_first(template, folder, names)
    lines = {name: _lines(template, folder, name) for name in names}
    came = []
    for number in range(points):
        name = names[number % 2]
        at = 1 + (number // 2) * lines[name] // max(1, (points + 1) // 2)
        came.append(asdict(_point(template, folder, name, at)))
    print(json.dumps({"lines": lines, "seconds": round(time.monotonic() - started, 1), "came": came}))


if __name__ == "__main__":
    main(sys.argv[1:])
