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

from tools.action import Action
from tools.errors import ActionError, PlanAlreadyApplied, PlanExpired, TargetMoved
from tools.journal import Journal
from tools.plan import Plan, differences
from tools.policy import Policy, anything_goes
from tools.principal import Principal
from tools.redaction import redacted
from tools.run import Run
from tools.shapes import Input, Output, Started
from tools.state.plans import PlanRow, Plans

Value = TypeVar("Value")


class Applying:
    """Stores plans and applies them; `lifetime` is in seconds, `policy` has the last word before an effect."""

    def __init__(
        self,
        plans: Plans,
        journal: Journal,
        *,
        lifetime: int,
        clock: Callable[[], float],
        policy: Policy = anything_goes,
    ) -> None:
        self._policy = policy
        self._plans = plans
        self._journal = journal
        self._lifetime = lifetime
        self._clock = clock
        self._under_way: dict[tuple[str, str], asyncio.Task[PlanRow]] = {}

    async def plan(self, action: Action[Any, Any], input: Input, run: Run) -> PlanRow:
        """Resolve what `action` would do, and store it."""
        plan = await resolved(action, input, run)
        return await _thread(
            self._plans.add,
            action=action.name,
            version=action.version,
            arguments=input.model_dump(mode="json"),
            plan=plan,
            principal=run.principal.ref,
            now=self._clock(),
            lifetime=self._lifetime,
        )

    async def get(self, digest: str, principal: Principal) -> PlanRow:
        """Raises `PlanMissing`."""
        return await _thread(self._plans.get, digest, principal=principal.ref)

    async def apply(self, row: PlanRow, action: Action[Any, Any], run: Run) -> PlanRow:
        """Bring the plan about, or answer what it came to earlier.

        The effect goes on when the caller is cancelled; a second caller in this process waits for the first.
        """
        key = (run.principal.ref, row.digest)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._applied(row, action, run))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: tuple[str, str], done: "asyncio.Task[PlanRow]") -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # whoever waited has seen it; nobody may be waiting any more

    async def _applied(self, row: PlanRow, action: Action[Any, Any], run: Run) -> PlanRow:
        row = await self.get(row.digest, run.principal)
        if row.status != "planned":
            return settled(row)
        input = await self._still_as_planned(row, action, run)
        self._policy(run.principal, action, row.plan)
        await _thread(
            self._journal.intent,
            run.principal,
            action=row.action,
            digest=row.digest,
            arguments=redacted(row.arguments),
        )
        if not await _thread(self._plans.claim, row.digest, now=self._clock()):
            return settled(await self.get(row.digest, run.principal))
        try:
            output = await action(input, replace(run, plan=row.plan, digest=row.digest))
            result = checked(action, output).model_dump(mode="json")
        except BaseException as error:
            # Without await: a cancelled task may not get to run again.
            self._plans.finish(row.digest, status="failed", now=self._clock(), reason=_told(error))
            raise
        job = output.job if isinstance(output, Started) else None
        await _thread(
            self._plans.finish,
            row.digest,
            status="running" if job else "done",
            now=self._clock(),
            result=result,
            job=job,
        )
        return await self.get(row.digest, run.principal)

    async def _still_as_planned(self, row: PlanRow, action: Action[Any, Any], run: Run) -> Input:
        if self._clock() >= row.expires_at:
            raise PlanExpired(
                f"the plan {row.digest[:12]}… of {row.action} was not applied in time; call {row.action} again "
                "with the same arguments and apply the new digest"
            )
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


def settled(row: PlanRow) -> PlanRow:
    """The row, if its plan is done or running; raises for what left no result."""
    if row.status == "refused":
        raise TargetMoved(_moved(row, row.reason), changes=tuple(row.reason.split("; ")))
    if row.status in {"failed", "lost"}:
        raise PlanAlreadyApplied(
            f"the plan {row.digest[:12]}… of {row.action} was applied before and {row.status}: {row.reason}; "
            f"look at what it left behind, then call {row.action} again for a new plan"
        )
    return row


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
