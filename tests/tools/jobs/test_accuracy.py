"""How far estimates were off."""

from typing import Any

from tools import Principal
from tools.call import Caller
from tools.jobs import FakeJobs, JobState
from tools.jobs.accuracy import Measured, accuracy


async def _ended(
    caller: Caller,
    backend: FakeJobs,
    principal: Principal,
    *,
    times: float,
    state: JobState,
    **arguments: Any,
) -> str:
    """A job that used `times` its estimate, and ended."""
    plan = await caller.call("launch_training", {"name": "knn", "model": "item_knn", **arguments}, principal)
    job = str((await caller.apply(plan["digest"], principal))["job"])
    backend.advance(job, state, cpu_seconds=plan["plan"]["estimate"]["cpu_hours"] * 3600 * times)
    return job


async def test_finished_jobs_are_compared_with_their_estimates_by_kind(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    done = JobState.SUCCEEDED
    jobs = [
        await _ended(caller, backend, ada, times=times, state=done, seed=seed)
        for seed, times in enumerate((0.5, 1.0, 0.1))
    ]
    await _ended(caller, backend, ada, times=2.0, state=done, model="als")
    await _ended(caller, backend, ada, times=9.0, state=JobState.FAILED, seed=7)
    found = await caller.call("job_accuracy", {}, ada)
    overall, als, knn = found["items"]
    assert (overall["recipe"], overall["jobs"]) == ("all", 4)
    assert (als["kind"], als["median_ratio"], als["low_ratio"], als["high_ratio"]) == ("als", 2.0, 2.0, 2.0)
    assert (knn["kind"], knn["median_ratio"], knn["worst_ratio"], knn["worst_job"]) == (
        "item_knn",
        0.5,
        0.1,
        jobs[2],
    )
    assert found["left_out"] == {"failed": 1}


async def test_jobs_of_others_are_counted_for_the_operator_only(
    caller: Caller, backend: FakeJobs, ada: Principal, bob: Principal, operator: Principal
) -> None:
    await _ended(caller, backend, ada, times=1.0, state=JobState.SUCCEEDED)
    assert (await caller.call("job_accuracy", {}, bob))["items"] == []
    assert (await caller.call("job_accuracy", {"recipe": "train"}, operator))["items"][0]["jobs"] == 1
    assert (await caller.call("job_accuracy", {"recipe": "evaluate"}, operator))["items"] == []


def test_a_job_that_used_nothing_is_the_worst_and_breaks_nothing() -> None:
    (line,) = accuracy([Measured("a", "train", "als", 1.0, 0.0), Measured("b", "train", "als", 1.0, 3.0)])
    assert (line.worst.job, line.median) == ("a", 1.5)
