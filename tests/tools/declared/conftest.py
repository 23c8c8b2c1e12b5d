"""A folder `actions.d` to write files into, and a caller over what it gives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pydantic import SecretStr

from tests.tools.conftest import Clock
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.declared import Allowed, Declared, read_folder
from tools.declared.network import FakeNetwork
from tools.fakes import FakePorts
from tools.jobs import FakeJobs
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.state import State

SECRET = "correct-horse-battery"
PUBLIC = "93.184.216.34"

COMMAND: dict[str, Any] = {
    "description": "Rebuild the night index.\n\nOne shard at a time.\n",
    "effect": "writes",
    "scope": "index:write",
    "parameters": {
        "shard": {"type": "integer", "description": "Which shard.", "minimum": 0, "maximum": 63},
        "note": {"type": "string", "description": "Why."},
    },
    "command": {"argv": ["/bin/echo", "--shard", "{shard}", "--", "{note}"]},
}
HTTP: dict[str, Any] = {
    "description": "Drain a canary.",
    "effect": "writes",
    "scope": "canary:write",
    "parameters": {
        "name": {"type": "string", "description": "Which canary.", "unicode": True},
        "share": {
            "type": "number",
            "description": "Share of traffic.",
            "minimum": 0,
            "maximum": 1,
            "default": 0.5,
        },
    },
    "http": {
        "method": "POST",
        "server": "https://ops.example.com",
        "path": "/v1/canaries/{name}/drain",
        "headers": {"Authorization": {"secret": "ops", "before": "Bearer "}},
        "body": {"share": "{share}", "by": "cuebook"},
    },
}


def changed(base: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A copy of a file with some keys replaced; a nested dict changes within, None takes a key away."""
    made = dict(base)
    for name, value in parts.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, dict) and isinstance(made.get(name), dict):
            made[name] = changed(made[name], **value)
        else:
            made[name] = value
    return made


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork(lambda _: httpx.Response(200, text="drained"), names={"ops.example.com": [PUBLIC]})


@pytest.fixture
def allowed(network: FakeNetwork) -> Allowed:
    return Allowed(
        executables={"echo": Path("/bin/echo")},
        environment=frozenset({"NIGHT_MODE", "NIGHT_TOKEN"}),
        hosts=frozenset(
            {"ops.example.com", "inside.example.com", "localhost:9000", "127.0.0.1:9000", "[::1]:9000"}
        ),
        private_hosts=frozenset({"inside.example.com"}),
        secrets={"ops": SecretStr(SECRET)},
        network=network,
    )


class Folder:
    """`write` a file, `read` what is there."""

    def __init__(self, path: Path, allowed: Allowed) -> None:
        path.mkdir()
        self.path, self.allowed = path, allowed

    def write(self, name: str, content: dict[str, Any] | str | bytes) -> Path:
        path = self.path / f"{name}.yaml"
        text = yaml.safe_dump(content, sort_keys=False) if isinstance(content, dict) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def read(self) -> Declared:
        return read_folder(self.path, self.allowed)

    def reason(self, content: dict[str, Any] | str | bytes, *, name: str = "tried") -> str:
        """Why a file of that content is left out."""
        self.write(name, content)
        found = self.read()
        assert found.actions == ()
        (skipped,) = found.skipped
        return skipped.reason


@pytest.fixture
def folder(tmp_path: Path, allowed: Allowed) -> Folder:
    return Folder(tmp_path / "actions.d", allowed)


@pytest.fixture
def ada() -> Principal:
    scopes = {"catalog:read", "index:write", "canary:write", "jobs:read", "jobs:at-once", "canary:look"}
    return Principal(ref="user:default/ada", scopes=frozenset(scopes), door="cli")


@pytest.fixture
def backend() -> FakeJobs:
    return FakeJobs()


Opened = Callable[[], Caller]


@pytest.fixture
def opened(
    *,
    actions: Actions,
    folder: Folder,
    ports: FakePorts,
    state: State,
    audit: Audit,
    clock: Clock,
    backend: FakeJobs,
    tmp_path: Path,
) -> Opened:
    """A caller over the files that were written until now."""
    desk = JobDesk(backend, state.jobs, FakeRecipes(), home=tmp_path / "home", clock=clock)

    def open_caller() -> Caller:
        found = folder.read()
        assert found.skipped == ()
        everything = Actions((*actions, *found.actions))
        return Caller(everything, ports, state, audit, clock=clock, jobs=desk)

    return open_caller
