"""Plan first, then apply by digest: how an action with an effect happens, and that it happens once.

Before an effect there are, in this order and each durable: the intent in the audit, and the claim of the
plan in the state. After it: the outcome in the state, and the outcome in the audit. A process that dies in
between leaves a claimed plan, which the next one reports as lost and does not run again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
from sqlalchemy import Connection

from tools.action import WHOLE, Action
from tools.audit import Entry
from tools.authority import Authority
from tools.errors import (
    ActionError,
    PlanAlreadyApplied,
    PlanExpired,
    PlanRejected,
    TargetMoved,
)
from tools.journal import Journal, refs_of
from tools.lifetimes import Lifetimes
from tools.moments import moment
from tools.plan import Plan, Receipt, differences
from tools.policy.decision import Asked, Decision, Policy, Verdict
from tools.policy.meter import Meter
from tools.policy.refusing import refusal
from tools.principal import Principal
from tools.run import Run
from tools.shapes import Input, Output, Started
from tools.state.approvals import ApprovalsMissing, use
from tools.state.plan_row import PlanRow, needed
from tools.state.plans import Plans, Provided
from tools.state.playbooks import begin
from tools.undoing import IRREVERSIBLE

Value = TypeVar("Value")


class Applying:
    """Stores plans and applies them; `policy` is asked when planning, and has the last word before an effect.

    `meter` counts in the transaction that claims a plan; `waiting` is told of each new plan that waits for approval.
    """

    def __init__(
        self,
        plans: Plans,
        journal: Journal,
        *,
        lifetimes: Lifetimes,
        clock: Callable[[], float],
        policy: Policy,
        meter: Meter | None = None,
        waiting: Callable[[PlanRow], None] | None = None,
    ) -> None:
        self._policy = policy
        self._meter = meter or Meter()
        self._waiting = waiting
        self._plans = plans
        self._journal = journal
        self._lifetimes = lifetimes
        self._clock = clock
        self._under_way: dict[tuple[str, str], asyncio.Task[PlanRow]] = {}

    async def plan(
        self,
        action: Action[Any, Any],
        input: Input,
        run: Run,
        *,
        cautions: tuple[str, ...] = (),
        authority: Authority | None = None,
    ) -> PlanRow:
        """Resolve what `action` would do, ask the policy, and store both. Raises `NotAllowed` where it denies.

        `authority` is what people approved before, of which this is a part.
        """
        plan = (await resolved(action, input, run)).model_copy(update={"cautions": cautions})
        arguments = input.model_dump(mode="json")
        asked = Asked(run.principal, action.name, action.effect, arguments, plan)
        decision = await _thread(self._allowed, asked, authority)
        await _thread(self._meter.refuse_what_never_fits, asked)
        now = self._clock()
        row = await _thread(
            self._plans.add,
            action=action.name,
            version=action.version,
            arguments=arguments,
            plan=plan,
            principal=run.principal.ref,
            decision=decision,
            now=now,
            lifetime=self._lifetimes.of(decision),
        )
        if self._waiting is not None and row.created_at == now and row.as_of(now).status == "waiting":
            self._waiting(row)
        return row

    async def get(self, digest: str, principal: Principal) -> PlanRow:
        """Raises `PlanMissing`."""
        return await _thread(self._plans.get, digest, principal=principal.ref)

    async def apply(
        self, row: PlanRow, action: Action[Any, Any], run: Run, *, authority: Authority | None = None
    ) -> PlanRow:
        """Bring the plan about, or answer what it came to earlier.

        The effect goes on when the caller is cancelled; a second caller in this process waits for the first.
        """
        key = (run.principal.ref, row.digest)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._applied(row, action, run, authority))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: tuple[str, str], done: "asyncio.Task[PlanRow]") -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # whoever waited has seen it; nobody may be waiting any more

    async def _applied(
        self, row: PlanRow, action: Action[Any, Any], run: Run, authority: Authority | None
    ) -> PlanRow:
        row = await self.get(row.digest, run.principal)
        if row.status != "planned":
            return settled(row)
        input = await self._still_as_planned(row, action, run)
        asked = Asked(run.principal, action.name, action.effect, row.arguments, row.plan)
        decision, among = await self._decided(row, asked, authority)
        row = replace(row, decision=decision)
        if len(among) < _count(row):
            # An approval of somebody who may not give it any more is not shown as one.
            counted = tuple(given for given in row.approvals if given.approver in among)
            return replace(row, approvals=counted)
        await _thread(self._meter.prepare, asked)
        is_whole = action.name == WHOLE
        entry = await _thread(
            self._journal.intent,
            run.principal,
            action=row.action,
            digest=row.digest,
            arguments=row.arguments,
            targets=refs_of(row.plan),
            rule=decision.rule,
            approved_by=sorted(among),
            **(authority.facts if authority else {}),
        )
        try:
            claimed = await _thread(
                self._plans.claim,
                row.digest,
                now=self._clock(),
                receipt=_receipt(row, now=self._clock(), entry=entry, among=among) if is_whole else None,
                provided=self._provided(row, asked, among, authority),
                begun=_begun(row, run) if is_whole else None,
            )
        except ApprovalsMissing:  # one of them ended or was withdrawn a moment ago
            return await self.get(row.digest, run.principal)
        if not claimed:
            return settled(await self.get(row.digest, run.principal))
        if is_whole:  # it goes on by itself from here, and its last step ends it
            await action(input, replace(run, plan=row.plan, digest=row.digest))
            return await self.get(row.digest, run.principal)
        return await self._effected(row, action, input, run, entry=entry, among=among)

    async def again(self, row: PlanRow, action: Action[Any, Any], run: Run, authority: Authority) -> PlanRow:
        """Carry out once more what got lost in the middle of its effect; `action` has to be repeatable.

        Raises what the action raises, and what `authority` does.
        """
        entry = await _thread(
            self._journal.intent,
            run.principal,
            action=row.action,
            digest=row.digest,
            arguments=row.arguments,
            targets=refs_of(row.plan),
            repeated=True,
            **authority.facts,
        )
        if not await _thread(self._plans.claim_again, row.digest, provided=authority.held):
            return await self.get(row.digest, run.principal)
        input = action.input.model_validate(row.arguments)
        run = replace(run, repeated=True)
        return await self._effected(row, action, input, run, entry=entry, among=authority.approvers)

    async def _effected(
        self,
        row: PlanRow,
        action: Action[Any, Any],
        input: Input,
        run: Run,
        *,
        entry: Entry,
        among: tuple[str, ...],
    ) -> PlanRow:
        try:
            output = await action(input, replace(run, plan=row.plan, digest=row.digest))
            result = checked(action, output).model_dump(mode="json")
        except BaseException as error:
            # Without await: a cancelled task may not get to run again.
            self._plans.finish(row.digest, status="failed", now=self._clock(), reason=_told(error))
            raise
        job = output.job if isinstance(output, Started) else None
        now = self._clock()
        await _thread(
            self._plans.finish,
            row.digest,
            status="running" if job else "done",
            now=now,
            result=result,
            job=job,
            receipt=_receipt(
                row,
                now=now,
                entry=entry,
                among=among,
                undo=f"undo_plan {row.digest}" if action.undoer else "",
            ),
        )
        return await self.get(row.digest, run.principal)

    def _allowed(self, asked: Asked, authority: Authority | None) -> Decision:
        decision = undenied(asked, self._policy.decide(asked))
        return decision if authority is None else authority.covers(asked, decision, self._policy)

    async def _decided(
        self, row: PlanRow, asked: Asked, authority: Authority | None
    ) -> tuple[Decision, tuple[str, ...]]:
        """The stricter of what the policy said and says now, and whose approvals count by it."""
        if authority is not None:
            return await _thread(self._allowed, asked, authority), authority.approvers
        decision = undenied(asked, await _thread(self._policy.decide, asked))
        if row.decision is not None and (decision := row.decision.stricter(decision)) != row.decision:
            await _thread(self._plans.tighten, row.digest, decision)
        if decision.approval is None:
            return decision, ()
        among = []
        for ref in row.approved_by(self._clock()):
            approver = Principal(ref=ref, door=asked.principal.door)
            if not await _thread(self._policy.may_approve, approver, asked, decision):
                among.append(ref)
        return decision, tuple(among)

    def _provided(
        self, row: PlanRow, asked: Asked, among: tuple[str, ...], authority: Authority | None
    ) -> Provided:
        """Uses up approvals, grants and limits in the transaction that claims the plan."""
        decision = row.decision
        assert decision is not None  # noqa: S101 - the caller has just decided

        def provide(connection: Connection) -> None:
            now = self._clock()  # resolving it again and waiting for the lock may have taken long
            if not row.is_open(now):
                raise _expired(row)
            if authority is not None:
                authority.held(connection)
            if count := _count(row):
                use(connection, row.digest, count=count, among=among, now=now)
            whole = asked.action == WHOLE
            self._meter.charge(connection, asked, decision, row.digest, now=now, whole=whole)

        return provide

    async def _still_as_planned(self, row: PlanRow, action: Action[Any, Any], run: Run) -> Input:
        if not row.is_open(self._clock()):
            raise _expired(row)
        if action.version != row.version:
            await self._refuse(row, (f"action:{row.action}: was {row.version}, is now {action.version}",))
        input: Input = action.input.model_validate(row.arguments)
        if moved := differences(row.plan, await resolved(action, input, run)):
            await self._refuse(row, moved)
        return input

    async def _refuse(self, row: PlanRow, moved: tuple[str, ...]) -> None:
        reason = "; ".join(moved)[:4000]
        await _thread(self._plans.claim, row.digest, now=self._clock(), status="refused", reason=reason)
        raise TargetMoved(_moved(row, reason), changes=moved)


async def resolved(action: Action[Any, Any], input: Input, run: Run) -> Plan:
    """What the action's plan step makes of the input now."""
    if action.planner is None:
        raise TypeError(f"{action.name} has no plan step")
    return await action.planner(input, run)


