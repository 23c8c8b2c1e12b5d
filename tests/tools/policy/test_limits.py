"""Limits: calls, jobs and hours of a principal, a team or everybody, each refusal saying when to come back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.conftest import Clock
from tests.tools.policy.conftest import ORGANISATION, RANKING, rulebook
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import LimitReached, NotAllowed, Unavailable
from tools.fakes import FakePorts
from tools.jobs import FakeJobs, JobState
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.moments import moment
from tools.plan import Estimate
from tools.policy.limits import Limits
from tools.policy.meter import Meter
from tools.policy.pace import Pace
from tools.state import State

_SCOPES = frozenset({"jobs:launch", "jobs:read", "docs:read", "catalog:read"})
_ALLOWED = "version: 1\nrules: [{name: all, verdict: allow}]\nlimits:\n"
HOUR = 3_600.0

Build = Callable[..., Caller]


class Costly(JobDesk):
    """A desk whose jobs are all estimated at one CPU-hour and 100 seconds."""

    def estimate(self, recipe: str, *, kind: str, data: object) -> Estimate:
        del recipe, kind, data
        return Estimate(seconds=100, cpu_hours=1.0)


@pytest.fixture
def backend() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def build(
    *,
    actions: Actions,
    ports: FakePorts,
    state: State,
    audit: Audit,
    clock: Clock,
    backend: FakeJobs,
    tmp_path: Path,
) -> Build:
    """`build(limits)` is a caller that allows everything under these limits, in YAML."""

    def built(limits: str) -> Caller:
        policy = rulebook(_ALLOWED + limits)
        desk = Costly(backend, state.jobs, FakeRecipes(), home=tmp_path / "home", clock=clock)
        meter = Meter(
            limits=Limits(
                lambda: policy.source.file.limits,
                ORGANISATION,
                look=desk.look,
                pace=Pace(monotonic=lambda: clock.now),
            )
        )
        return Caller(actions, ports, state, audit, policy=policy, meter=meter, jobs=desk, clock=clock)

    return built


def someone(name: str) -> Principal:
    return Principal(ref=f"user:default/{name}", scopes=_SCOPES, door="rest")


ada, bob = someone("ada"), someone("bob")


async def launch(caller: Caller, principal: Principal, name: str, seed: int = 0) -> str:
    arguments = {"name": name, "model": "item_knn", "seed": seed}
    planned = await caller.call("launch_training", arguments, principal)
    return str((await caller.apply(planned["digest"], principal))["job"])


async def test_a_call_too_many_in_a_minute_is_told_when_to_come_back(
    build: Build, clock: Clock, audit: Audit
) -> None:
    caller = build("  - {name: pace, calls_a_minute: 2}")
    for _ in range(2):
        await caller.call("list_jobs", {}, ada)
        clock.now += 10
    with pytest.raises(
        LimitReached, match="the limit 'pace': 2 calls a minute are used up; come back in 40 s"
    ) as it:
        await caller.call("list_jobs", {}, ada)
    assert it.value.details == {"limit": "pace", "retry_after": 40}
    await caller.call("list_jobs", {}, bob)
    clock.now += 40
    await caller.call("list_jobs", {}, ada)
    assert [entry.body["outcome"] for entry in audit.entries() if entry.body.get("kind") == "call"].count(
        "limit_reached"
    ) == 1


async def test_hours_of_a_day_are_the_estimate_while_a_job_runs_and_the_actual_once_it_has_ended(
    build: Build, backend: FakeJobs, clock: Clock
) -> None:
    caller = build("  - {name: hours, cpu_hours_a_day: 2}")
    first = await launch(caller, ada, "one")
    clock.now += HOUR
    await launch(caller, ada, "two")
    with pytest.raises(LimitReached, match="2 of 2 CPU-hours a day are used up, and this takes 1") as it:
        await launch(caller, ada, "three")
    assert it.value.retry_after == 23 * HOUR
    await launch(caller, bob, "four")

    backend.advance(first, JobState.SUCCEEDED, cpu_seconds=360.0)
    with pytest.raises(LimitReached, match=r"1\.1 of 2 CPU-hours"):
        await launch(caller, ada, "three")
    clock.now += 23 * HOUR
    await launch(caller, ada, "three")


async def test_a_clock_that_jumps_back_refills_nothing(build: Build, clock: Clock) -> None:
    caller = build("  - {name: hours, cpu_hours_a_day: 1}")
    await launch(caller, ada, "one")
    for jump in (-HOUR, -25 * HOUR, -400 * 24 * HOUR):
        clock.now += jump
        with pytest.raises(LimitReached, match="used up"):
            await launch(caller, ada, f"at-{int(clock.now)}")


async def test_what_never_fits_is_refused_for_good(build: Build) -> None:
    caller = build("  - {name: hours, cpu_hours_a_day: 0.5}")
    with pytest.raises(NotAllowed, match=r"estimated at 1 CPU-hours, and the limit 'hours' is 0\.5 a day"):
        await caller.call("launch_training", {"name": "one", "model": "item_knn"}, ada)
    caller = build("  - {name: none, concurrent_jobs: 0}")
    with pytest.raises(NotAllowed, match="the limit 'none' allows no jobs"):
        await caller.call("launch_training", {"name": "one", "model": "item_knn"}, ada)


async def test_jobs_at_once_are_counted_until_they_end(build: Build, backend: FakeJobs, clock: Clock) -> None:
    caller = build("  - {name: few, concurrent_jobs: 1}")
    first = await launch(caller, ada, "one")
    clock.now += 30
    with pytest.raises(LimitReached, match="1 of 1 jobs at once are running; come back in 70 s"):
        await launch(caller, ada, "two")
    clock.now += 48 * HOUR
    with pytest.raises(LimitReached, match="come back in 15 s"):
        await launch(caller, ada, "two")
    backend.advance(first, JobState.SUCCEEDED)
    await launch(caller, ada, "two")


async def test_of_many_at_once_no_more_start_than_may(build: Build, backend: FakeJobs) -> None:
    caller = build("  - {name: few, concurrent_jobs: 3}")
    outcomes = await asyncio.gather(
        *(launch(caller, ada, f"job-{number}", seed=number) for number in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 5
    assert len(backend.submitted) == 3


async def test_a_refused_plan_stays_as_it_is_and_is_applied_later(
    build: Build, backend: FakeJobs, clock: Clock
) -> None:
    caller = build("  - {name: few, concurrent_jobs: 1}")
    first = await launch(caller, ada, "one")
    planned = await caller.call("launch_training", {"name": "two", "model": "item_knn"}, ada)
    with pytest.raises(LimitReached):
        await caller.apply(planned["digest"], ada)
    assert (await caller.planned(planned["digest"], ada))["status"] == "planned"
    backend.advance(first, JobState.SUCCEEDED)
    clock.now += 60
    assert (await caller.apply(planned["digest"], ada))["status"] == "running"


@pytest.mark.parametrize(
    ("limit", "shares"),
    [
        ("{name: l, per: team, concurrent_jobs: 1}", False),
        ("{name: l, per: all, concurrent_jobs: 1}", True),
        ("{name: l, per: all, who: group:ranking, concurrent_jobs: 1}", False),
    ],
)
async def test_a_limit_may_be_for_a_team_or_for_all_together(build: Build, limit: str, shares: bool) -> None:
    """Ada is the only one of her team; Bob is in none."""
    caller = build(f"  - {limit}")
    await launch(caller, ada, "one")
    with pytest.raises(LimitReached):
        await launch(caller, ada, "two")
    if shares:
        with pytest.raises(LimitReached, match="of all together"):
            await launch(caller, bob, "three")
    else:
        await launch(caller, bob, "three")


async def test_a_team_is_told_by_name(build: Build) -> None:
    caller = build("  - {name: l, per: team, cpu_hours_a_day: 1}")
    await launch(caller, ada, "one")
    with pytest.raises(LimitReached, match=f"the limit 'l' of {RANKING}: 1 of 1 CPU-hours"):
        await launch(caller, ada, "two")


async def left(caller: Caller, principal: Principal) -> dict[str, dict[str, Any]]:
    """What `list_limits` tells, by limit and kind."""
    found = await caller.call("list_limits", {}, principal)
    return {f"{line.pop('limit')} {line.pop('kind')}": line for line in found["limits"]}


async def test_what_is_left_is_told_with_whom_it_is_shared_and_when_there_is_more(
    build: Build, backend: FakeJobs, clock: Clock
) -> None:
    caller = build("""
  - {name: own, calls_a_minute: 5, concurrent_jobs: 2, cpu_hours_a_day: 3}
  - {name: ours, per: team, gpu_hours_a_day: 4}
  - {name: all, per: all, concurrent_jobs: 9}
  - {name: programs, who: services, calls_a_minute: 1}
