"""Carries out playbooks that were begun, step by step, in whichever process holds them.

Each step goes the ordinary way: planned, claimed, done, recorded, with the approval of the whole as its authority. How
far a playbook has come is in the state and nowhere else, so a process that takes one up goes on where it stands. An
effect that got lost with its process is carried out again only where its action says that this is safe.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection

from tools.applying import Applying
from tools.arguments import validated
from tools.authority import Authority
from tools.catalogue import Actions
from tools.effect import Effect
from tools.errors import ActionError, LimitReached, PlaybookStopped, TargetMoved
from tools.jobs.desk import JobDesk
from tools.journal import Journal, refs_of
from tools.plan import differences
from tools.playbooks.deciding import steps_of
from tools.playbooks.desk import progress_of
from tools.playbooks.references import Reference, at, references
from tools.playbooks.steps import PlannedStep, missed, with_results
from tools.principal import Principal
from tools.run import Run
from tools.state.plan_row import PlanRow
from tools.state.plans import Plans
from tools.state.playbooks import PlaybookRuns, Progress, StepRow, held_for

_LOG = logging.getLogger(__name__)
_PAUSE = 0.5  # seconds between two looks at a job
_IDLE = 2.0  # seconds between two looks for playbooks that another process began or left
_LOOKS = 240  # looks at a read whose answer is still empty where a later step needs it
_MOST_PAUSE = 60.0  # seconds until a limit is tried again
Value = TypeVar("Value")
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Whole:
    """A playbook that is being carried out, as it was approved."""

    row: PlanRow
    principal: Principal
    steps: tuple[PlannedStep, ...]
    progress: Progress

    @property
    def digest(self) -> str:
        return self.row.digest

    @property
    def name(self) -> str:
        return f"the playbook {self.progress.playbook} ({self.digest[:12]}…)"

    @property
    def budget(self) -> Mapping[str, float]:
        found: Mapping[str, float] = self.row.plan.details["budget"]
        return found

    def authority(self, step: PlannedStep, planned: str = "") -> Authority:
        """The approvals of the whole, for one of its steps."""

        def held(connection: Connection) -> None:
            held_for(connection, self.digest, step.id, planned)

        receipt = self.row.receipt
        return Authority(
            self.name,
            {"playbook": self.digest, "step": step.id},
            receipt.approved_by if receipt else (),
            held,
        )


class Runner:
    """Drives begun playbooks. `call` and `run_for` are the caller's own; `pause` waits some seconds."""

    def __init__(
        self,
        *,
        runs: PlaybookRuns,
        plans: Plans,
        applying: Applying,
        journal: Journal,
        actions: Actions,
        jobs: JobDesk | None,
        call: Callable[[str, Mapping[str, Any], Principal], Awaitable[dict[str, Any]]],
        run_for: Callable[[Principal], Run],
        guard: Callable[[str], Any],
        clock: Callable[[], float],
        pause: Pause = anyio.sleep,
    ) -> None:
        self._runs = runs
        self._plans = plans
        self._applying = applying
        self._journal = journal
        self._actions = actions
        self._jobs = jobs
        self._call = call
        self._run_for = run_for
        self._guard = guard
        self._clock = clock
        self.pause = pause
        self._driving: set[str] = set()
        self._stopping = False
        self._woken = asyncio.Event()

    async def serve(self) -> None:
        """Take up whatever goes on and nobody holds, until `stop` is called; looks now and then, or when woken."""
        driving: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping:
                self._woken.clear()
                for digest in await _thread(self._runs.free):
                    if digest not in self._driving:
                        task = asyncio.create_task(self._kept_going(digest))
                        driving.add(task)
                        task.add_done_callback(driving.discard)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _IDLE)
        finally:
            if driving:
                await asyncio.gather(*driving)

    async def _kept_going(self, digest: str) -> None:
        try:
            await self.drive(digest)
        except Exception:
            _LOG.exception("the playbook %s could not go on; it is tried again", digest[:12])

    def wake(self) -> None:
        """Let `serve` look at once, since a playbook was begun; call it in its event loop."""
        self._woken.set()

    def stop(self) -> None:
        """Let every playbook rest after the step that it is at; another process may go on."""
        self._stopping = True
        self.wake()

    async def drive(self, digest: str) -> None:
        """Carry the playbook out to its end, if no other process does. What goes wrong is told by its plan."""
        if digest in self._driving or not await _thread(self._runs.take, digest):
            return
        self._driving.add(digest)
        try:
            await self._driven(await _thread(self._whole, digest))
        finally:
            self._driving.discard(digest)
            await _thread(self._runs.leave, digest)

    async def _driven(self, whole: Whole) -> None:
        for step in whole.steps:
            if self._stopping:
                return
            try:
                if not await self._done(whole, step):
                    return
            except ActionError as error:
                await self._stopped(whole, step, str(error))
                return
            except Exception as error:
                _LOG.exception("the step %s of %s failed", step.id, whole.name)
                await self._stopped(
                    whole, step, f"it broke off with {type(error).__name__}; the log says more"
                )
                return
        await self._ended(whole, status="done")

    async def _done(self, whole: Whole, step: PlannedStep) -> bool:
        """Do the step if it is not done; false where the runner stops in the middle, to be taken up again."""
        reached = await _thread(self._runs.steps, whole.digest)
        if step.id in reached and reached[step.id].state in {"done", "skipped"}:
            return True
        results = await _thread(self._results, whole, reached)
        if why := _skipped(step, results, reached):
            await self._note(whole, StepRow(step.id, "skipped", reason=why))
            return True
        arguments = _arguments(step, results)
        if step.effect is Effect.READS:
            return await self._read(whole, step, arguments)
        return await self._effect(whole, step, arguments, reached)

    async def _read(self, whole: Whole, step: PlannedStep, arguments: dict[str, Any]) -> bool:
        await self._note(whole, StepRow(step.id, "begun"))
        needed = _needed_of(step, whole)
        client = f"playbook {whole.digest} step {step.id}"
        principal = whole.principal.model_copy(update={"client": client})
        answer: dict[str, Any] = {}
        for _ in range(_LOOKS):
            try:
                answer = await self._call(step.action, arguments, principal)
            except LimitReached as reached:
                await self._rest(reached.retry_after)
                continue
            if all(at(answer, ref.path) is not None for ref in needed):
                _require(step, answer)
                await self._note(whole, StepRow(step.id, "done", result=answer))
                return True
            if self._stopping:
                return False
            await self.pause(_PAUSE)
        missing = ", ".join(".".join(ref.path) for ref in needed if at(answer, ref.path) is None)
        raise PlaybookStopped(f"{step.action} answers nothing for {missing}, which a later step needs")

    async def _effect(
        self,
        whole: Whole,
        step: PlannedStep,
        arguments: dict[str, Any],
        reached: Mapping[str, StepRow],
    ) -> bool:
        row = await self._planned(whole, step, arguments, reached)
        while row.status in {"planned", "lost"} and row.job is None:
            try:
                row = await self._applied(whole, step, row)
            except LimitReached as refused:
                if self._stopping:
                    return False
                await self._rest(refused.retry_after)
        row = await self._launched(whole, row)
        if row.job is not None and step.wait_for_job:
            while row.status == "running":
                if self._stopping:
                    return False
                row = await self._looked_at(whole, row)
        if row.status not in {"done", "running"}:
            raise PlaybookStopped(row.reason or f"its plan is {row.status}")
        _require(step, row.result or {})
        await self._note(whole, StepRow(step.id, "done", planned=row.digest))
        return True

    async def _launched(self, whole: Whole, row: PlanRow) -> PlanRow:
        """The plan, with its job started where whoever launched it was killed right before."""
        repeatable = self._actions.get(row.action).repeatable
        if row.job is None or self._jobs is None or not repeatable:
            return row
        if not await _thread(self._jobs.launch_again, row.job):
            return row
        return await self._applying.get(row.digest, whole.principal)

    async def _planned(
        self,
        whole: Whole,
        step: PlannedStep,
        arguments: dict[str, Any],
        reached: Mapping[str, StepRow],
    ) -> PlanRow:
        """The step's own plan: the one that it has, or a new one that was found to be what was approved."""
        noted = reached.get(step.id)
        if noted is not None and noted.planned is not None:
            row = await self._applying.get(noted.planned, whole.principal)
            if row.status != "planned" or row.is_open(self._clock()):
                return row
        action = self._actions.get(step.action)
        if action.version != step.version:
            raise TargetMoved(f"action:{step.action}: was {step.version}, is now {action.version}")
        input = validated(action, arguments)
        run = self._run_for(whole.principal)
        with self._guard(step.action):
            row = await self._applying.plan(action, input, run, authority=whole.authority(step))
        if step.plan is not None and (moved := differences(step.plan, row.plan)):
            raise TargetMoved(f"what was approved has changed: {'; '.join(moved)}", changes=moved)
        await _thread(self._check_budget, whole, row, reached)
        await self._note(whole, StepRow(step.id, "begun", planned=row.digest))
        return row

    async def _applied(self, whole: Whole, step: PlannedStep, row: PlanRow) -> PlanRow:
        action, run = self._actions.get(row.action), self._run_for(whole.principal)
        authority = whole.authority(step, row.digest)
        async with self._journal.recording(
            "apply", whole.principal, action=row.action, digest=row.digest
        ) as line:
            line.update(authority.facts, effect=action.effect.value, targets=refs_of(row.plan))
            with self._guard(step.action):
                if row.status == "planned":
                    row = await self._applying.apply(row, action, run, authority=authority)
                elif action.repeatable:
                    row = await self._applying.again(row, action, run, authority)
                else:
                    raise PlaybookStopped(row.reason)
            line.update({"outcome": row.status} | ({"job": row.job} if row.job else {}))
        return row

    async def _looked_at(self, whole: Whole, row: PlanRow) -> PlanRow:
        """The plan after another look at its job, which is ended with a playbook that was cancelled."""
        jobs = self._jobs
        assert jobs is not None and row.job is not None  # noqa: S101 - it has a job
        await self.pause(_PAUSE)
        owner = Principal(ref=row.principal)
        await _thread(jobs.get, row.job, owner)
        if (await self._applying.get(whole.digest, whole.principal)).status != "running":
            await _thread(jobs.cancel, row.job, owner)
            raise PlaybookStopped("the playbook was ended")
        return await self._applying.get(row.digest, whole.principal)

    def _check_budget(self, whole: Whole, row: PlanRow, reached: Mapping[str, StepRow]) -> None:
        """Raises `PlaybookStopped` where the step and what was spent go beyond what was approved."""
        spent = {"cpu_hours": 0.0, "gpu_hours": 0.0}
        for each in reached.values():
            if each.planned is None or each.planned == row.digest:
                continue
            earlier = self._plans.get(each.planned, principal=None)
            took = 0.0
            if earlier.job is not None and self._jobs is not None:
                job = self._jobs.get(earlier.job, Principal(ref=earlier.principal)).job
                took = job.cpu_seconds / 3600
            spent["cpu_hours"] += took or earlier.plan.estimate.cpu_hours
            spent["gpu_hours"] += earlier.plan.estimate.gpu_hours
        for kind, already in spent.items():
            wanted = getattr(row.plan.estimate, kind)
            if wanted and already + wanted > whole.budget[kind]:
                raise PlaybookStopped(
                    f"it is estimated at {wanted:g} {kind}, {already:.3g} were spent, and the budget that was "
                    f"approved is {whole.budget[kind]:g}"
                )

    def _results(self, whole: Whole, reached: Mapping[str, StepRow]) -> dict[str, Any]:
        """What the steps answered that are done, by their id."""
        found: dict[str, Any] = {}
        for id, row in reached.items():
            if row.state != "done":
                continue
            planned = None if row.planned is None else self._plans.get(row.planned, principal=None)
            found[id] = row.result if planned is None else planned.result
        return found

    def _whole(self, digest: str) -> Whole:
        row = self._plans.get(digest, principal=None)
        principal = Principal.model_validate_json(self._runs.principal(digest))
        return Whole(row, principal, steps_of(row.plan.details), progress_of(row))

    async def _note(self, whole: Whole, row: StepRow) -> None:
        await _thread(self._runs.note, whole.digest, row, progress=whole.progress)

    async def _stopped(self, whole: Whole, step: PlannedStep, why: str) -> None:
        reached = (await _thread(self._runs.steps, whole.digest)).get(step.id)
        planned = None if reached is None else reached.planned
        row = StepRow(step.id, "stopped", planned=planned, reason=why[:2_000])
        await self._ended(whole, status="failed", reason=f"stopped at the step {step.id}: {why}", step=row)

    async def _ended(
        self, whole: Whole, *, status: Any, reason: str = "", step: StepRow | None = None
    ) -> None:
        end = partial(self._runs.end, whole.digest, status=status, now=self._clock(), progress=whole.progress)
        if not await _thread(end, reason=reason, step=step):
            return
        self._journal.note(
            "playbook",
            whole.principal,
            action=whole.row.action,
            digest=whole.digest,
            outcome=status,
            **({"reason": reason[:1_000]} if reason else {}),
        )

    async def _rest(self, seconds: float) -> None:
        await self.pause(min(_MOST_PAUSE, max(_PAUSE, seconds)))


