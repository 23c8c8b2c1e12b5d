"""A home whose playbooks stand in YAML, over actions that count what they did and jobs that end when told to."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pydantic import Field

from tests.tools.conftest import Clock
from tools import Actions, Effect, Input, Output, Plan, Principal, Run, Started, Target, action
from tools.approver import Approver, Means
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import FakePorts
from tools.jobs import FakeJobs, JobSpec, JobState
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.plan import Estimate
from tools.playbooks import Shelf
from tools.policy.directory import CatalogDirectory
from tools.policy.limits import Limits
from tools.policy.meter import Meter
from tools.policy.reading import Source, parsed, shipped
from tools.policy.rulebook import Rulebook
from tools.state import State

SCOPES = frozenset(
    {"desk:write", "desk:read", "jobs:launch", "jobs:read", "jobs:at-once", "playbooks:run", "playbooks:read"}
)


@dataclass
class Desk:
    """What the actions of these tests did, and what they find."""

    written: list[str] = field(default_factory=list)
    revisions: dict[str, str] = field(default_factory=dict)
    found: dict[str, str | None] = field(default_factory=dict)


class Word(Input):
    word: str = Field(description="A word.")
    alias: str = Field(default="", description="An alias.")


class Written(Output):
    word: str = Field(description="The word.")
    length: int = Field(description="Its letters.")


class Looked(Output):
    ref: str | None = Field(description="What was found.")


class Job(Input):
    name: str = Field(description="A name.")
    hours: float = Field(default=0.01, description="What it is estimated at.")


def make_actions(desk: Desk) -> Actions:
    """`write_word` writes and can be repeated, `send_word` cannot, `look_up` reads, `start_job` starts a job."""

    @action(effect=Effect.WRITES, scope="desk:write", repeatable=True)
    async def write_word(input: Word, run: Run) -> Written:
        """Write a word."""
        if not (run.repeated and input.word in desk.written):
            desk.written.append(input.word)
        return Written(word=input.word, length=len(input.word))

    @action(effect=Effect.WRITES, scope="desk:write")
    async def send_word(input: Word, run: Run) -> Written:
        """Send a word."""
        desk.written.append(input.word)
        return Written(word=input.word, length=len(input.word))

    async def _plan(input: Word, run: Run) -> Plan:
        revision = desk.revisions.get(input.word, "")
        return Plan(summary=f"Write {input.word}.", targets=(Target(ref=input.word, revision=revision),))

    write_word.planned_by(_plan)
    send_word.planned_by(_plan)

    @action(effect=Effect.READS, scope="desk:read")
    async def look_up(input: Word, run: Run) -> Looked:
        """Look a word up."""
        return Looked(ref=desk.found.get(input.word, f"{input.word}:1"))

    @action(effect=Effect.STARTS_JOB, scope="jobs:launch", repeatable=True)
    async def start_job(input: Job, run: Run) -> Started:
        """Start a job."""
        spec = JobSpec(recipe="train", config={"name": input.name}, owner=run.principal.ref)
        return Started(job=run.jobs.launch(spec, digest=run.digest).id)

    @start_job.planned_by
    async def plan(input: Job, run: Run) -> Plan:
        return Plan(summary=f"Start {input.name}.", estimate=Estimate(cpu_hours=input.hours))

    own = Actions.discover()
    kept = [own.get(name) for name in ("run_playbook", "cancel_playbook", "list_playbooks", "get_plan")]
    return Actions([write_word, send_word, look_up, start_job, *kept])


@dataclass
class Theatre:
    """Everything of one home. `play` writes a playbook and plans it, `drive` carries it out with jobs that succeed."""

    folder: Path
    desk: Desk
    actions: Actions
    backend: FakeJobs
    ports: FakePorts
    state: State
    audit: Audit
    clock: Clock
    policy: Source
    principal: Principal
    jobs_end: JobState = JobState.SUCCEEDED
    during: Callable[[], Any] = lambda: None

    def caller(self) -> Caller:
        """A caller as another process would open it."""
        rulebook = Rulebook(self.policy, CatalogDirectory(self.ports))
        jobs = JobDesk(self.backend, self.state.jobs, FakeRecipes(), home=self.folder, clock=self.clock)
        limits = Limits(lambda: self.policy.file.limits, CatalogDirectory(self.ports), look=jobs.look)
        made = Caller(
            self.actions,
            self.ports,
            self.state,
            self.audit,
            clock=self.clock,
            jobs=jobs,
            policy=rulebook,
            meter=Meter(limits=limits),
            shelf=Shelf.discover(self.actions, [self.folder / "playbooks"]),
        )

        async def pause(_seconds: float) -> None:
            self.during()
            for id in self.backend.submitted:
                if not self.backend.status(id).state.is_end:
                    self.backend.advance(id, self.jobs_end, reason="because", cpu_seconds=36.0)
            await asyncio.sleep(0)

        made.runner.pause = pause
        return made

    def write(self, text: str, name: str = "play") -> None:
        (self.folder / "playbooks").mkdir(exist_ok=True)
        head = f"name: {name}\ntitle: Play\ndescription: Plays.\n"
        (self.folder / "playbooks" / f"{name}.yaml").write_text(head + dedent(text))

    async def planned(self, text: str, caller: Caller | None = None, **inputs: Any) -> dict[str, Any]:
        self.write(text)
        caller = caller or self.caller()
        return await caller.call("run_playbook", {"playbook": "play", "inputs": inputs}, self.principal)

    async def approved(self, digest: str, by: str = "ben") -> None:
        approver = Approver(Principal(ref=f"user:default/{by}", door="cli"), Means.TERMINAL)
        await self.caller().approve(digest, approver)

    async def played(self, text: str, **inputs: Any) -> dict[str, Any]:
        """Plan, approve, apply and drive to the end; how the plan stands then."""
        digest = (await self.planned(text, **inputs))["digest"]
        await self.approved(digest)
        caller = self.caller()
        await caller.apply(digest, self.principal)
        await caller.runner.drive(digest)
        return await caller.planned(digest, self.principal)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def theatre(desk: Desk, ports: FakePorts, state: State, audit: Audit, clock: Clock) -> Iterator[Theatre]:
    yield Theatre(
        folder=state.path.parent,
        desk=desk,
        actions=make_actions(desk),
        backend=FakeJobs(),
        ports=ports,
        state=state,
        audit=audit,
        clock=clock,
        policy=shipped(),
        principal=Principal(ref="user:default/ada", scopes=SCOPES, door="rest"),
    )


def policy(text: str) -> Source:
    """A policy file."""
    return parsed(dedent(text), name="policy.yaml")
