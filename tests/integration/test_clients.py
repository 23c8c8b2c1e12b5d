"""Python clients that none of us wrote, each in an environment of its own, against a real server.

An environment is made by uv from a committed list of pins, under `$CUEBOOK_TEST_TOOLS` (default: `test-output/tools`),
and made again when its pins change. A client's script there prints what it saw; nothing of ours is imported by it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CUEBOOK, ROOT, environment

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

SCRIPTS = Path(__file__).parent / "clients"
LISTED = [
    *("ask", "describe_entity", "entity_relations", "query_catalog", "read_doc_section", "search_docs"),
    *("apply_plan", "reject_plan", "call_action", "find_actions"),
]


def python_of(client: str) -> Path:
    """The interpreter of the client's environment, which is made when it is not there."""
    pins = SCRIPTS / f"{client}.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    base = Path(os.environ.get("CUEBOOK_TEST_TOOLS", ROOT / "test-output/tools"))
    folder = base / f"client-{client}-{digest}"
    if not (folder / "complete").exists():
        beside = Path(sys.executable).with_name("uv")
        uv = str(beside) if beside.exists() else shutil.which("uv")
        if uv is None:
            pytest.skip("uv is not installed; it makes the environments of other people's clients")
        shutil.rmtree(folder, ignore_errors=True)
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        _run([uv, "pip", "install", "--quiet", "--python", str(folder / "bin/python"), "-r", str(pins)])
        (folder / "complete").touch()
    return folder / "bin/python"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a client's environment cannot be made: {done.stderr.strip()[-300:]}")


def seen_by(client: str, target: dict[str, Any]) -> dict[str, Any]:
    """What the client's script prints."""
    # -P: the scripts are called like the packages that they import.
    command = [str(python_of(client)), "-P", str(SCRIPTS / f"{client}.py"), json.dumps(target)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CUEBOOK_", "PYTHON"))}
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean, cwd="/", timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def over_stdio(home: Path) -> dict[str, Any]:
    command, *arguments = (*CUEBOOK, "mcp", "--home", str(home))
    return {"stdio": {"command": command, "args": arguments, "env": environment(home)}}


@pytest.mark.parametrize(
    ("client", "transport"),
    [
        ("fastmcp", "http"),
        ("fastmcp", "stdio"),
        ("langchain", "http"),
        ("adapters", "http"),
        ("adapters", "stdio"),
    ],
)
def test_a_client_lists_asks_plans_and_applies(
    client: str, transport: str, home: Path, request: pytest.FixtureRequest
) -> None:
    over_http = transport == "http"
    target = {"url": f"{request.getfixturevalue('server')}/mcp"} if over_http else over_stdio(home)

    seen = seen_by(client, target)

    assert seen["tools"] == LISTED
    assert "make restart" in seen["answer"]
    assert (seen["planned"], seen["applied"]) == ("planned", "done")
    assert "there is no entity 'none'" in seen["error"]
