"""A real Cuebook beside the portal: it reads the portal's catalog, trusts its users, and has judged models."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from server.approving.approvers import Approvers
from server.approving.passphrases import Passphrase
from tests.backstage.portal import ROOT, TOKEN, RunningPortal

CLI = [sys.executable, "-c", "from server.cli import main; main()"]
PASSPHRASE = "nine green bottles"
_SCOPES = (
    *("docs:read", "catalog:read", "models:read", "questions:read"),
    *("jobs:read", "jobs:launch", "jobs:cancel", "plans:read"),
)
_SETTINGS = """\
sources = ["{address}"]

[backstage]
token = "{token}"

[embedder]
kind = "hashing"

[[auth.issuers]]
issuer = "{auth}"
jwks_url = "{auth}/.well-known/jwks.json"
userinfo_url = "{auth}/v1/userinfo"
audience = "backstage"
namespace = ""
groups = "ent"
grants = {scopes}
"""
_POLICY = """\
version: 1
rules:
  - name: evaluations
    who: users
    actions: launch_eval
    verdict: ask
    approval: {approvers: group:ranking, count: 1, four_eyes: true}
    because: an evaluation takes the team's CPU-hours
  - {name: own jobs, who: users, actions: [launch_training, cancel_job, rate_answer], verdict: allow, because: they are small}
"""


class RunningCuebook:
    """Indexes the portal, trains the demo's models, and serves where the portal's proxy leads to."""

    def __init__(self, portal: RunningPortal) -> None:
        self._portal, self.home = portal, portal.folder / "cuebook"
        self.home.mkdir()
        auth, scopes = f"{portal.url}/api/auth", list(_SCOPES)
        settings = _SETTINGS.format(address=portal.address, token=TOKEN, auth=auth, scopes=scopes)
        (self.home / "settings.toml").write_text(settings.replace("'", '"'), encoding="utf-8")
        (self.home / "policy.yaml").write_text(_POLICY, encoding="utf-8")
        Approvers(self.home).add("bob", passphrase=Passphrase.of(PASSPHRASE), by="")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CUEBOOK_")}
        self.environment = {**kept, "CUEBOOK_HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        self.run("ingest")
        self._run(sys.executable, "-m", "recsys_core", "demo", "--home", str(self.home))
        self.run("models", "sync")
        self.url = f"http://127.0.0.1:{portal.cuebook_port}"
        with (portal.folder / "cuebook.log").open("w") as log:
            self._process = subprocess.Popen(
                [*CLI, "serve", "--port", str(portal.cuebook_port)],
                env=self.environment,
                cwd=portal.folder,
                stderr=log,
            )
        self._wait(portal.folder / "cuebook.log")

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        return self._run(*CLI, *arguments)

    def call(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the portal's user is answered over REST."""
        return self._post(f"actions/{action}", arguments)

    def apply(self, digest: str) -> dict[str, Any]:
        return self._post(f"plans/{digest}/apply", {})

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._portal.user_token()}"}
        answer = httpx.post(f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=60)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _wait(self, log: Path) -> None:
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self._process.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError(f"Cuebook did not get ready:\n{log.read_text()}")
