"""A real server, killed while it plans, takes approvals, applies and starts jobs: every wish comes true once."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from server.approving.approvers import Approvers
from server.approving.signed_tokens import new_key
from tests.integration.conftest import CUEBOOK, ROOT, environment
from tools.audit import Audit

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3000)]

_MARK = '''
"""The action `leave_mark`."""

import os
from pathlib import Path

from pydantic import Field

from tools import Effect, Input, Output, Plan, Run, action


class LeaveMark(Input):
    wish: int = Field(description="Which wish it is.")


class Left(Output):
    wish: int = Field(description="Which wish it was.")


@action(effect=Effect.WRITES, scope="marks:write")
async def leave_mark(input: LeaveMark, run: Run) -> Left:
    """Leave a mark."""
    with Path(__file__).with_name("marks").open("a") as marks:
        marks.write(f"{input.wish}\\n")
    return Left(wish=input.wish)


@leave_mark.planned_by
async def plan(input: LeaveMark, run: Run) -> Plan:
    return Plan(summary=f"Leave the mark {input.wish}.")
'''
_SAY = """
description: Say which wish it is, as a job.
effect: starts_job
scope: jobs:launch
parameters:
  wish: {type: integer, description: Which wish it is., minimum: 0, maximum: 100000}
estimate: {seconds: 1}
command:
  argv: [/bin/echo, "{wish}"]
"""
_OVER = {"done", "running", "failed"}


class Wishes:
    """A client that plans, has a CI system approve, applies, and does it again when the server is gone."""

    def __init__(self, home: Path, actions: Path) -> None:
        self.home, self.actions = home, actions
        self.key, public = new_key()
        Approvers(home).add("release", key=public, by="")
        self.noted: dict[tuple[str, int], str] = {}

    @contextmanager
    def server(self) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
        process = subprocess.Popen(
            [*CUEBOOK, "serve", "--port", "0"],
            env=environment(self.home, CUEBOOK_ACTIONS__FOLDER=str(self.actions)),
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        try:
            found = next(
                filter(None, (re.search(r"serves on (http://\S+)", line) for line in process.stderr))
            )
            with httpx.Client(base_url=f"{found[1]}/api/v1", timeout=60) as client:
                yield process, client
        finally:
            process.kill()
            process.communicate()

    def wish(self, client: httpx.Client, number: int) -> None:
        for action in ("leave_mark", "say_wish"):
            self._one(client, action, number)

    def _one(self, client: httpx.Client, action: str, number: int) -> None:
        digest = self.noted.get((action, number)) or self._planned(client, action, number)
        for _ in range(3):
            plan = client.get(f"/plans/{digest}").raise_for_status().json()
            if plan["status"] == "waiting":
                token = {"token": self._token(digest)}
                client.post(f"/plans/{digest}/approve", json=token).raise_for_status()
            answer = client.post(f"/plans/{digest}/apply")
            if answer.is_success and answer.json()["status"] in _OVER:
                return
            assert answer.json()["error"]["code"] == "plan_already_applied", answer.text
            if self.effects(action, number):
                return  # it happened; how far it came was lost with the server
            digest = self._planned(client, action, number)
        pytest.fail(f"{action} {number} never came true")

    def _planned(self, client: httpx.Client, action: str, number: int) -> str:
        asked = {"action": action, "arguments": {"wish": number}}
        digest = str(client.post("/plans", json=asked).raise_for_status().json()["digest"])
        self.noted[action, number] = digest
        return digest

    def _token(self, digest: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {"aud": "cuebook-approval", "sub": "release", "digest": digest}
        claims |= {"decision": "approve", "iat": now, "exp": now + 300}
        return jwt.encode(claims, self.key, algorithm="EdDSA")

    def effects(self, action: str, number: int) -> int:
        if action == "leave_mark":
            marks = self.actions / "marks"
            return marks.read_text().split().count(str(number)) if marks.exists() else 0
        specs = self.home.glob("jobs/*/log*")
        return sum(str(number) in path.read_text().split() for path in specs if path.is_file())


@pytest.fixture
def wishes(tmp_path: Path) -> Wishes:
    home, actions = tmp_path / "home", tmp_path / "actions"
    (home / "actions.d").mkdir(parents=True)
    actions.mkdir()
    (home / "policy.yaml").write_text("version: 1\nrules:\n  - {name: a person looks, verdict: ask}\n")
    (home / "actions.d" / "say_wish.yaml").write_text(_SAY)
    (actions / "leave_mark.py").write_text(_MARK)
    return Wishes(home, actions)


def _killed(wishes: Wishes, number: int, after: float) -> float:
    """Kill the server that many seconds into a wish; 0 when that cut it off, else the seconds that it took."""
    with wishes.server() as (process, client):
        timer = threading.Timer(after, os.kill, (process.pid, signal.SIGKILL))
        started = time.monotonic()
        timer.start()
        try:
            wishes.wish(client, number)
            return time.monotonic() - started
        except httpx.HTTPError:
            return 0.0
        finally:
            timer.cancel()
            timer.join()


def run_kills(wishes: Wishes, kills: int) -> int:
    """Go on until that many kills cut a wish off, spread over its whole length; how many wishes it took."""
    for number in (0, 1):  # the first server migrates the state, which no later one does
        whole = _timed(wishes, number)
    number, cut_off = 1, 0
    while cut_off < kills:
        number += 1
        assert number <= 4 * kills + 4, f"only {cut_off} of {number} kills came while a wish was under way"
        if took := _killed(wishes, number, whole * _spread(number)):
            whole = min(whole, took)
        else:
            cut_off += 1
        with wishes.server() as (_, client):
            wishes.wish(client, number)
            wishes.wish(client, number)  # a retry of what came true changes nothing
            _settle(wishes, number)
    found = {
        (action, wish): wishes.effects(action, wish)
        for action in ("leave_mark", "say_wish")
        for wish in range(number + 1)
    }
    assert {wish: count for wish, count in found.items() if count != 1} == {}
    audit = Audit.open(wishes.home / "audit.db")
    assert audit.verify().intact
    audit.close()
    return number + 1


def _timed(wishes: Wishes, number: int) -> float:
    with wishes.server() as (_, client):
        started = time.monotonic()
        wishes.wish(client, number)
        return time.monotonic() - started


def _spread(number: int) -> float:
    """Between 0 and 1, evenly however many there are: steps of the golden ratio."""
    return number * 0.6180339887 % 1


def _settle(wishes: Wishes, number: int) -> None:
    """A job writes its log when its process has come that far."""
    end = time.monotonic() + 60
    while not wishes.effects("say_wish", number) and time.monotonic() < end:
        time.sleep(0.1)


def test_a_server_killed_on_the_way_leaves_each_wish_come_true_once(wishes: Wishes) -> None:
    run_kills(wishes, 3)


@pytest.mark.slow
def test_fifty_kills_of_the_server_leave_no_duplicate_and_no_loss(wishes: Wishes) -> None:
    print(json.dumps({"kills": 50, "wishes": run_kills(wishes, 50)}))
