"""Approvals: bound to the digest, by who may, in time, used up once, and counted where the plan is claimed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from tests.tools.conftest import ALL_SCOPES, Clock
from tools import Actions, Principal
from tools.approver import Approver, Means
from tools.audit import Audit
from tools.call import Caller
from tools.errors import (
    InvalidArguments,
    MayNotDecide,
    NotAllowed,
    PlanAlreadyApplied,
    PlanExpired,
    PlanMissing,
    PlanRejected,
    TargetMoved,
    Unavailable,
)
from tools.fakes import FakePorts
from tools.policy import Approval, Asked, Decision, Verdict
from tools.state import State
from tools.state.approvals import ApprovalRow

ONE = Decision(Verdict.ASK, "effects ask", "effects wait for a person", Approval(("user:default/eve",)))


@dataclass
class Rule:
    """A policy that says what the test wants, and knows its approvers by name."""

    about_reads: ClassVar[bool] = False
    decision: Decision = ONE
    approvers: set[str] = field(default_factory=lambda: {"user:default/eve"})

    def decide(self, asked: Asked) -> Decision:
        return self.decision

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        return "" if approver.ref in self.approvers else f"{approver.ref} is no approver"


def approver(name: str) -> Approver:
    return Approver(Principal(ref=f"user:default/{name}", door="cli"), Means.TERMINAL)


EVE, MAX = approver("eve"), approver("max")


@pytest.fixture
def rule() -> Rule:
    return Rule()


@pytest.fixture
def caller(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, clock: Clock, rule: Rule
) -> Caller:
    return Caller(actions, ports, state, audit, clock=clock, policy=rule)


async def planned(caller: Caller, principal: Principal) -> str:
    return str((await caller.call("refresh_index", {}, principal))["digest"])


async def test_a_plan_waits_is_approved_and_applied_once(
    caller: Caller, ports: FakePorts, ada: Principal, audit: Audit
) -> None:
    waiting = await caller.call("refresh_index", {}, ada)
    digest = waiting["digest"]
    assert (waiting["status"], waiting["approval"]["who"]) == ("waiting", "1 approval of user:default/eve")
    assert (await caller.apply(digest, ada))["status"] == "waiting"
    assert ports.indexer.refreshed == 0

    assert [plan["digest"] for plan in await caller.waiting_for(EVE)] == [digest]
    approved = await caller.approve(digest, EVE)
    assert (approved["status"], approved["approval"]["missing"]) == ("approved", 0)
    assert await caller.waiting_for(EVE) == ()
    assert ports.indexer.refreshed == 0

    done = await caller.apply(digest, ada)
    assert done["status"] == "done"
    assert await caller.apply(digest, ada) == done
    assert ports.indexer.refreshed == 1
    kinds = [(entry.body["kind"], entry.body.get("outcome", "")) for entry in audit.entries()]
    assert kinds == [
        ("call", "waiting"),
        ("apply", "waiting"),
        ("intent", ""),
        ("approve", "approved"),
        ("intent", ""),
        ("apply", "done"),
        ("apply", "done"),
    ]
    decided = [
        row.body["on_behalf_of"] for row in audit.entries() if row.body["principal"] == EVE.principal.ref
    ]
    assert decided == [ada.ref, ada.ref]


async def test_the_receipt_says_what_was_done_by_whom_and_where_it_is_recorded(
    caller: Caller, ada: Principal, audit: Audit
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    receipt = (await caller.apply(digest, ada))["receipt"]
    number, _, found = receipt["audit"].partition(":")
    entry = audit.entries()[int(number) - 1]
    assert (entry.hash, entry.body["kind"], entry.body["digest"]) == (found, "intent", digest)
    assert (receipt["by"], receipt["approved_by"]) == (ada.ref, ["user:default/eve"])
    assert (receipt["digest"], receipt["rule"], receipt["undo"]) == (
        digest,
        "effects ask",
        f"undo_plan {digest}",
    )
    assert (await caller.planned(digest, ada))["receipt"] == receipt


async def test_what_the_policy_allows_is_applied_at_once(
    caller: Caller, rule: Rule, ada: Principal, ports: FakePorts
) -> None:
    rule.decision = Decision(Verdict.ALLOW, "small", "it is small")
    digest = await planned(caller, ada)
    with pytest.raises(InvalidArguments, match="waits for no approval"):
        await caller.approve(digest, EVE, seen_by=ada)
    assert (await caller.apply(digest, ada))["receipt"]["approved_by"] == []
    assert ports.indexer.refreshed == 1


async def test_what_the_policy_denies_is_not_even_planned(
    caller: Caller, rule: Rule, ada: Principal, state: State
) -> None:
    rule.decision = Decision(Verdict.DENY, "frozen", "the index is frozen in December")
    with pytest.raises(
        NotAllowed, match="refresh_index is refused by the rule 'frozen': the index is frozen"
    ):
        await planned(caller, ada)
    assert state.plans.list(principal=None) == ()


async def test_a_policy_that_became_stricter_counts_when_applying(
    caller: Caller, rule: Rule, ada: Principal, ports: FakePorts
) -> None:
    rule.decision = Decision(Verdict.ALLOW, "small", "it is small")
    digest = await planned(caller, ada)
    rule.decision = ONE
    assert (await caller.apply(digest, ada))["status"] == "waiting"
    assert (await caller.planned(digest, ada))["approval"]["rule"] == "effects ask"
    rule.decision = Decision(Verdict.DENY, "frozen", "no")
    await caller.approve(digest, EVE)
    with pytest.raises(NotAllowed, match="'frozen'"):
        await caller.apply(digest, ada)
    assert ports.indexer.refreshed == 0


async def test_a_policy_that_became_milder_does_not_release_a_waiting_plan(
    caller: Caller, rule: Rule, ada: Principal
) -> None:
    digest = await planned(caller, ada)
    rule.decision = Decision(Verdict.ALLOW, "small", "it is small")
    assert (await caller.apply(digest, ada))["status"] == "waiting"
    assert await planned(caller, ada) != digest


async def test_an_approval_of_one_plan_does_nothing_for_another(
    caller: Caller, ada: Principal, bob: Principal, ports: FakePorts
) -> None:
    approved, other = await planned(caller, ada), await planned(caller, bob)
    await caller.approve(approved, EVE)
    assert (await caller.apply(other, bob))["status"] == "waiting"
    with pytest.raises(PlanMissing):
        await caller.apply(approved, bob)
    assert ports.indexer.refreshed == 0


async def test_an_approval_that_was_used_does_not_count_for_the_next_plan(
    caller: Caller, ada: Principal, ports: FakePorts
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    await caller.apply(digest, ada)
    with pytest.raises(PlanAlreadyApplied, match="is done already"):
        await caller.approve(digest, EVE)
    assert (await caller.apply(await planned(caller, ada), ada))["status"] == "waiting"
    assert ports.indexer.refreshed == 1


async def test_nobody_else_sees_or_decides_on_a_plan(caller: Caller, ada: Principal, bob: Principal) -> None:
    digest = await planned(caller, ada)
    for attempt in (caller.approve(digest, MAX), caller.reject(digest, MAX), caller.reject(digest, bob)):
        with pytest.raises(PlanMissing):
            await attempt
    for seen in (caller.planned(digest, bob), caller.planned(digest, bob, approver=MAX)):
        with pytest.raises(PlanMissing):
            await seen
    assert (await caller.planned(digest, bob, approver=EVE))["status"] == "waiting"
    assert await caller.waiting_for(MAX) == ()


async def test_a_digest_nobody_planned_cannot_be_approved(caller: Caller) -> None:
    with pytest.raises(PlanMissing):
        await caller.approve("0" * 64, EVE)


async def test_an_approver_who_may_no_more_does_not_count(
    caller: Caller, rule: Rule, ada: Principal, ports: FakePorts
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    rule.approvers.clear()
    answered = await caller.apply(digest, ada)
    assert (answered["status"], answered["approval"]["missing"]) == ("waiting", 1)
    assert ports.indexer.refreshed == 0


async def test_an_approver_who_was_removed_does_not_count(
    caller: Caller, state: State, clock: Clock, ada: Principal
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    assert state.approvals.withdraw(EVE.principal.ref, now=clock.now) == 1
    assert (await caller.apply(digest, ada))["status"] == "waiting"


async def test_two_approvals_take_two_people(
    caller: Caller, rule: Rule, ada: Principal, ports: FakePorts
) -> None:
    rule.decision = replace(ONE, approval=Approval(("everyone",), count=2))
    rule.approvers.add("user:default/max")
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    assert (await caller.approve(digest, EVE))["approval"]["missing"] == 1
    assert (await caller.apply(digest, ada))["status"] == "waiting"
    assert (await caller.approve(digest, MAX))["status"] == "approved"
    done = await caller.apply(digest, ada)
    assert done["receipt"]["approved_by"] == ["user:default/eve", "user:default/max"]
    assert ports.indexer.refreshed == 1


async def test_with_four_eyes_nobody_approves_their_own_plan(caller: Caller, rule: Rule) -> None:
    rule.decision = replace(ONE, approval=Approval(("everyone",), four_eyes=True))
    rule.approvers.add("user:default/max")
    own = Principal(ref=EVE.principal.ref, scopes=ALL_SCOPES)
    digest = await planned(caller, own)
    assert await caller.waiting_for(EVE) == ()
    with pytest.raises(MayNotDecide, match="whoever planned it may not"):
        await caller.approve(digest, EVE, seen_by=own)
    await caller.approve(digest, MAX)
    assert (await caller.apply(digest, own))["status"] == "done"


async def test_without_four_eyes_ones_own_plan_may_be_approved(caller: Caller) -> None:
    own = Principal(ref=EVE.principal.ref, scopes=ALL_SCOPES)
    digest = await planned(caller, own)
    await caller.approve(digest, EVE)
    assert (await caller.apply(digest, own))["status"] == "done"


async def test_four_eyes_on_a_plan_of_whoever_sits_here_take_two_people(caller: Caller, rule: Rule) -> None:
    rule.decision = replace(ONE, approval=Approval(("everyone",), four_eyes=True))
    rule.approvers.add("user:default/max")
    local = Principal(ref="user:default/local", scopes=ALL_SCOPES)
    digest = await planned(caller, local)
    assert (await caller.approve(digest, EVE))["status"] == "waiting"
    assert (await caller.apply(digest, local))["status"] == "waiting"
    await caller.approve(digest, MAX)
    assert (await caller.apply(digest, local))["status"] == "done"


@pytest.mark.parametrize("who", ["planner", "approver"])
async def test_a_rejection_is_final(
    caller: Caller, ada: Principal, ports: FakePorts, audit: Audit, who: str
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    rejected = await caller.reject(digest, ada if who == "planner" else EVE, reason="not\nbefore the launch")
    assert (rejected["status"], "not before the launch" in rejected["reason"]) == ("rejected", True)
    for attempt in (caller.apply(digest, ada), caller.approve(digest, EVE), caller.reject(digest, ada)):
        with pytest.raises(PlanRejected, match="final"):
            await attempt
    assert ("reject", "rejected") in [
        (entry.body["kind"], entry.body.get("outcome")) for entry in audit.entries()
    ]
    assert ports.indexer.refreshed == 0
    assert await planned(caller, ada) != digest


async def test_what_is_done_cannot_be_rejected(caller: Caller, ada: Principal) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    await caller.apply(digest, ada)
    with pytest.raises(PlanAlreadyApplied):
        await caller.reject(digest, ada)


async def test_a_moved_target_is_refused_whatever_was_approved(
    caller: Caller, ada: Principal, ports: FakePorts
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    ports.indexer.revision = "git:bbb"
    with pytest.raises(TargetMoved, match="git:bbb"):
        await caller.apply(digest, ada)
    assert ports.indexer.refreshed == 0


async def test_an_approval_ends_before_its_plan(caller: Caller, ada: Principal, clock: Clock) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    clock.now += 3600
    assert (await caller.apply(digest, ada))["status"] == "waiting"
    assert (await caller.approve(digest, EVE))["status"] == "approved"
    clock.now += 24 * 3600
    for attempt in (caller.apply(digest, ada), caller.approve(digest, EVE), caller.reject(digest, EVE)):
        with pytest.raises(PlanExpired):
            await attempt


@pytest.mark.parametrize("jump", [-3600.0, -(10.0**9), 10.0**9])
async def test_a_clock_that_jumps_lets_nothing_through(
    caller: Caller, ada: Principal, ports: FakePorts, clock: Clock, jump: float
) -> None:
    digest = await planned(caller, ada)
    await caller.approve(digest, EVE)
    clock.now += jump
    with pytest.raises(PlanExpired):
        await caller.apply(digest, ada)
    assert (await caller.planned(digest, ada))["status"] == "expired"
    assert ports.indexer.refreshed == 0


async def test_an_approval_from_a_time_to_come_does_not_count(
    caller: Caller, ada: Principal, clock: Clock
) -> None:
    digest = await planned(caller, ada)
    clock.now += 1800
    await caller.approve(digest, EVE)
    clock.now -= 1700
    assert (await caller.apply(digest, ada))["status"] == "waiting"


async def test_a_forged_row_of_nobody_who_may_is_not_counted(
    caller: Caller, ada: Principal, state: State, clock: Clock
) -> None:
    digest = await planned(caller, ada)
    forged = ApprovalRow(digest, "user:default/mallory", "approved", "terminal", clock.now, clock.now + 60)
    assert state.approvals.give(forged)
    assert (await caller.apply(digest, ada))["status"] == "waiting"


async def test_two_approvers_and_two_applies_at_once_give_one_effect(
    caller: Caller, rule: Rule, ada: Principal, ports: FakePorts
) -> None:
    rule.decision = replace(ONE, approval=Approval(("everyone",), count=2))
    rule.approvers.add("user:default/max")
    digest = await planned(caller, ada)
    await asyncio.gather(*(caller.approve(digest, each) for each in (EVE, MAX, EVE, MAX)))
    answers = await asyncio.gather(*(caller.apply(digest, ada) for _ in range(4)))
    assert {answer["status"] for answer in answers} == {"done"}
    assert ports.indexer.refreshed == 1


def test_a_plan_is_either_rejected_or_claimed(state: State, clock: Clock) -> None:
    from tools import Plan

    row = state.plans.add(
        action="refresh_index",
        version="1",
        arguments={},
        plan=Plan(summary="x"),
        principal="user:default/ada",
        decision=ONE,
        now=clock.now,
        lifetime=900,
    )
    claims: list[Callable[[], bool]] = [
        lambda: state.plans.claim(row.digest, now=clock.now),
        lambda: state.plans.claim(row.digest, now=clock.now, status="rejected"),
    ] * 4
    with ThreadPoolExecutor(8) as pool:
        assert [made.result() for made in [pool.submit(claim) for claim in claims]].count(True) == 1


async def test_without_a_record_nothing_is_approved(
    caller: Caller, ada: Principal, audit: Audit, state: State
) -> None:
    digest = await planned(caller, ada)
    audit.close()
    with pytest.raises(Unavailable, match="recorded first"):
        await caller.approve(digest, EVE)
    assert state.plans.get(digest, principal=None).approvals == ()
