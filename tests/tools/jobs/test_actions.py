"""Launching, watching and cancelling jobs through the one call path."""

import asyncio
from typing import Any

import pytest

from tests.tools.conftest import Clock
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import (
    InvalidArguments,
    NotFound,
    PlanAlreadyApplied,
    TargetMoved,
    Unavailable,
)
from tools.fakes import FakePorts
from tools.jobs import FakeJobs, JobState
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.state import State

TRAINING = {"name": "knn-first", "model": "item_knn"}


async def _launched(caller: Caller, principal: Principal, **arguments: Any) -> str:
    plan = await caller.call("launch_training", TRAINING | arguments, principal)
    return str((await caller.apply(plan["digest"], principal))["job"])


async def test_a_plan_shows_the_whole_specification_and_starts_nothing(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    planned = await caller.call("launch_training", TRAINING, ada)
    spec = planned["plan"]["details"]["spec"]
    assert (planned["status"], planned["job"]) == ("planned", None)
    assert (spec["recipe"], spec["owner"], spec["config"]["model"]) == (
        "train",
        ada.ref,
        {"kind": "item_knn"},
    )
    assert spec["limits"]["cpu_seconds"] <= 360
    assert planned["approval"]["rule"] == "small jobs"
    assert planned["plan"]["will_not"]
    assert backend.submitted == {}


async def test_applying_starts_what_was_planned_under_the_digest(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    planned = await caller.call("launch_training", TRAINING, ada)
    applied = await caller.apply(planned["digest"], ada)
    id = f"job-{planned['digest'][:24]}"
    assert (applied["status"], applied["job"], applied["result"]["state"]) == ("running", id, "running")
    assert applied["result"]["out"] == f"jobs/{id}/out"
    assert backend.submitted[id].model_dump(mode="json") == planned["plan"]["details"]["spec"]


async def test_twenty_concurrent_applies_start_one_job(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    digest = (await caller.call("launch_training", TRAINING, ada))["digest"]
    answers = await asyncio.gather(*(caller.apply(digest, ada) for _ in range(20)))
    assert {answer["job"] for answer in answers} == set(backend.submitted)
    assert len(backend.submitted) == 1


async def test_twenty_callers_over_one_home_start_one_job(
    *,
    actions: Actions,
    ports: FakePorts,
    state: State,
    audit: Audit,
    clock: Clock,
    desk: JobDesk,
    backend: FakeJobs,
    ada: Principal,
) -> None:
    callers = [Caller(actions, ports, state, audit, clock=clock, jobs=desk) for _ in range(20)]
    digest = (await callers[0].call("launch_training", TRAINING, ada))["digest"]
    answers = await asyncio.gather(*(each.apply(digest, ada) for each in callers))
    assert {answer["status"] for answer in answers} == {"running"}
    assert len(backend.submitted) == 1


@pytest.mark.parametrize(
    ("end", "status"),
    [(JobState.SUCCEEDED, "done"), (JobState.FAILED, "failed"), (JobState.LOST, "lost")],
)
async def test_a_plan_ends_as_its_job_ends(
    *, caller: Caller, backend: FakeJobs, ada: Principal, end: JobState, status: str
) -> None:
    job = await _launched(caller, ada)
    backend.advance(job, end, reason="because")
    card = await caller.call("get_job", {"job": job}, ada)
    plan = await caller.planned(card["digest"], ada)
    assert (card["state"], plan["status"], plan["reason"]) == (end, status, "because")


async def test_a_plan_whose_job_failed_is_not_applied_again(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    job = await _launched(caller, ada)
    backend.advance(job, JobState.FAILED, reason="it ran out of memory")
    digest = (await caller.call("get_job", {"job": job}, ada))["digest"]
    with pytest.raises(PlanAlreadyApplied, match="it ran out of memory"):
        await caller.apply(digest, ada)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"name": "../../etc/passwd"}, "name"),
        ({"name": "x; rm -rf /"}, "name"),
        ({"name": "-config"}, "name"),
        ({"data": "/etc/passwd"}, "data"),
        ({"model": "os.system"}, "model"),
        ({"protocol": "../loo"}, "protocol"),
        ({"command": "rm"}, "command"),
        ({"config": {"kind": "als"}}, "config.kind"),
        ({"config": {"wrong": 1}}, "wrong"),
    ],
)
async def test_what_is_no_name_or_no_setting_is_refused_before_a_plan(
    caller: Caller, ada: Principal, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidArguments, match=named):
        await caller.call("launch_training", TRAINING | arguments, ada)


async def test_an_unknown_data_set_is_answered_with_those_there_are(caller: Caller, ada: Principal) -> None:
    with pytest.raises(NotFound, match="the data sets are: world"):
        await caller.call("launch_training", TRAINING | {"data": "lastfm"}, ada)


