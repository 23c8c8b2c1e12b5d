"""Plan, digest, apply: bound to what was planned, and done once."""

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.conftest import Clock
from tools import Actions, Effect, Input, Plan, Principal, Run, Started, Target, action
from tools.audit import Audit
from tools.call import Caller
from tools.canonical import canonical
from tools.errors import (
    ActionFailed,
    NotAllowed,
    PlanAlreadyApplied,
    PlanExpired,
    PlanMissing,
    TargetMoved,
    Unavailable,
)
from tools.fakes import FakePorts
from tools.plan import content_of, digest_of
from tools.policy import Decision, Verdict
from tools.state import State
from tools.state.process import is_alive, process_named, this_process


async def _planned(caller: Caller, principal: Principal) -> str:
    return str((await caller.call("refresh_index", {}, principal))["digest"])


def _kinds(audit: Audit) -> list[tuple[str, str]]:
    return [(entry.body["kind"], entry.body.get("outcome", "")) for entry in audit.entries()]


async def test_a_call_plans_and_does_nothing(caller: Caller, ports: FakePorts, ada: Principal) -> None:
    answered = await caller.call("refresh_index", {}, ada)
    assert {name: answered[name] for name in ("status", "result", "job")} == {
        "status": "planned",
        "result": None,
        "job": None,
    }
    assert answered["plan"]["targets"] == [{"ref": "docs", "revision": "git:aaa"}]
    assert len(answered["digest"]) == 64
    assert ports.indexer.refreshed == 0


async def test_apply_does_it_and_answers_the_result(
    caller: Caller, ports: FakePorts, ada: Principal, audit: Audit
) -> None:
    answered = await caller.apply(await _planned(caller, ada), ada)
    assert (answered["status"], answered["result"]["generation"]) == ("done", "g1")
    assert ports.indexer.refreshed == 1
    assert _kinds(audit) == [("call", "planned"), ("intent", ""), ("apply", "done")]


async def test_a_repeated_apply_answers_the_stored_result(
    caller: Caller, ports: FakePorts, ada: Principal
) -> None:
    digest = await _planned(caller, ada)
    first = await caller.apply(digest, ada)
    assert await caller.apply(digest, ada) == first
    assert ports.indexer.refreshed == 1


async def test_concurrent_applies_happen_once(caller: Caller, ports: FakePorts, ada: Principal) -> None:
    digest = await _planned(caller, ada)
    answers = await asyncio.gather(*(caller.apply(digest, ada) for _ in range(8)))
    assert [answered["status"] for answered in answers] == ["done"] * 8
    assert ports.indexer.refreshed == 1


async def test_planning_twice_gives_one_plan(caller: Caller, ada: Principal, clock: Clock) -> None:
    first = await _planned(caller, ada)
    assert await _planned(caller, ada) == first
    clock.now += 600
    assert await _planned(caller, ada) != first


async def test_planning_after_applying_gives_a_new_plan(
    caller: Caller, ports: FakePorts, ada: Principal
) -> None:
    first = await _planned(caller, ada)
    await caller.apply(first, ada)
    second = await _planned(caller, ada)
    assert second != first
    await caller.apply(second, ada)
    assert ports.indexer.refreshed == 2


async def test_a_moved_target_is_refused_with_the_difference(
    caller: Caller, ports: FakePorts, ada: Principal
) -> None:
    digest = await _planned(caller, ada)
    ports.indexer.revision = "git:bbb"
    with pytest.raises(TargetMoved, match="docs: was git:aaa, is now git:bbb") as caught:
        await caller.apply(digest, ada)
    assert caught.value.details == {"changes": ["docs: was git:aaa, is now git:bbb"]}
    ports.indexer.revision = "git:aaa"
    with pytest.raises(TargetMoved):  # a refused plan stays refused
        await caller.apply(digest, ada)
    assert (await caller.planned(digest, ada))["status"] == "refused"
    assert ports.indexer.refreshed == 0