def checked(action: Action[Any, Any], output: Any) -> Output:
    """The output, if it is what the action declared; `TypeError` otherwise."""
    if not isinstance(output, action.output):
        raise TypeError(f"{action.name} answered {type(output).__name__}, not {action.output.__name__}")
    made: Output = output
    return made


def undenied(asked: Asked, decision: Decision) -> Decision:
    """The decision, unless it denies: raises `refusal`."""
    if decision.verdict is Verdict.DENY:
        raise refusal(asked, decision)
    return decision


def settled(row: PlanRow) -> PlanRow:
    """The row, if its plan is done or running; raises for what left no result."""
    if row.status == "rejected":
        raise PlanRejected(
            f"the plan {row.digest[:12]}… of {row.action} was rejected: {row.reason}; that is final"
        )
    if row.status == "refused":
        raise TargetMoved(_moved(row, row.reason), changes=tuple(row.reason.split("; ")))
    if row.status in {"failed", "lost"}:
        raise PlanAlreadyApplied(
            f"the plan {row.digest[:12]}… of {row.action} was applied before and {row.status}: {row.reason}; "
            f"look at what it left behind, then call {row.action} again for a new plan"
        )
    return row


def _begun(row: PlanRow, run: Run) -> Provided:
    """Stores that a playbook goes on by itself from here, in whichever process takes it up."""

    def begun(connection: Connection) -> None:
        begin(connection, row.digest, run.principal.model_dump_json())

    return begun


