"""Run by `test_killing.py` in a process of its own: `python -m tests.tools.playbooks.kill_a_playbook FOLDER STRIDE`.

The process that carries a playbook out is ended before and after every transaction of its state and its audit and in
the middle of each effect; the next one takes it up. An effect leaves a file of its own, so doubles would show.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field

from tests.recsys_core.killing import Steps, ended_at_every_step
from tools import Actions, Effect, Input, Output, Plan, Principal, Run, Started, Target, action
from tools.approver import Approver, Means
from tools.audit import Audit, Entry
from tools.call import Caller
from tools.fakes import example_ports
from tools.jobs import FakeJobs, Job, JobSpec, JobState
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.plan import Estimate
from tools.playbooks import Shelf
from tools.policy.directory import CatalogDirectory
from tools.policy.reading import shipped
from tools.policy.rulebook import Rulebook
from tools.state import State

SCOPES = frozenset({"desk:write", "desk:read", "jobs:launch", "jobs:read", "playbooks:run", "jobs:at-once"})
ADA = Principal(ref="user:default/ada", scopes=SCOPES, door="cli")
BEN = Approver(Principal(ref="user:default/ben", door="cli"), Means.TERMINAL)
PLAY = """
name: play
title: Play
description: Plays.
budget: {cpu_hours: 0.1}
steps:
  - {id: one, action: write_word, arguments: {word: one}}
  - {id: work, action: start_job, arguments: {name: {result: one.word}}}
  - {id: look, action: look_up, arguments: {word: two}}
  - {id: two, action: write_word, arguments: {word: {result: look.word}}}
"""


class Word(Input):
    word: str = Field(description="A word.")


class Said(Output):
    word: str = Field(description="The word.")


class Name(Input):
    name: str = Field(description="A name.")


def actions_of(home: Path, steps: Steps) -> Actions:
    """`write_word` appends a line to its word's file, and when repeated only if there is none."""

    @action(effect=Effect.WRITES, scope="desk:write", repeatable=True)
    async def write_word(input: Word, run: Run) -> Said:
        """Write a word."""
        path = home / f"{input.word}.txt"
        if not (run.repeated and path.exists()):
            steps.take()
            with path.open("a") as file:
                file.write(f"{run.digest}\n")
            steps.take()
        return Said(word=input.word)

    @write_word.planned_by
    async def plan_word(input: Word, run: Run) -> Plan:
        return Plan(targets=(Target(ref=input.word, revision=""),))

    @action(effect=Effect.READS, scope="desk:read")
    async def look_up(input: Word, run: Run) -> Said:
        """Look a word up."""
        return Said(word=input.word)

    @action(effect=Effect.STARTS_JOB, scope="jobs:launch", repeatable=True)
    async def start_job(input: Name, run: Run) -> Started:
        """Start a job."""
        spec = JobSpec(recipe="train", config={"name": input.name}, owner=run.principal.ref)
        return Started(job=run.jobs.launch(spec, digest=run.digest).id)

    @start_job.planned_by
    async def plan_job(input: Name, run: Run) -> Plan:
        return Plan(estimate=Estimate(cpu_hours=0.01))

    return Actions([write_word, look_up, start_job, Actions.discover().get("run_playbook")])


class NotedJobs(FakeJobs):
    """Jobs that leave a file when they are started, and have succeeded at the next look of any process."""

    def __init__(self, home: Path, steps: Steps) -> None:
        super().__init__()
        self.home, self.steps = home, steps

    def submit(self, spec: JobSpec, id: str) -> Job:
        path = self.home / f"{id}.job"
        if not path.exists():
            self.steps.take()
            path.write_text(spec.text)
            self.steps.take()
        return super().submit(spec, id)

    def status(self, id: str) -> Job:
        path = self.home / f"{id}.job"
        if id not in self.submitted and path.exists():
            super().submit(JobSpec.model_validate_json(path.read_text()), id)
            self.advance(id, JobState.SUCCEEDED)
        return super().status(id)


