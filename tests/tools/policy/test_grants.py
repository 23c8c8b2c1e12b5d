"""Standing grants: an approval in advance, for so many uses of so much, until it ends or is taken back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tests.tools.conftest import Clock
from tests.tools.policy.conftest import ADA, CI, ORGANISATION, asked, rulebook
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import NotAllowed, NotFound
from tools.fakes import FakePorts
from tools.plan import Estimate
from tools.policy import Verdict
from tools.policy.grants import Granted, Grants, GrantTerms
from tools.policy.meter import Meter
from tools.state import State

_POLICY = """
version: 1
rules:
  - {name: never, actions: cancel_job, verdict: deny}
  - {name: team, verdict: ask, approval: {approvers: group:ranking}}
"""
_SCOPES = frozenset({"index:write"})
NIGHTLY = Principal(ref=CI, scopes=_SCOPES, door="rest")


@pytest.fixture
def grants(state: State, clock: Clock) -> Grants:
    return Grants(state, clock=clock)


@pytest.fixture
def policy(grants: Grants, clock: Clock) -> Granted:
    return Granted(rulebook(_POLICY), grants, ORGANISATION, clock=clock)


@pytest.fixture
def caller(
    *,
    actions: Actions,
    ports: FakePorts,
    state: State,
    audit: Audit,
    clock: Clock,
    policy: Granted,
    grants: Grants,
) -> Caller:
    meter = Meter(grants=grants)
    return Caller(actions, ports, state, audit, policy=policy, meter=meter, clock=clock)


Terms = Callable[..., GrantTerms]


@pytest.fixture
def terms(clock: Clock) -> Terms:
    def made(**changes: Any) -> GrantTerms:
        fields = {"who": CI, "action": "refresh_index", "count": 2, "expires_at": clock.now + 3_600}
        return GrantTerms.model_validate(fields | changes)

    return made


async def refreshed(caller: Caller) -> str:
    planned = await caller.call("refresh_index", {}, NIGHTLY)
    return str((await caller.apply(planned["digest"], NIGHTLY))["status"])


async def test_a_grant_lets_unattended_work_run_as_often_as_it_says(
    caller: Caller, grants: Grants, terms: Terms, clock: Clock
) -> None:
    assert await refreshed(caller) == "waiting"
    clock.now += 1_000
    grant = grants.add(terms(), approvers=(ADA,))
    for uses in (1, 2):
        assert await refreshed(caller) == "done"
        assert grants.get(grant.id).used == uses
    assert grants.get(grant.id).state(clock.now) == "used up"
    assert await refreshed(caller) == "waiting"


async def test_the_plan_and_the_audit_name_the_grant(
    caller: Caller, grants: Grants, terms: Terms, audit: Audit
) -> None:
    grant = grants.add(terms(), approvers=(ADA,))
    planned = await caller.call("refresh_index", {}, NIGHTLY)
    assert planned["approval"]["rule"] == f"grant {grant.id}"
    assert planned["approval"]["reason"] == f"{ADA} approved it in advance, use 1 of 2"
    applied = await caller.apply(planned["digest"], NIGHTLY)
    assert applied["receipt"]["rule"] == f"grant {grant.id}"
    assert [entry.body.get("rule") for entry in audit.entries()] == [f"grant {grant.id}"] * 3


async def test_a_revoked_grant_stops_even_what_was_planned_with_it(
    caller: Caller, grants: Grants, terms: Terms, ports: FakePorts
) -> None:
    grant = grants.add(terms(), approvers=(ADA,))
    planned = await caller.call("refresh_index", {}, NIGHTLY)
    assert planned["status"] == "planned"
    revoked = grants.revoke(grant.id, by=ADA)
    assert (revoked.revoked_by, grants.revoke(grant.id, by="user:default/bob")) == (ADA, revoked)
    assert (await caller.apply(planned["digest"], NIGHTLY))["status"] == "waiting"
    assert ports.indexer.refreshed == 0


async def test_of_two_plans_that_count_on_the_last_use_of_a_grant_one_gets_it(
    caller: Caller, grants: Grants, terms: Terms
) -> None:
    grant = grants.add(terms(count=1, who="services"), approvers=(ADA,))
    both = (NIGHTLY, NIGHTLY.model_copy(update={"ref": "service:default/other"}))
    plans = [(await caller.call("refresh_index", {}, each), each) for each in both]
    assert {plan["status"] for plan, _ in plans} == {"planned"}
    answers = await asyncio.gather(
        *(caller.apply(plan["digest"], each) for plan, each in plans), return_exceptions=True
    )
    done = [answer for answer in answers if isinstance(answer, dict) and answer["status"] == "done"]
    assert (len(done), grants.get(grant.id).used) == (1, 1)
    (other,) = (answer for answer in answers if answer not in done)
    assert isinstance(other, NotAllowed) or (isinstance(other, dict) and other["status"] == "waiting")


async def test_who_may_use_a_grant_is_told_what_is_left_of_it(
    caller: Caller, grants: Grants, terms: Terms, clock: Clock
) -> None:
    asking = NIGHTLY.model_copy(update={"scopes": _SCOPES | {"jobs:read"}})
    used = grants.add(terms(cpu_hours=2, arguments={}), approvers=(ADA,))
    await refreshed(caller)
    clock.now += 1
    wide = grants.add(
        terms(who="services", action="promote_model", arguments={"alias": {"one_of": "staging"}}),
        approvers=(ADA,),
    )
    grants.revoke(grants.add(terms(), approvers=(ADA,)).id, by=ADA)
    grants.add(terms(who="service:default/other"), approvers=(ADA,))

    found = await caller.call("list_limits", {"limit": 1}, asking)
    assert (found["total"], found["next_offset"]) == (2, 1)
    (first,) = found["grants"]
    assert (first["id"], first["uses_left"], first["cpu_hours_left"], first["gpu_hours_left"]) == (
        used.id,
        1,
        2.0,
        None,
    )
    (second,) = (await caller.call("list_limits", {"offset": 1}, asking))["grants"]
    assert (second["id"], second["arguments"]) == (wide.id, {"alias": {"one_of": ["staging"]}})
    clock.now += 3_600
    assert (await caller.call("list_limits", {}, asking))["grants"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"who": "service:default/other"},
        {"who": "users"},
        {"action": "launch_training"},
        {"arguments": {"alias": {"one_of": ["canary"]}}},
        {"arguments": {"alias": {"at_most": 3}}},
        {"plan": {"estimate.cpu_hours": {"at_most": 1}}},
        {"cpu_hours": 1.5},
    ],
)
def test_what_a_grant_does_not_name_waits_for_a_person(
    policy: Granted, grants: Grants, terms: Terms, changes: dict[str, Any]
) -> None:
    wanted = asked("promote_model", {"alias": "staging"}, who=CI, cpu_hours=2.0)
    base = {"action": "promote_model", "arguments": {"alias": {"one_of": ["staging"]}}, "cpu_hours": 2}
    grants.add(terms(**base | changes), approvers=(ADA,))
    assert policy.decide(wanted).verdict is Verdict.ASK
    grants.add(terms(**base), approvers=(ADA,))
    assert policy.decide(wanted).verdict is Verdict.ALLOW


def test_a_grant_counts_only_as_far_as_who_gave_it_may_approve(
    policy: Granted, grants: Grants, terms: Terms
) -> None:
    grants.add(terms(who="everyone"), approvers=("user:default/bob",))
    grants.add(terms(who="everyone"), approvers=(CI,))
    assert policy.decide(asked("refresh_index", who=CI)).verdict is Verdict.ASK
    grants.add(terms(who="everyone"), approvers=(ADA,))
    assert policy.decide(asked("refresh_index", who=CI)).verdict is Verdict.ALLOW


def test_a_grant_of_one_is_not_two_people_and_nobody_grants_to_themselves_under_four_eyes(
    grants: Grants, terms: Terms, clock: Clock
) -> None:
    text = "version: 1\nrules: [{name: r, verdict: ask, approval: {approvers: users, count: %d, four_eyes: true}}]"
    two, one = (Granted(rulebook(text % n), grants, ORGANISATION, clock=clock) for n in (2, 1))
    grants.add(terms(who="everyone"), approvers=(ADA,))
    assert two.decide(asked("refresh_index", who=CI)).verdict is Verdict.ASK
    assert one.decide(asked("refresh_index", who=ADA)).verdict is Verdict.ASK
    assert one.decide(asked("refresh_index", who=CI)).verdict is Verdict.ALLOW
    grants.add(terms(who="everyone"), approvers=(ADA, "user:default/bob"))
    assert two.decide(asked("refresh_index", who=CI)).verdict is Verdict.ALLOW


def test_no_grant_allows_what_the_policy_denies(policy: Granted, grants: Grants, terms: Terms) -> None:
    grants.add(terms(action="cancel_job"), approvers=(ADA,))
    assert policy.decide(asked("cancel_job", who=CI)).rule == "never"


def test_one_tier_more_than_a_grant_is_what_the_rule_asked_and_one_more(
    policy: Granted, grants: Grants, terms: Terms
) -> None:
    grants.add(terms(), approvers=(ADA,))
    more = policy.decide(asked("refresh_index", who=CI)).one_tier_more("it rests on text nobody vouches for")
    assert (more.verdict, more.grant) == (Verdict.ASK, "")
    assert str(more.approval) == "2 approvals of group:default/ranking, other than whoever planned it"


def test_a_clock_that_jumps_back_opens_no_grant_and_refills_none(
    state: State, grants: Grants, terms: Terms, clock: Clock
) -> None:
    grant = grants.add(terms(count=1, cpu_hours=1), approvers=(ADA,))
    assert grant.lacks(Estimate(cpu_hours=1.1), clock.now) == "too little of its 1 CPU-hours is left"
    assert grant.lacks(Estimate(cpu_hours=1), clock.now) == ""
    for jump in (-3_600, 3_600, -400 * 86_400):
        assert grant.state(clock.now + jump) == "expired"
    with state.write() as connection, pytest.raises(NotAllowed, match="any more: it is expired"):
        grants.use(connection, grant.id, "a" * 64, Estimate(), now=clock.now + 3_600)


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 0},
        {"who": "service:default/ｃi"},
        {"arguments": {"a": {}}},
        {"plan": {"cost": {"at_most": 1}}},
        {"expires_at": float("inf")},
        {"secret": "x"},
    ],
)
def test_terms_that_say_nothing_clear_are_refused(terms: Terms, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        terms(**changes)


def test_grants_are_listed_newest_first_and_an_unknown_one_is_not_found(
    grants: Grants, terms: Terms, clock: Clock
) -> None:
    first = grants.add(terms(note="nightly"), approvers=(ADA,))
    clock.now += 1
    second = grants.add(terms(), approvers=(ADA,))
    assert [grant.id for grant in grants.list()] == [second.id, first.id]
    assert grants.get(first.id).terms.note == "nightly"
    for unknown in (grants.get, lambda id: grants.revoke(id, by=ADA)):
        with pytest.raises(NotFound, match="no grant 'nope'"):
            unknown("nope")


def test_grants_that_cannot_be_read_leave_the_plan_waiting(
    policy: Granted, grants: Grants, terms: Terms, state: State
) -> None:
    grants.add(terms(), approvers=(ADA,))
    with state.write() as connection:
        connection.exec_driver_sql("UPDATE grants SET conditions = '{'")
    assert policy.decide(asked("refresh_index", who=CI)).verdict is Verdict.ASK
