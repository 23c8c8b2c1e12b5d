"""A caller whose jobs run nowhere, and short programs as recipes for the backend that runs them for real."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.tools.conftest import Clock
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import FakePorts
from tools.jobs import FakeJobs, Job, JobSpec, Limits
from tools.jobs.desk import JobDesk
from tools.jobs.local import LocalJobs
from tools.jobs.recipes import FakeRecipes
from tools.policy.directory import CatalogDirectory
from tools.policy.reading import shipped
from tools.policy.rulebook import Rulebook
from tools.state import State

_SCOPES = frozenset({"scaffold:write", "jobs:launch", "jobs:read", "jobs:cancel", "jobs:at-once"})
_PROGRAM = "import json, sys; exec(json.load(open(sys.argv[1]))['code'])"
Found = TypeVar("Found")

_SOON = 20.0  # seconds


@pytest.fixture
def ada() -> Principal:
    return Principal(ref="user:default/ada", scopes=_SCOPES, door="rest")


@pytest.fixture
def bob() -> Principal:
    return Principal(ref="user:default/bob", scopes=_SCOPES, door="rest")


@pytest.fixture
def operator() -> Principal:
    return Principal(ref="user:default/local", scopes=_SCOPES | {"jobs:any"}, door="cli")


@pytest.fixture
def backend() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def desk(backend: FakeJobs, state: State, tmp_path: Path, clock: Clock) -> JobDesk:
    return JobDesk(backend, state.jobs, FakeRecipes(), home=tmp_path / "home", clock=clock)


@pytest.fixture
def caller(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, clock: Clock, desk: JobDesk
) -> Caller:
    policy = Rulebook(shipped(), CatalogDirectory(ports))
    return Caller(actions, ports, state, audit, clock=clock, jobs=desk, policy=policy)


def program(config: Path, _out: Path) -> Sequence[str]:
    """The recipe `program`: runs what its configuration holds as `code`."""
    return (sys.executable, "-c", _PROGRAM, str(config))


def local_jobs(home: Path, *, slots: int = 4) -> LocalJobs:
    return LocalJobs(home, commands={"program": program}, slots=slots)


def spec_of(code: str, **limits: int) -> JobSpec:
    return JobSpec(
        recipe="program",
        config={"code": code},
        owner="user:default/ada",
        limits=Limits(**{"niceness": 0, **limits}),
    )


def ended(jobs: LocalJobs, id: str) -> Job:
    """Wait until the job has ended."""
    return until(lambda: job if (job := jobs.status(id)).state.is_end else None)


def until(look: Callable[[], Found | None]) -> Found:
    """What `look` gives once that is something."""
    patience = time.monotonic() + _SOON
    while time.monotonic() < patience:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing within {_SOON:g} s")


def recorded(home: Path, id: str, name: str) -> Mapping[str, Any]:
    """What the supervisor wrote into one of its files."""
    path = home / "jobs" / id / name
    until(path.exists)
    value: Mapping[str, Any] = json.loads(path.read_text())
    return value
