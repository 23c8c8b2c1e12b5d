"""The one way to call an action: validate, authorise, run, record. Every door comes through here.

Doors make the `Principal`, translate errors and show results; nothing of that happens here, and nothing of
this happens there.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import anyio.to_thread

from tools.action import WHOLE, Action
from tools.applying import Applying, checked, resolved, undenied
from tools.approver import Approver, Means
from tools.approving import ANY_PLAN, Approving
from tools.arguments import validated
from tools.audit import Audit
from tools.catalogue import Actions
from tools.cautions import Cautions, Cautious, without_context
from tools.contexts import Contexts
from tools.effect import Effect
from tools.errors import ActionError, ActionFailed, NotAllowed, NotFound
from tools.granting import Granting
from tools.jobs.desk import JobDesk
from tools.journal import Journal, refs_of
from tools.lifetimes import Lifetimes
from tools.models import ModelBook
from tools.plan import Plan
from tools.playbooks.deciding import StepsToo
from tools.playbooks.desk import PlaybookDesk
from tools.playbooks.runner import Runner
from tools.playbooks.shelf import Shelf
from tools.policy.anything_goes import AnythingGoes
from tools.policy.budgets import Budgets
from tools.policy.decision import Asked, Decision, Policy
from tools.policy.meter import Meter
from tools.policy.refusing import nothing_found
from tools.ports import Entity, Page, Ports, Section
from tools.principal import LOCAL, Principal
from tools.proving import Proving
from tools.questions import QuestionLog
from tools.readings import Readings
from tools.redaction import bounded, without_secrets
from tools.repositories import Repository
from tools.run import Held, Listener, Run
from tools.shapes import Input
from tools.state import PlanRow, State
from tools.undoing import Undoing

_LOG = logging.getLogger(__name__)
_PAUSE = 0.5  # seconds between two looks at a plan that runs

Authorise = Callable[[Principal, Action[Any, Any], Input], None]


def holds_scope(principal: Principal, action: Action[Any, Any], _input: Input) -> None:
    """The default rule: the principal's scopes contain the action's. Raises `NotAllowed`."""
    if action.scope not in principal.scopes and not action.own_without_scope:
        held = ", ".join(sorted(principal.scopes)) or "none"
        raise NotAllowed(
            f"{principal.ref} may not call {action.name}: it needs the scope {action.scope!r}, and the scopes "
            f"held are: {held}",
            scope=action.scope,
        )


class Caller:
    """Calls actions on behalf of principals.

    `foreign` names the errors of the ports and what they become here; any other error of an action reaches
    the caller as `ActionFailed` and the log with its traceback. Without `jobs` or `models` actions that need
    them answer `Unavailable`. `waiting` is told of each plan that begins to wait for approval; it must not block.
    `shelf` holds the playbooks, which `runner` carries out. `meter` counts calls, limits and grants. `questions`
    keeps what was asked. `secrets` are kept out of the audit wherever they turn up.
    """

    def __init__(
        self,
        actions: Actions,
        ports: Ports,
        state: State,
        audit: Audit,
        *,
        foreign: Mapping[type[Exception], type[ActionError]] | None = None,
        authorise: Authorise = holds_scope,
        policy: Policy | None = None,
        meter: Meter | None = None,
        jobs: JobDesk | None = None,
        models: ModelBook | None = None,
        secrets: Sequence[str] = (),
        lifetimes: Lifetimes | None = None,
        waiting: Callable[[PlanRow], None] | None = None,
        shelf: Shelf | None = None,
        repositories: Mapping[str, Repository] | None = None,
        questions: QuestionLog | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.actions = actions
        self.contexts = Contexts(state, hidden=secrets, clock=clock)
        self.readings = Readings(state, clock=clock)
        self._cautions = Cautions(self.contexts, self.readings)
        self._ports = ports
        self._jobs = jobs
        self._models = models
        self._audit = audit
        self._plans = state.plans
        self._undoing = Undoing(state.plans, actions)
        self._approvals = state.approvals
        self._foreign = dict(foreign or {})
        absent = (kind for kind, own in self._foreign.items() if own is NotFound)
        self._missing: tuple[type[Exception], ...] = (NotFound, *absent)
        self._authorise = authorise
        self._clock = clock
        self._journal = Journal(audit, secrets=secrets, clock=clock)
        self._policy, self._meter = Cautious(StepsToo(policy or AnythingGoes())), meter or Meter()
        self._budgets = Budgets(state, self._meter, clock=clock)
        grants = self._meter.grants
        self.granting = None if grants is None else Granting(grants, self._journal, actions)
        lifetimes = lifetimes or Lifetimes()
        self._applying = Applying(
            state.plans,
            self._journal,
            lifetimes=lifetimes,
            clock=clock,
            policy=self._policy,
            meter=self._meter,
            waiting=waiting,
        )
        self.proving = Proving(state.attempts, self._journal, clock=clock)
        self._approving = Approving(
            state.plans,
            state.approvals,
            self._journal,
            policy=self._policy,
            actions=actions,
            lifetimes=lifetimes,
            clock=clock,
        )

        self._repositories = repositories or {}
        self.questions = questions
        self._playbooks = PlaybookDesk(
            shelf or Shelf(()),
            state.playbooks,
            state.plans,
            actions=actions,
            policy=self._policy,
            clock=clock,
        )
        self.runner = Runner(
            runs=state.playbooks,
            plans=state.plans,
            applying=self._applying,
            journal=self._journal,
            actions=actions,
            jobs=jobs,
            call=self.call,
            run_for=lambda principal: self._run(principal, None),
            guard=self._translated,
            clock=clock,
        )

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        principal: Principal,
        *,
        listen: Listener | None = None,
    ) -> dict[str, Any]:
        """Call an action: a read's result, or for an effect the plan and the digest to apply it by.

        `listen` takes progress events of the action (those of `ask` are listed there), in this event loop's
        thread. Raises `UnknownAction`, `InvalidArguments`, `NotAllowed`, `LimitReached`, `NotFound`, `Unavailable`
        or `ActionFailed`; each is recorded.
        """
        async with self._journal.recording("call", principal, action=name) as row:
            action, input, handle = await self._admitted(name, arguments, principal, row)
            reads = action.effect is Effect.READS
            run = self._run(principal, listen, held=Held() if reads else None)
            with self._translated(action.name):
                if reads:
                    return await self._read(action, input, run)
                cautions: tuple[str, ...] = ()
                if not action.own_note:
                    cautions = await anyio.to_thread.run_sync(self._cautions.of, handle, principal)
                planned = await self._applying.plan(action, input, run, cautions=cautions)
            answer = planned.answer(self._clock())
            row.update(digest=planned.digest, outcome=answer["status"], targets=refs_of(planned.plan))
            row.update(_decision_of(planned))
            return answer

    async def weigh(
        self, name: str, arguments: Mapping[str, Any], principal: Principal, *, plan: Plan | None = None
    ) -> tuple[Asked, Decision]:
        """What the policy says of a call, without making it; an effect is planned for that, unless `plan` is given.

        Nothing is stored. For whoever looks after the policy: no door offers it to clients. Raises what `call` does.
        """
        action = self.actions.get(name)
        input = validated(action, arguments)
        self._authorise(principal, action, input)
        if plan is None and action.effect is not Effect.READS:
            with self._translated(action.name):
                plan = await resolved(action, input, self._run(principal, None))
        asked = Asked(principal, action.name, action.effect, input.model_dump(mode="json"), plan)
        return asked, await anyio.to_thread.run_sync(self._policy.decide, asked)

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        """Why `approver` may not; empty when they may. Call it on a worker thread."""
        return self._policy.may_approve(approver, asked, decision)

    async def apply(self, digest: str, principal: Principal) -> dict[str, Any]:
        """Apply a plan, exactly once: a repeated or concurrent call answers the same result.

        A plan that waits for approval is answered with the status `waiting`. Raises `PlanMissing`,
        `PlanExpired`, `PlanRejected`, `TargetMoved`, `NotAllowed`, `PlanAlreadyApplied` (it failed or got lost
        earlier), or what the action raises; each is recorded.
        """
        async with self._journal.recording("apply", principal, digest=digest) as row:
            await self._count(principal)
            found = await self._applying.get(digest, principal)
            action = self.actions.get(found.action)
            row.update(action=action.name, effect=action.effect.value, repeated=found.status != "planned")
            row["targets"] = refs_of(found.plan)
            self._authorise(principal, action, validated(action, found.arguments))
            with self._translated(action.name):
                applied = await self._applying.apply(found, action, self._run(principal, None))
            if action.name == WHOLE:
                self.runner.wake()
            answer = applied.answer(self._clock())
            row.update({"outcome": answer["status"]} | ({"job": applied.job} if applied.job else {}))
            row.update(_decision_of(applied))
            return answer

    async def wait(self, digest: str, principal: Principal) -> dict[str, Any]:
        """How a plan stands once it no longer runs. A playbook is carried out here where no other process does it.

        Raises `PlanMissing`.
        """
        row = await self._applying.get(digest, principal)
        while row.status == "running":
            if row.action == WHOLE:
                await self.runner.drive(digest)
            elif row.job is not None and self._jobs is not None:
                await anyio.to_thread.run_sync(self._jobs.look)
            row = await self._applying.get(digest, principal)
            if row.status == "running":
                await self.runner.pause(_PAUSE)
        return row.answer(self._clock())

    @contextmanager
    def reading(self, name: str, principal: Principal, **arguments: Any) -> Iterator[None]:
        """Authorise and record a read that a door makes by itself, and that shows what the action `name` would.

        What the door does not find it says as a refused read is told, where the policy is about reads. Raises
        `NotAllowed`, `NotFound` where the policy refuses it, and `LimitReached`; the row is written either way.
        Use it on a worker thread.
        """
        scope = self.actions.get(name).scope
        learned: dict[str, Any] = {"arguments": bounded(arguments), "effect": Effect.READS.value}
        try:
            self._meter.count_call(principal)
            _hold(scope, principal)
            if self._policy.about_reads:
                self._may_read(Asked(principal, name, Effect.READS, arguments), learned)
            with self._as_if_refused(name, arguments):
                yield
        except Exception as error:
            code = NotFound.code if isinstance(error, self._missing) else getattr(error, "code", "failed")
            learned |= {"outcome": code, "reason": without_secrets(str(error))}
            raise
        else:
            learned["outcome"] = "ok"
        finally:
            self._journal.note("read", principal, action=name, **learned)

    def noticed(self, principal: Principal, *read: Section | Page) -> None:
        """Remember texts that a door has opened by itself, where nobody vouches for them."""
        self._run(principal, None).noticed(read)

    def noticed_entity(self, principal: Principal, entity: Entity) -> None:
        """Remember that a door has shown what an entity's author says of it, where nobody vouches for that."""
        self._run(principal, None).noticed_entity(entity)

    def refused(self, kind: str, principal: Principal, *, action: str = "", reason: str) -> None:
        """Record what a door refused before it became a call."""
        self._journal.note(kind, principal, action=action, outcome="denied", reason=without_secrets(reason))

    def record(self, kind: str, principal: Principal, **learned: Any) -> None:
        """Record what a door did by itself, and that no action does; durable when this returns.

        Raises `StateError` when it cannot be written.
        """
        self._journal.note(kind, principal, **learned)
        self._audit.flush()

    def flush(self) -> None:
        """Make durable what the audit collects. Raises `StateError` when it cannot be written."""
        self._audit.flush()

    async def approve(
        self, digest: str, approver: Approver, *, seen_by: Principal | None = None
    ) -> dict[str, Any]:
        """Let an approver approve a plan; answers how it stands then. Raises what `Approving.approve` does."""
        approve = partial(self._approving.approve, digest, approver, seen_by=seen_by)
        return await self._decided("approve", digest, approver, approve)

    async def reject(
        self, digest: str, who: Approver | Principal, *, reason: str = "", seen_by: Principal | None = None
    ) -> dict[str, Any]:
        """Reject a plan for good: an approver, or the principal who planned it. Raises what `approve` does."""
        approver = Approver(who, Means.OWN) if isinstance(who, Principal) else who
        reject = partial(self._approving.reject, digest, approver, reason=reason, seen_by=seen_by)
        return await self._decided("reject", digest, approver, reject)

    async def planned(
        self, digest: str, principal: Principal | None, *, approver: Approver | None = None
    ) -> dict[str, Any]:
        """How a plan stands, as `call` and `apply` answer it. Raises `PlanMissing`."""
        row = await anyio.to_thread.run_sync(self._approving.shown, digest, principal, approver)
        return row.answer(self._clock())

    async def plans(
        self, principal: Principal, *, limit: int = 50, offset: int = 0
    ) -> tuple[dict[str, Any], ...]:
        """The principal's plans, newest first; everybody's for who holds the scope `plans:any`."""
        whose = None if ANY_PLAN in principal.scopes else principal.ref
        rows = await anyio.to_thread.run_sync(
            lambda: self._plans.list(principal=whose, limit=limit, offset=offset)
        )
        return tuple(row.answer(self._clock()) for row in rows)

    async def waiting_for(self, approver: Approver) -> tuple[dict[str, Any], ...]:
        """The plans that wait for this approver, newest first."""
        rows = await anyio.to_thread.run_sync(self._approving.waiting_for, approver)
        return tuple(row.answer(self._clock()) for row in rows)

    def withdraw(self, approver: str) -> int:
        """Let no open approval or grant of one who is no approver any more count; how many approvals there were."""
        if self.granting is not None:
            self.granting.withdraw(approver, Principal(ref=LOCAL, door="cli"))
        return self._approvals.withdraw(approver, now=self._clock())

    def reconcile(self) -> tuple[str, ...]:
        """Report as lost what an earlier process left in the middle of an effect; call once at start.

        Returns the digests. Quick: one query when there is nothing to do, and one more for jobs.
        """
        if self._jobs is not None:
            self._jobs.look()
        lost = self._plans.reconcile(now=self._clock())
        for row in lost:
            self._journal.lost(principal=row.principal, action=row.action, digest=row.digest)
        return tuple(row.digest for row in lost)

    def keep_results(self) -> None:
        """Register what jobs made while nobody looked, and complete what a killed process began to write there.

        Takes seconds if there is any; nothing otherwise. Raises nothing that a later call would not tell.
        """
        if self._models is not None:
            with suppress(ActionError):
                self._models.settle()
        if self._jobs is not None:
            self._jobs.keep_results()

    async def _decided(
        self, kind: str, digest: str, approver: Approver, decide: Callable[[], PlanRow]
    ) -> dict[str, Any]:
        async with self._journal.recording(kind, approver.principal, digest=digest) as row:
            row["means"] = approver.means.value
            decided = await anyio.to_thread.run_sync(decide)
            answer = decided.answer(self._clock())
            row.update(action=decided.action, outcome=answer["status"], on_behalf_of=decided.principal)
            return answer

    async def _admitted(
        self, name: str, arguments: Mapping[str, Any], principal: Principal, row: dict[str, Any]
    ) -> tuple[Action[Any, Any], Input, str]:
        """The action that may be called, its input, and the handle of the conversation that an effect comes from.

        The policy is asked about a read here, and about an effect once it is planned. On a worker thread only where
        groups or owners may have to be looked up in a catalog that is not at hand: changing threads costs more than all
        of it.
        """
        if not self._ports.at_hand and (self._meter.has_pace or self._policy.about_reads):
            return await anyio.to_thread.run_sync(self._admit, name, arguments, principal, row)
        return self._admit(name, arguments, principal, row)

    def _admit(
        self, name: str, arguments: Mapping[str, Any], principal: Principal, row: dict[str, Any]
    ) -> tuple[Action[Any, Any], Input, str]:
        row["arguments"] = bounded(arguments)
        self._meter.count_call(principal)
        action = self.actions.get(name)
        row["effect"] = action.effect.value
        if action.secrets:
            row["arguments"] = bounded(arguments, secrets=action.secrets)
        arguments, handle = without_context(action, arguments)
        input = validated(action, arguments)
        self._authorise(principal, action, input)
        if action.effect is Effect.READS and self._policy.about_reads:
            asked = Asked(principal, action.name, action.effect, input.model_dump(mode="json"))
            with self._translated(action.name):
                self._may_read(asked, row)
        return action, input, handle

    async def _count(self, principal: Principal) -> None:
        if self._meter.has_pace:
            await anyio.to_thread.run_sync(self._meter.count_call, principal)

    async def _read(self, action: Action[Any, Any], input: Input, run: Run) -> dict[str, Any]:
        with self._as_if_refused(action.name, input):
            output = checked(action, await action(input, run))
        return output.model_dump(mode="json")

    @contextmanager
    def _as_if_refused(self, name: str, arguments: Mapping[str, Any] | Input) -> Iterator[None]:
        """Tell of what is not there as of what is refused, so that nobody learns which of the two it is."""
        try:
            yield
        except self._missing as error:
            if not self._policy.about_reads:
                raise
            given = arguments.model_dump(mode="json") if isinstance(arguments, Input) else arguments
            raise nothing_found(name, given) from error

    def _may_read(self, asked: Asked, row: dict[str, Any]) -> None:
        """Raises `NotFound` for a read that the policy denies; the audit's row says what it was."""
        decision = self._policy.decide(asked)
        row.update(decision=decision.verdict.value, rule=decision.rule)
        undenied(asked, decision)

    def _run(self, principal: Principal, listen: Listener | None, *, held: Held | None = None) -> Run:
        return Run(
            principal=principal,
            ports=self._ports,
            contexts=self.contexts,
            readings=self.readings,
            desk=self._jobs,
            book=self._models,
            trail=self._audit,
            approving=self._approving,
            allowance=self._budgets,
            undoes=self._undoing,
            playbook_desk=self._playbooks,
            repositories=self._repositories,
            log=self.questions,
            listen=_in_this_loop(listen) if listen else None,
            held=held,
        )

    @contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        try:
            yield
        except ActionError:
            raise
        except Exception as error:
            for foreign, own in self._foreign.items():
                if isinstance(error, foreign):
                    raise own(str(error)) from error
            _LOG.exception("the action %s failed", name)
            raise ActionFailed(
                f"{name} failed with {type(error).__name__}; this is a fault of the server, whose log has the "
                "details. Calling it again with the same arguments will not help"
            ) from error


def _hold(scope: str, principal: Principal) -> None:
    if scope not in principal.scopes:
        raise NotAllowed(f"{principal.ref} may not read this: it needs the scope {scope!r}", scope=scope)


def _decision_of(row: PlanRow) -> Mapping[str, str]:
    """What the audit says of the policy's decision about a plan."""
    if row.decision is None:
        return {}
    return {"decision": row.decision.verdict.value, "rule": row.decision.rule}


def _in_this_loop(listen: Listener) -> Listener:
    """Actions tell events on worker threads; `listen` hears them in the loop it was given in."""
    loop = asyncio.get_running_loop()

    def tell(event: Mapping[str, Any]) -> None:
        loop.call_soon_threadsafe(listen, event)

    return tell