def _arguments(step: PlannedStep, results: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, filled. Raises `PlaybookStopped` for what is empty or beyond its bounds."""
    made = with_results(step.arguments, results)
    for name, value in step.arguments.items():
        for ref in references(value):
            if at(results[ref.step], ref.path) is None:
                raise PlaybookStopped(
                    f"arguments.{name}: the step {ref.step} answered nothing for {ref.name}"
                )
    for name, bound in step.bounds.items():
        if told := missed(bound, made[name]):
            raise PlaybookStopped(
                f"arguments.{name} = {made[name]!r:.100} {told}, which is what was approved"
            )
    return made


def _skipped(step: PlannedStep, results: Mapping[str, Any], reached: Mapping[str, StepRow]) -> str:
    """Why a step is left out; empty when it is to be done."""
    needed = [ref.step for ref in references(step.arguments)]
    when = step.when
    if when is not None and when.input is not None:
        return "left out by the inputs"
    if when is not None and when.result is not None:
        ref = Reference("result", when.result)
        needed.append(ref.step)
        if ref.step in results and not when.holds(at(results[ref.step], ref.path)):
            return f"{when.result} is {at(results[ref.step], ref.path)!r:.100}"
    for id in needed:
        if id in reached and reached[id].state == "skipped":
            return f"the step {id} was left out"
    return ""


def _needed_of(step: PlannedStep, whole: Whole) -> tuple[Reference, ...]:
    """What later steps are filled with from this one."""
    return tuple(
        ref
        for later in whole.steps
        for ref in references(later.arguments)
        if ref.kind == "result" and ref.step == step.id
    )


def _require(step: PlannedStep, answer: Mapping[str, Any]) -> None:
    if step.require is None:
        return
    found = at(answer, tuple(step.require.field.split(".")))
    if not step.require.holds(found):
        raise PlaybookStopped(
            f"{step.require.field} is {found!r:.100}, and the playbook goes on only otherwise"
        )


async def _thread(work: Callable[..., Value], *arguments: Any, **options: Any) -> Value:
    return await anyio.to_thread.run_sync(partial(work, *arguments, **options))
