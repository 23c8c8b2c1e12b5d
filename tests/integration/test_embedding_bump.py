"""An embedding bump broke podcasts: the example as its docstring says, with the person who approves beside it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from recsys_core import demo
from server.approving.approvers import Approvers
from server.approving.passphrases import Passphrase
from server.approving.sessions import CSRF_HEADER
from tests.integration.conftest import ROOT, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
EXAMPLE = ROOT / "examples" / "embedding_bump"
TRANSCRIPT = EXAMPLE / "transcript.md"
SECRET = "only a person knows this"
SECONDS = 90  # from the question to the receipt


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's models and an approver; a night later, somebody has moved the alias in MLflow."""
    home = tmp_path_factory.mktemp("bump") / "home"
    demo.build(home)
    subprocess.run([sys.executable, str(EXAMPLE / "bump.py"), "--home", str(home)], check=True, timeout=120)
    Approvers(home).add("mira.okafor", passphrase=Passphrase.of(SECRET), by="")
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with serving(home, command="up") as found:
        yield found


def approve_what_waits(address: str) -> str:
    """What a person does on the page: sign in with the passphrase, read the plan, approve; its digest."""
    with httpx.Client(base_url=address, headers={"origin": address}, timeout=60) as page:
        signed = page.post("/api/v1/approver/session", json={"name": "mira.okafor", "passphrase": SECRET})
        assert signed.status_code == 200, signed.text
        until = time.monotonic() + 60
        while not (waiting := page.get("/api/v1/plans").json()["waiting"]):
            assert time.monotonic() < until, "no plan came to wait"
            time.sleep(0.2)
        (plan,) = waiting
        assert plan["action"] == "rollback_model"
        headers = {CSRF_HEADER: signed.json()["csrf"]}
        approved = page.post(f"/api/v1/plans/{plan['digest']}/approve", headers=headers)
        assert approved.status_code == 200, approved.text
        return str(plan["digest"])


def test_podcasts_are_mended_in_90_seconds_and_the_transcript_is_what_happened(
    address: str, home: Path, request: pytest.FixtureRequest
) -> None:
    started = time.monotonic()
    command = [
        sys.executable,
        str(EXAMPLE / "roll_back.py"),
        "--url",
        f"{address}/mcp?toolsets=ask,recsys,operate",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as story:
        digest = approve_what_waits(address)
        printed, faults = story.communicate(timeout=SECONDS)
    assert story.returncode == 0, printed + faults
    assert time.monotonic() - started < SECONDS
    if request.config.getoption("--golden"):
        TRANSCRIPT.write_text(printed, encoding="utf-8")
    assert printed == TRANSCRIPT.read_text(encoding="utf-8")
    assert SECRET not in printed

    again = httpx.post(f"{address}/api/v1/plans/{digest}/apply", timeout=60).json()
    assert again["status"] == "done"
    history = httpx.post(
        f"{address}/api/v1/actions/describe_model", json={"model": "item2vec@production"}, timeout=60
    ).json()["alias_history"]
    assert [(move["old"], move["new"]) for move in reversed(history)] == [(None, 1), (1, 2), (2, 1)]
