"""The one way to call an action: validate, authorise, run, record. Every door comes through here.

Doors make the `Principal`, translate errors and show results; nothing of that happens here, and nothing of
this happens there.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio.to_thread

from tools.action import Action
from tools.applying import Applying, checked
from tools.arguments import validated
from tools.audit import Audit
from tools.catalogue import Actions
from tools.contexts import Contexts
from tools.effect import Effect
from tools.errors import ActionError, ActionFailed, NotAllowed
from tools.jobs.desk import JobDesk
from tools.journal import Journal
from tools.policy import Policy, anything_goes
from tools.ports import Ports
from tools.principal import Principal
from tools.redaction import redacted
from tools.run import Listener, Run
from tools.shapes import Input
from tools.state import PlanRow, State

_LOG = logging.getLogger(__name__)

Authorise = Callable[[Principal, Action[Any, Any], Input], None]


def holds_scope(principal: Principal, action: Action[Any, Any], _input: Input) -> None:
    """The default rule: the principal's scopes contain the action's. Raises `NotAllowed`."""
    if action.scope not in principal.scopes:
        held = ", ".join(sorted(principal.scopes)) or "none"
        raise NotAllowed(
            f"{principal.ref} may not call {action.name}: it needs the scope {action.scope!r}, and the scopes "
            f"held are: {held}"
        )


class Caller:
    """Calls actions on behalf of principals.

    `foreign` names the errors of the ports and what they become here; any other error of an action reaches
    the caller as `ActionFailed` and the log with its traceback. `plan_lifetime` is in seconds. Without `jobs`
    actions that need them answer `Unavailable`.
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
        policy: Policy = anything_goes,
        jobs: JobDesk | None = None,
        plan_lifetime: int = 900,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.actions = actions
        self.contexts = Contexts(state, clock=clock)
        self._ports = ports
        self._jobs = jobs
        self._plans = state.plans
        self._foreign = dict(foreign or {})
        self._authorise = authorise
        self._clock = clock
        self._journal = Journal(audit, clock=clock)
        self._applying = Applying(
            state.plans, self._journal, lifetime=plan_lifetime, clock=clock, policy=policy
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
        thread. Raises `UnknownAction`, `InvalidArguments`, `NotAllowed`, `NotFound`, `Unavailable` or
        `ActionFailed`; each is recorded.
        """
        async with self._journal.recording("call", principal, action=name) as row:
            row["arguments"] = redacted(arguments)
            action = self.actions.get(name)
            row["effect"] = action.effect.value
            row["arguments"] = redacted(arguments, secrets=action.secrets)
            input = validated(action, arguments)
            self._authorise(principal, action, input)
            run = self._run(principal, listen)
            with self._translated(action.name):
                if action.effect is Effect.READS:
                    output = checked(action, await action(input, run))
                    return output.model_dump(mode="json")
                planned = await self._applying.plan(action, input, run)
            row.update(digest=planned.digest, outcome=planned.status)
            return planned.answer()

    async def apply(self, digest: str, principal: Principal) -> dict[str, Any]:
        """Apply a plan, exactly once: a repeated or concurrent call answers the same result.

        Raises `PlanMissing`, `PlanExpired`, `TargetMoved`, `NotAllowed`, `PlanAlreadyApplied` (it failed or
        got lost earlier), or what the action raises; each is recorded.
        """
        async with self._journal.recording("apply", principal, digest=digest) as row:
            found = await self._applying.get(digest, principal)
            action = self.actions.get(found.action)
            row.update(action=action.name, effect=action.effect.value, repeated=found.status != "planned")
            self._authorise(principal, action, validated(action, found.arguments))
            with self._translated(action.name):
                applied = await self._applying.apply(found, action, self._run(principal, None))
            row["outcome"] = applied.status
            return applied.answer()

    async def planned(self, digest: str, principal: Principal) -> dict[str, Any]:
        """How a plan stands, as `call` and `apply` answer it. Raises `PlanMissing`."""
        return self._as_of_now(await self._applying.get(digest, principal)).answer()

    async def plans(self, principal: Principal, *, limit: int = 50) -> tuple[dict[str, Any], ...]:
        """The principal's plans, newest first."""
        rows = await anyio.to_thread.run_sync(lambda: self._plans.list(principal=principal.ref, limit=limit))
        return tuple(self._as_of_now(row).answer() for row in rows)

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

    def _as_of_now(self, row: PlanRow) -> PlanRow:
        if row.status == "planned" and self._clock() >= row.expires_at:
            return replace(row, status="refused", reason=f"expired; call {row.action} again for a new plan")
        return row

    def _run(self, principal: Principal, listen: Listener | None) -> Run:
        return Run(
            principal=principal,
            ports=self._ports,
            contexts=self.contexts,
            desk=self._jobs,
            listen=_in_this_loop(listen) if listen else None,
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


def _in_this_loop(listen: Listener) -> Listener:
    """Actions tell events on worker threads; `listen` hears them in the loop it was given in."""
    loop = asyncio.get_running_loop()

    def tell(event: Mapping[str, Any]) -> None:
        loop.call_soon_threadsafe(listen, event)

    return tell