""")
    begun, at = clock.now, moment
    job = await launch(caller, ada, "one")
    clock.now += 30
    told = await left(caller, ada)

    def line(most: float, used: float, whose: str = "you", free: float | None = None) -> dict[str, Any]:
        when = "" if free is None else at(free)
        figures = {"most": most, "used": used, "left": most - used}
        return {"shared_by": whose, **figures, "more_at": when, "all_at": when}

    assert told["own calls_a_minute"] == line(5, 3, free=begun + 60) | {"all_at": at(clock.now + 60)}
    assert told["own concurrent_jobs"] == line(2, 1, free=begun + 100)
    assert told["own cpu_hours_a_day"] == line(3, 1, free=begun + 24 * HOUR)
    assert told["ours gpu_hours_a_day"] == line(4, 0, RANKING)
    assert told["all concurrent_jobs"] == line(9, 1, "all", free=begun + 100)
    assert len(told) == 5

    backend.advance(job, JobState.SUCCEEDED, cpu_seconds=360.0)
    assert (await left(caller, ada))["own cpu_hours_a_day"]["left"] == 2.9
    assert (await left(caller, bob))["own cpu_hours_a_day"] == line(3, 0)


async def test_what_is_told_to_be_left_is_what_is_let_through(build: Build, clock: Clock) -> None:
    caller = build("  - {name: own, cpu_hours_a_day: 2.5}")
    for name in ("one", "two"):
        assert (await left(caller, ada))["own cpu_hours_a_day"]["left"] >= 1
        await launch(caller, ada, name)
    told = (await left(caller, ada))["own cpu_hours_a_day"]
    assert told["left"] == 0.5
    with pytest.raises(LimitReached) as refused:
        await launch(caller, ada, "three")
    assert told["more_at"] == moment(clock.now + refused.value.retry_after)


async def test_where_nothing_is_limited_or_granted_nothing_is_told(caller: Caller) -> None:
    found = await caller.call("list_limits", {}, ada)
    assert found == {"limits": [], "total": 0, "grants": [], "next_offset": None}


def test_the_pace_forgets_who_was_silent_for_longest_and_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.policy.pace._MOST_SUBJECTS", 3)
    pace = Pace(monotonic=lambda: 0.0)
    assert [pace.take(name, 1) for name in "abcd"] == [0, 0, 0, 0]
    assert pace.take("d", 1) == 60
    assert pace.take("a", 1) == 0


class BrokenDirectory:
    """A catalog that cannot be asked."""

    def teams(self, principal: Principal) -> frozenset[str]:
        raise ConnectionError("password=hunter2")

    groups = teams

    def owner(self, text: str, principal: Principal) -> str:
        raise ConnectionError(text)


def test_a_limit_whose_team_cannot_be_told_lets_nothing_through() -> None:
    text = _ALLOWED + "  - {name: team, per: team, calls_a_minute: 9}"
    limits = Limits(lambda: rulebook(text).source.file.limits, BrokenDirectory())
    with pytest.raises(Unavailable, match="since the catalog cannot be asked") as caught:
        limits.count_call(ada)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(NotAllowed, match="CYRILLIC SMALL LETTER A"):
        limits.count_call(someone("аda"))