async def test_a_plan_that_expires_while_it_is_resolved_again_is_not_applied(
    caller: Caller, ports: FakePorts, ada: Principal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = await _planned(caller, ada)
    expires = (await caller.planned(digest, ada))["expires_at"]
    clock.now = datetime.fromisoformat(expires).timestamp() - 0.5
    found = ports.indexer.sources()

    def slowly() -> tuple[Target, ...]:
        clock.now += 0.5  # the very second at which it expires
        return found

    monkeypatch.setattr(ports.indexer, "sources", slowly)
    with pytest.raises(PlanExpired):
        await caller.apply(digest, ada)
    assert ports.indexer.refreshed == 0
    assert (await caller.planned(digest, ada))["status"] == "expired"


async def test_an_expired_plan_is_refused(
    caller: Caller, ports: FakePorts, ada: Principal, clock: Clock
) -> None:
    digest = await _planned(caller, ada)
    clock.now += 900
    with pytest.raises(PlanExpired, match="call refresh_index again"):
        await caller.apply(digest, ada)
    assert (await caller.planned(digest, ada))["status"] == "expired"
    assert ports.indexer.refreshed == 0


async def test_another_principals_plan_does_not_exist(
    caller: Caller, ada: Principal, bob: Principal, audit: Audit
) -> None:
    digest = await _planned(caller, ada)
    for call in (caller.apply(digest, bob), caller.planned(digest, bob)):
        with pytest.raises(PlanMissing):
            await call
    assert await caller.plans(bob) == ()
    assert [plan["digest"] for plan in await caller.plans(ada)] == [digest]
    assert ("apply", "plan_missing") in _kinds(audit)


async def test_a_scope_that_was_lost_meanwhile_counts(caller: Caller, ada: Principal) -> None:
    digest = await _planned(caller, ada)
    with pytest.raises(NotAllowed):
        await caller.apply(digest, ada.model_copy(update={"scopes": frozenset({"docs:read"})}))


async def test_a_failure_is_kept_and_not_repeated(caller: Caller, ports: FakePorts, ada: Principal) -> None:
    def broken() -> None:
        raise RuntimeError("boom")

    ports.indexer.during = broken
    digest = await _planned(caller, ada)
    with pytest.raises(ActionFailed):
        await caller.apply(digest, ada)
    with pytest.raises(PlanAlreadyApplied, match="failed: it broke off with RuntimeError"):
        await caller.apply(digest, ada)
    assert ports.indexer.refreshed == 1


async def test_without_a_record_nothing_is_done(
    caller: Caller, ports: FakePorts, ada: Principal, audit: Audit
) -> None:
    digest = await _planned(caller, ada)
    audit.close()
    with pytest.raises(Unavailable, match="refresh_index was not run"):
        await caller.apply(digest, ada)
    assert ports.indexer.refreshed == 0


async def test_a_caller_that_goes_away_does_not_stop_the_effect(
    caller: Caller, ports: FakePorts, ada: Principal
) -> None:
    import threading

    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        go_on.wait(10)

    ports.indexer.during = wait
    digest = await _planned(caller, ada)
    applying = asyncio.create_task(caller.apply(digest, ada))
    await asyncio.to_thread(inside.wait, 10)
    applying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await applying
    assert (await caller.planned(digest, ada))["status"] == "running"
    second = asyncio.create_task(caller.apply(digest, ada))
    go_on.set()
    assert (await second)["status"] == "done"
    assert ports.indexer.refreshed == 1


async def test_changed_code_needs_a_new_plan(caller: Caller, ada: Principal, actions: Actions) -> None:
    digest = await _planned(caller, ada)
    action = actions.get("refresh_index")
    version = action.version
    vars(action)["version"] = "0" * 16
    try:
        with pytest.raises(TargetMoved, match="action:refresh_index: was"):
            await caller.apply(digest, ada)
    finally:
        vars(action)["version"] = version


class NoArguments(Input):
    pass


@action(effect=Effect.STARTS_JOB, scope="index:write")
async def train(input: NoArguments, run: Run) -> Started:
    """Train a model."""
    return Started(job=f"job-{run.digest[:8]}-{run.plan.details['epochs']}")


@train.planned_by
async def plan(input: NoArguments, run: Run) -> Plan:
    return Plan(summary="Train.", details={"epochs": 3})


async def test_a_job_goes_on_when_the_process_that_started_it_is_gone(
    *,
    ports: FakePorts,
    state: State,
    audit: Audit,
    ada: Principal,
    dead_process: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caller = Caller(Actions([train]), ports, state, audit)
    digest = (await caller.call("train", {}, ada))["digest"]
    monkeypatch.setattr("tools.state.plans.this_process", lambda: dead_process)
    applied = await caller.apply(digest, ada)
    assert (applied["status"], applied["job"]) == ("running", f"job-{digest[:8]}-3")
    assert caller.reconcile() == ()
    assert await caller.apply(digest, ada) == applied
    state.plans.finish(digest, status="done", now=1, result={"job": applied["job"]}, job=applied["job"])
    assert (await caller.planned(digest, ada))["status"] == "done"


def _store(state: State) -> str:
    row = state.plans.add(
        action="refresh_index",
        version="1",
        arguments={},
        plan=Plan(summary="x"),
        principal="user:default/ada",
        decision=Decision(Verdict.ALLOW, "test", "it may"),
        now=0,
        lifetime=10**10,
    )
    return row.digest


def test_only_one_of_many_threads_claims_a_plan(state: State) -> None:
    digest = _store(state)
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: state.plans.claim(digest, now=1), range(16)))
    assert claimed.count(True) == 1


