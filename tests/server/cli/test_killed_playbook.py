"""`cuebook apply DIGEST --wait` killed with SIGKILL each time the playbook reaches another step, with real jobs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.server.cli.conftest import Cuebook
from tools.audit import Audit
from tools.state import State

POLICY = """\
version: 1
rules:
  - {name: the rest, verdict: allow}
"""
INPUTS = {"name": "fresh-knn", "owner": "group:default/retrieval", "model": "popularity"}
_SOON = 120.0  # seconds


def _result(home: Path, digest: str) -> tuple[str, dict[str, Any]]:
    state = State.open(home / "state.db")
    try:
        row = state.plans.get(digest, principal=None)
        return row.status, dict(row.result or {})
    finally:
        state.close()


def _killed_when_further(home: Path, digest: str, seen: set[str]) -> str:
    """Starts the command and kills it at the next step that was not reached before; the plan's status then."""
    command = [
        sys.executable,
        "-c",
        "from server.cli import main; main()",
        "apply",
        digest,
        "--wait",
        "--home",
        str(home),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        patience = time.monotonic() + _SOON
        while process.poll() is None and time.monotonic() < patience:
            _, result = _result(home, digest)
            if result.get("reached") and result["reached"] not in seen:
                seen.add(str(result["reached"]))
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.02)
    return _result(home, digest)[0]


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_a_playbook_killed_at_each_step_still_trains_judges_and_promotes_once(
    cuebook: Cuebook, tree: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert cuebook("ingest", str(tree)).code == 0
    (home / "policy.yaml").write_text(POLICY)
    arguments = json.dumps({"playbook": "train_to_promotion", "inputs": INPUTS})
    digest = cuebook("plan", "run_playbook", "--json", arguments).json["digest"]
    seen: set[str] = set()
    status = "running"
    for _ in range(10):
        status = _killed_when_further(home, digest, seen)
        if status not in {"running", "planned"}:
            break
    assert status == "done", json.dumps(_result(home, digest), indent=1)
    assert len(seen) >= 4, seen
    shown = cuebook("models", "show", "fresh-knn@production", "--json")
    assert shown.json["model"]["ref"] == "fresh-knn:1"
    assert shown.json["alias_history_total"] == 1
    assert len(list((home / "jobs").glob("job-*"))) == 2
    audit = Audit.open(home / "audit.db")
    try:
        assert audit.verify().intact
    finally:
        audit.close()