def _count(row: PlanRow) -> int:
    approval = None if row.decision is None else row.decision.approval
    return 0 if approval is None else needed(approval, row.principal)


def _receipt(row: PlanRow, *, now: float, entry: Entry, among: tuple[str, ...], undo: str = "") -> Receipt:
    return Receipt(
        what=row.plan.summary or row.action,
        action=row.action,
        digest=row.digest,
        at=moment(now),
        by=row.principal,
        approved_by=among,
        rule="" if row.decision is None else row.decision.rule,
        audit=f"{entry.number}:{entry.hash}",
        undo=undo or ("reversible" if row.plan.reversible else IRREVERSIBLE),
    )


def _expired(row: PlanRow) -> PlanExpired:
    return PlanExpired(
        f"the plan {row.digest[:12]}… of {row.action} was not applied in time; call {row.action} again "
        "with the same arguments and apply the new digest"
    )


def _moved(row: PlanRow, reason: str) -> str:
    return (
        f"{row.action} was not applied, what it was planned for has changed: {reason}. "
        f"Call {row.action} again to plan with things as they are now"
    )


def _told(error: BaseException) -> str:
    return (
        str(error)[:1000] if isinstance(error, ActionError) else f"it broke off with {type(error).__name__}"
    )


async def _thread(work: Callable[..., Value], *arguments: Any, **options: Any) -> Value:
    return await anyio.to_thread.run_sync(partial(work, *arguments, **options))