@contextmanager
def opened(home: Path, steps: Steps) -> Iterator[tuple[Caller, State]]:
    state, audit = State.open(home / "state.db"), Audit.open(home / "audit.db")
    ports, actions, jobs = example_ports(), actions_of(home, steps), NotedJobs(home, steps)
    caller = Caller(
        actions,
        ports,
        state,
        audit,
        policy=Rulebook(shipped(), CatalogDirectory(ports)),
        jobs=JobDesk(jobs, state.jobs, FakeRecipes(), home=home),
        shelf=Shelf.discover(actions, [home / "playbooks"]),
    )

    async def pause(_seconds: float) -> None:
        for id in jobs.submitted:
            jobs.advance(id, JobState.SUCCEEDED)
        await asyncio.sleep(0)

    caller.runner.pause = pause
    caller.reconcile()
    yield caller, state
    audit.close()
    state.close()


def stepping(state: State, steps: Steps) -> None:
    """A step before and after each transaction that writes."""
    write = State.write

    @contextmanager
    def stepped(self: State) -> Iterator[Any]:
        steps.take()
        with write(self) as connection:
            yield connection
        steps.take()

    State.write = stepped  # type: ignore[method-assign]  # in a fork that ends here
    append = Audit.append

    def noted(self: Audit, body: Mapping[str, Any], text: str = "") -> Entry:
        steps.take()
        entry = append(self, body, text)
        steps.take()
        return entry

    Audit.append = noted  # type: ignore[method-assign]  # as above


async def _begun(home: Path) -> str:
    (home / "playbooks").mkdir(parents=True)
    (home / "playbooks" / "play.yaml").write_text(PLAY)
    with opened(home, Steps(-1, 9)) as (caller, _):
        digest = str((await caller.call("run_playbook", {"playbook": "play"}, ADA))["digest"])
        await caller.approve(digest, BEN)
    return digest


def in_a_fork(work: Any) -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def finished(home: Path, digest: str) -> None:
    """The next process goes on, and everything has happened once."""

    async def go_on() -> dict[str, Any]:
        with opened(home, Steps(-1, 9)) as (caller, state):
            await caller.apply(digest, ADA)  # for one that was killed before it was claimed
            for free in state.playbooks.free():
                await caller.runner.drive(free)
            return await caller.planned(digest, ADA)

    answer = asyncio.run(go_on())
    assert answer["status"] == "done", json.dumps(answer)[-2_000:]
    assert {step["state"] for step in answer["result"]["steps"]} == {"done"}
    assert answer["receipt"]["approved_by"] == ["user:default/ben"]
    for word in ("one", "two"):
        lines = (home / f"{word}.txt").read_text().splitlines()
        assert len(lines) == 1, (word, lines)
    assert len(list(home.glob("*.job"))) == 1
    with sqlite3.connect(home / "state.db") as database:
        ran = database.execute("SELECT count(*) FROM jobs").fetchone()[0]
        claimed = database.execute(
            "SELECT action, count(*) FROM applications JOIN plans USING (digest) GROUP BY action"
        ).fetchall()
    assert ran == 1
    assert dict(claimed) == {"run_playbook": 1, "start_job": 1, "write_word": 2}
    audit = Audit.open(home / "audit.db")
    assert audit.verify().intact
    audit.close()


def main(folder: Path, stride: int) -> None:
    home, fresh = folder / "home", folder / "fresh"
    note = folder / "digest"
    in_a_fork(lambda: note.write_text(asyncio.run(_begun(home))))
    digest = note.read_text()
    shutil.copytree(home, fresh)

    def work(steps: Steps) -> None:
        steps.paused = True  # opening is no step, and neither is what SQLite does with its files

        async def played() -> None:
            with opened(home, steps) as (caller, state):
                stepping(state, steps)
                steps.paused = False
                await caller.apply(digest, ADA)
                await caller.runner.drive(digest)

        asyncio.run(played())

    def check() -> None:
        in_a_fork(lambda: finished(home, digest))
        shutil.rmtree(home)
        shutil.copytree(fresh, home)

    sys.stdout.write(f"{ended_at_every_step(work, check, stride=stride)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
