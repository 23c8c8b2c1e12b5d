"""What the tests of the actions share: a home with state and audit, and a caller over the fakes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import FakePorts, example_ports
from tools.state import State

ALL_SCOPES = frozenset({"docs:read", "catalog:read", "index:write"})


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ada() -> Principal:
    return Principal(ref="user:default/ada", scopes=ALL_SCOPES, door="cli")


@pytest.fixture
def bob() -> Principal:
    return Principal(ref="user:default/bob", scopes=ALL_SCOPES, door="rest")


@pytest.fixture
def ports() -> FakePorts:
    return example_ports()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state database to copy: migrating one for each test would take most of the time."""
    path = tmp_path_factory.mktemp("migrated") / "state.db"
    State.open(path).close()
    return path


@pytest.fixture
def state(tmp_path: Path, migrated: Path) -> Iterator[State]:
    path = tmp_path / "home" / "state.db"
    path.parent.mkdir()
    shutil.copy(migrated, path)
    opened = State.open(path)
    yield opened
    opened.close()


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    opened = Audit.open(tmp_path / "home" / "audit.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def actions() -> Actions:
    return Actions.discover()


@pytest.fixture
def caller(actions: Actions, ports: FakePorts, state: State, audit: Audit, clock: Clock) -> Caller:
    return Caller(actions, ports, state, audit, clock=clock)
