"""What the desk remembers, whatever dies in between."""

import subprocess
from pathlib import Path

import pytest

from tools import Principal
from tools.call import Caller
from tools.errors import ActionFailed, PlanAlreadyApplied
from tools.jobs import FakeJobs, JobSpec, JobState, Limits
from tools.jobs.desk import JobDesk
from tools.jobs.log_text import readable
from tools.jobs.supervise import TAIL, Log
from tools.plan import Estimate
from tools.settings import JobsSettings
from tools.state import State
from tools.state.process import process_named


@pytest.fixture
def dead_process() -> str:
    with subprocess.Popen(["sleep", "60"]) as process:
        name = process_named(process.pid)
        process.kill()
    return name


async def _planned(caller: Caller, principal: Principal) -> str:
    return str((await caller.call("launch_training", {"name": "knn"}, principal))["digest"])


async def test_a_backend_that_breaks_leaves_a_failed_job_and_plan(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    def broken() -> None:
        raise RuntimeError("disk on fire")

    backend.during = broken
    digest = await _planned(caller, ada)
    with pytest.raises(ActionFailed):
        await caller.apply(digest, ada)
    assert (await caller.planned(digest, ada))["status"] == "failed"
    [job] = (await caller.call("list_jobs", {}, ada))["items"]
    assert (job["state"], job["reason"]) == ("failed", "it could not be started: RuntimeError")


async def test_killed_between_the_row_and_the_start_the_job_is_lost_and_never_started(
    *,
    caller: Caller,
    backend: FakeJobs,
    state: State,
    ada: Principal,
    dead_process: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = await _planned(caller, ada)
    spec = JobSpec(recipe="train", config={}, owner=ada.ref)
    with monkeypatch.context() as patched:
        patched.setattr("tools.state.jobs.this_process", lambda: dead_process)
        patched.setattr("tools.state.plans.this_process", lambda: dead_process)
        assert state.plans.claim(digest, now=0)
        state.jobs.add("job-1", spec, digest=digest, now=0)
    assert caller.reconcile() == ()
    plan = await caller.planned(digest, ada)
    assert (plan["status"], plan["job"]) == ("lost", "job-1")
    assert "never started" in plan["reason"]
    with pytest.raises(PlanAlreadyApplied, match="lost"):
        await caller.apply(digest, ada)
    assert backend.submitted == {}


async def test_killed_between_the_start_and_the_outcome_the_plan_still_has_its_job(
    *, caller: Caller, backend: FakeJobs, state: State, desk: JobDesk, ada: Principal, dead_process: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    digest = await _planned(caller, ada)
    with monkeypatch.context() as patched:
        patched.setattr("tools.state.jobs.this_process", lambda: dead_process)
        patched.setattr("tools.state.plans.this_process", lambda: dead_process)
        assert state.plans.claim(digest, now=0)
        desk.launch(JobSpec(recipe="train", config={}, owner=ada.ref), digest=digest)
    assert caller.reconcile() == ()
    again = await caller.apply(digest, ada)
    assert (again["status"], [again["job"]]) == ("running", list(backend.submitted))


async def test_a_job_that_is_being_launched_is_left_alone(
    caller: Caller, state: State, desk: JobDesk, ada: Principal
) -> None:
    digest = await _planned(caller, ada)
    state.jobs.add("job-1", JobSpec(recipe="train", config={}, owner=ada.ref), digest=digest, now=0)
    desk.look()
    assert desk.get("job-1", ada).job.state is JobState.QUEUED


def test_an_end_is_kept_whatever_is_seen_later(state: State, desk: JobDesk, backend: FakeJobs) -> None:
    with state.write() as connection:
        connection.exec_driver_sql("INSERT INTO plans VALUES ('d', 'd', 'a', 'v', 'p', '{}', '{}', 0, 0)")
    job = desk.launch(JobSpec(recipe="train", config={}, owner="ada"), digest="d")
    state.jobs.observe(job.model_copy(update={"state": JobState.FAILED, "reason": "first"}))
    state.jobs.observe(job.model_copy(update={"state": JobState.SUCCEEDED}))
    found = state.jobs.get(job.id)
    assert found is not None
    assert (found.job.state, found.job.reason) == (JobState.FAILED, "first")


@pytest.mark.parametrize(
    ("cpu_hours", "seconds"), [(0.0, 60), (0.02, 288), (0.099, 360), (0.2, 2_880), (9, 7_200)]
)
def test_a_job_may_use_four_times_its_estimate_and_a_small_one_stays_small(
    desk: JobDesk, cpu_hours: float, seconds: int
) -> None:
    assert desk.limits(Estimate(cpu_hours=cpu_hours)).cpu_seconds == seconds


def test_no_job_gets_more_than_the_operator_allows(backend: FakeJobs, state: State, desk: JobDesk) -> None:
    desk.settings = JobsSettings(limits=Limits(cpu_seconds=30, wall_seconds=40, memory_bytes=1_000_000))
    limits = desk.limits(Estimate(cpu_hours=5))
    assert (limits.cpu_seconds, limits.wall_seconds, limits.memory_bytes) == (30, 40, 1_000_000)


def test_equal_specs_have_one_hash() -> None:
    first = JobSpec(recipe="train", config={"a": 1, "b": [1, 2]}, owner="ada")
    second = JobSpec(recipe="train", config={"b": [1, 2], "a": 1}, owner="ada")
    assert first.hash == second.hash
    assert first.hash != second.model_copy(update={"owner": "bob"}).hash


def test_a_log_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", limit=1_000)
    for number in range(10_000):
        log.add(f"line {number}\n".encode())
    log.close()
    text = (tmp_path / "log").read_text()
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("line 9999\n")
    assert "the log is full" in text
    assert len(text) < 1_000 + TAIL + 200
    written = 1_000 + TAIL
    assert (
        f"{sum(len(f'line {number}') + 1 for number in range(10_000)) - written} bytes were dropped" in text
    )


def test_a_small_log_is_whole(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", limit=1_000)
    log.add(b"x" * 1_000)
    log.close()
    assert (tmp_path / "log").read_bytes() == b"x" * 1_000


@pytest.mark.parametrize(
    ("data", "whole", "expected"),
    [
        (b"a\xc3", False, ("a", 1)),
        (b"a\xc3", True, ("a\ufffd", 0)),
        (b"1%\r2%\r\n", False, ("1%\n2%\n", 0)),
        (b"\x1b[31mred\x1b[0m \x07\x00\tx", False, ("red \tx", 0)),
    ],
)
def test_what_a_job_prints_cannot_drive_a_terminal(
    data: bytes, whole: bool, expected: tuple[str, int]
) -> None:
    assert readable(data, whole=whole) == expected