@pytest.fixture
def dead_process() -> str:
    """The name of a process that has ended."""
    with subprocess.Popen(["sleep", "60"]) as process:
        name = process_named(process.pid)
        assert is_alive(name)
        process.kill()
    return name


async def test_what_a_dead_process_left_running_is_lost_and_never_rerun(
    *,
    caller: Caller,
    ports: FakePorts,
    ada: Principal,
    state: State,
    audit: Audit,
    dead_process: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = await _planned(caller, ada)
    with monkeypatch.context() as patched:
        patched.setattr("tools.state.plans.this_process", lambda: dead_process)
        assert state.plans.claim(digest, now=0)
    assert caller.reconcile() == (digest,)
    assert caller.reconcile() == ()
    with pytest.raises(PlanAlreadyApplied, match="lost: the process that applied it ended"):
        await caller.apply(digest, ada)
    assert (await caller.planned(digest, ada))["status"] == "lost"
    assert ("lost", "lost") in _kinds(audit)
    assert ports.indexer.refreshed == 0


def test_a_number_that_was_given_again_is_another_process(dead_process: str) -> None:
    assert is_alive(this_process())
    assert not is_alive(dead_process)
    assert not is_alive(f"{os.getpid()}@1.00000000")
    assert not is_alive("nonsense")


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import example_ports
from tools.state import State

home, digest, marks = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
ports = example_ports()

def effect():
    with marks.open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)

ports.indexer.during = effect
caller = Caller(Actions.discover(), ports, State.open(home / "state.db"), Audit.open(home / "audit.db"))
ada = Principal(ref="user:default/ada", scopes=frozenset({"index:write"}))
asyncio.run(caller.apply(digest, ada))
"""


@pytest.mark.integration
async def test_a_process_killed_inside_the_effect_leaves_one_effect(
    *, actions: Actions, ports: FakePorts, ada: Principal, state: State, audit: Audit, tmp_path: Path
) -> None:
    caller = Caller(actions, ports, state, audit)
    digest, marks = await _planned(caller, ada), tmp_path / "marks"
    command = [sys.executable, "-c", _KILLED, str(state.path.parent), digest, str(marks)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    with pytest.raises(PlanAlreadyApplied, match="lost"):
        await caller.apply(digest, ada)
    assert marks.read_text() == "x"
    assert _kinds(audit) == [("call", "planned"), ("intent", ""), ("apply", "plan_already_applied")]
    assert audit.verify().intact


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(_JSON)
def test_canonical_json_keeps_the_value_and_forgets_the_order(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    if isinstance(value, dict):
        assert canonical(dict(reversed(value.items()))) == text


@given(
    st.sampled_from(["action", "version", "principal", "arguments", "target", "expires_at"]), st.integers(1)
)
def test_the_digest_covers_every_part(part: str, other: int) -> None:
    def digest(**changed: Any) -> str:
        plan = Plan(targets=(Target(ref="docs", revision=str(changed.get("target", 0))),))
        content = content_of(
            action=str(changed.get("action", "a")),
            version=str(changed.get("version", "v")),
            arguments={"x": changed.get("arguments", 0)},
            plan=plan,
            principal=str(changed.get("principal", "p")),
        )
        return digest_of(content, expires_at=changed.get("expires_at", 0))

    assert digest(**{part: other}) != digest()
    assert digest() == digest()