async def test_data_that_changed_since_the_plan_stops_the_apply(
    *, caller: Caller, desk: JobDesk, backend: FakeJobs, ada: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = (await caller.call("launch_training", TRAINING, ada))["digest"]
    monkeypatch.setattr(desk, "_recipes", FakeRecipes(revision="b" * 64))
    with pytest.raises(TargetMoved, match="data of train"):
        await caller.apply(digest, ada)
    assert backend.submitted == {}


async def test_a_job_without_the_scope_waits_for_a_human_and_stays_planned(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    small = Principal(ref="user:default/eve", scopes=ada.scopes - {"jobs:at-once"})
    digest = (await caller.call("launch_training", TRAINING, small))["digest"]
    applied = await caller.apply(digest, small)
    assert (applied["status"], applied["approval"]["missing"]) == ("waiting", 1)
    assert applied["approval"]["rule"] == "everything else"
    assert backend.submitted == {}


async def test_a_job_belongs_to_who_launched_it(
    caller: Caller, ada: Principal, bob: Principal, operator: Principal
) -> None:
    job = await _launched(caller, ada)
    for name in ("get_job", "read_job_log", "cancel_job"):
        with pytest.raises(NotFound, match="no job"):
            await caller.call(name, {"job": job}, bob)
    assert (await caller.call("list_jobs", {}, bob))["total"] == 0
    assert (await caller.call("list_jobs", {}, operator))["items"][0]["owner"] == ada.ref
    assert (await caller.call("get_job", {"job": job}, operator))["state"] == "running"


async def test_jobs_are_listed_newest_first_in_parts(
    caller: Caller, backend: FakeJobs, ada: Principal, clock: Clock
) -> None:
    made = []
    for number in range(3):
        clock.now += 1
        made.append(await _launched(caller, ada, name=f"knn-{number}"))
    backend.advance(made[0], JobState.SUCCEEDED)
    first = await caller.call("list_jobs", {"limit": 2}, ada)
    rest = await caller.call("list_jobs", {"limit": 2, "offset": first["next_offset"]}, ada)
    assert [job["id"] for job in (*first["items"], *rest["items"])] == made[::-1]
    assert (first["total"], rest["next_offset"]) == (3, None)
    assert (await caller.call("list_jobs", {"state": "succeeded"}, ada))["total"] == 1


async def test_a_log_is_read_from_where_the_last_reading_ended(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    job = await _launched(caller, ada)
    first = await caller.call("read_job_log", {"job": job}, ada)
    backend.say(job, "more\n")
    backend.advance(job, JobState.SUCCEEDED)
    second = await caller.call("read_job_log", {"job": job, "offset": first["next_offset"]}, ada)
    assert (first["text"], first["finished"]) == ("started\n", False)
    assert (second["text"], second["finished"]) == ("more\n", True)


async def test_a_job_is_cancelled_by_plan_and_once_ended_no_more(caller: Caller, ada: Principal) -> None:
    job = await _launched(caller, ada)
    digest = (await caller.call("cancel_job", {"job": job}, ada))["digest"]
    assert (await caller.apply(digest, ada))["result"] == {"id": job, "state": "cancelled"}
    with pytest.raises(TargetMoved, match="has ended already: cancelled"):
        await caller.call("cancel_job", {"job": job}, ada)


async def test_a_job_that_ends_before_the_cancel_is_applied_keeps_its_end(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    job = await _launched(caller, ada)
    digest = (await caller.call("cancel_job", {"job": job}, ada))["digest"]
    backend.advance(job, JobState.SUCCEEDED)
    with pytest.raises(TargetMoved, match="succeeded"):
        await caller.apply(digest, ada)
    assert (await caller.call("get_job", {"job": job}, ada))["state"] == "succeeded"


async def test_an_eval_judges_what_the_named_job_trained(
    caller: Caller, backend: FakeJobs, ada: Principal
) -> None:
    job = await _launched(caller, ada)
    with pytest.raises(InvalidArguments, match="is running; name one that trained a model"):
        await caller.call("launch_eval", {"model": job}, ada)
    backend.advance(job, JobState.SUCCEEDED)
    planned = await caller.call("launch_eval", {"model": job}, ada)
    assert planned["plan"]["details"]["spec"]["config"]["model"].endswith(f"jobs/{job}/out")


async def test_without_a_backend_the_actions_say_so(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, ada: Principal
) -> None:
    with pytest.raises(Unavailable, match="runs no jobs"):
        await Caller(actions, ports, state, audit).call("list_jobs", {}, ada)
