"""The one way from any door to an action: `tools.call` with its time measured, opened when first needed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from server.once import Once
from server.telemetry import Telemetry
from tools.approver import Approver
from tools.catalogue import Actions
from tools.errors import ActionError
from tools.principal import Principal
from tools.run import Listener

if TYPE_CHECKING:
    from tools.call import Caller
    from tools.ports import Entity, Page, Section

_LOG = logging.getLogger(__name__)
_LAST_STEP = 20.0  # seconds that the step of a playbook has to end in when the server does
_AGAIN = 10.0  # seconds


class Calls:
    """Calls actions and applies plans.

    `open_caller` is asked once, at the first call and on a worker thread; what has to be closed at the end
    goes on the stack that it is given.
    """

    def __init__(
        self, actions: Actions, *, open_caller: Callable[[ExitStack], "Caller"], telemetry: Telemetry
    ) -> None:
        self.actions = actions
        self._telemetry = telemetry
        self._stack = ExitStack()
        self.opened = Once(lambda: open_caller(self._stack))

    async def call(
        self, name: str, arguments: Mapping[str, Any], principal: Principal, *, listen: Listener | None = None
    ) -> dict[str, Any]:
        """The structured result, JSON-able. Raises `tools.errors.ActionError`."""
        with self._telemetry.action(self._label(name), door=principal.door, outcome_of=_outcome):
            caller = await self._caller()
            return await caller.call(name, arguments, principal, listen=listen)

    async def apply(self, digest: str, principal: Principal) -> dict[str, Any]:
        """Carry out the plan with this digest. Raises `tools.errors.ActionError`."""
        with self._telemetry.action("apply_plan", door=principal.door, outcome_of=_outcome):
            caller = await self._caller()
            return await caller.apply(digest, principal)

    async def approve(
        self, digest: str, approver: Approver, *, seen_by: Principal | None = None
    ) -> dict[str, Any]:
        """See `Caller.approve`."""
        with self._telemetry.action("approve_plan", door=approver.principal.door, outcome_of=_outcome):
            caller = await self._caller()
            return await caller.approve(digest, approver, seen_by=seen_by)

    async def reject(
        self, digest: str, who: Approver | Principal, *, reason: str = "", seen_by: Principal | None = None
    ) -> dict[str, Any]:
        """See `Caller.reject`."""
        door = who.door if isinstance(who, Principal) else who.principal.door
        with self._telemetry.action("reject_plan", door=door, outcome_of=_outcome):
            caller = await self._caller()
            return await caller.reject(digest, who, reason=reason, seen_by=seen_by)

    async def planned(
        self, digest: str, principal: Principal | None, *, approver: Approver | None = None
    ) -> dict[str, Any]:
        """How a plan of this principal stands, or one that concerns the approver. Raises `PlanMissing`."""
        caller = await self._caller()
        return await caller.planned(digest, principal, approver=approver)

    async def plans(
        self, principal: Principal, *, limit: int = 50, offset: int = 0
    ) -> tuple[dict[str, Any], ...]:
        """The plans that this principal may see, newest first."""
        caller = await self._caller()
        return await caller.plans(principal, limit=limit, offset=offset)

    async def waiting_for(self, approver: Approver) -> tuple[dict[str, Any], ...]:
        """The plans that wait for this approver, newest first."""
        caller = await self._caller()
        return await caller.waiting_for(approver)

    async def refused(self, kind: str, principal: Principal, *, action: str = "", reason: str) -> None:
        """Record what a door refused before it became a call: a login, a foreign page, a tool's name, a body that is no JSON."""
        caller = await self._caller()
        caller.refused(kind, principal, action=action, reason=reason)

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """Meanwhile this process carries out the playbooks that were begun, and that no other one holds."""
        task = asyncio.create_task(self._play())
        try:
            yield
        finally:
            if (caller := self.opened.made) is not None:
                caller.runner.stop()
                await asyncio.wait({task}, timeout=_LAST_STEP)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _play(self) -> None:
        while True:
            try:
                caller = await self._caller()
                await caller.runner.serve()
                return
            except Exception as error:  # a home that cannot be used now may be repaired meanwhile
                _LOG.warning(
                    "playbooks are not carried out: %s", error, exc_info=not isinstance(error, ActionError)
                )
                await asyncio.sleep(_AGAIN)

    async def wait(self, digest: str, principal: Principal) -> dict[str, Any]:
        """How a plan stands once it no longer runs; a playbook is carried out here if no other process does."""
        caller = await self._caller()
        return await caller.wait(digest, principal)

    def reading(self, action: str, principal: Principal, **arguments: Any) -> AbstractContextManager[None]:
        """Authorise and record a read within it that shows what `action` would. Raises `NotAllowed`."""
        return self.opened().reading(action, principal, **arguments)

    def noticed(self, principal: Principal, *read: "Section | Page") -> None:
        """Remember texts that a door has opened by itself, where nobody vouches for them."""
        self.opened().noticed(principal, *read)

    def noticed_entity(self, principal: Principal, entity: "Entity") -> None:
        """Remember that a door has shown an entity itself, where nobody vouches for what its author says of it."""
        self.opened().noticed_entity(principal, entity)

    async def _caller(self) -> "Caller":
        """Opened on a worker thread; later calls do not change threads for it."""
        made = self.opened.made
        return await anyio.to_thread.run_sync(self.opened) if made is None else made

    def _label(self, name: str) -> str:
        """A metric's label must not grow with what clients send."""
        return name if name in self.actions else "(unknown)"

    def close(self) -> None:
        self.opened.settled()  # what a worker thread is still opening would else be left open
        self._stack.close()


def _outcome(error: Exception) -> str:
    from server.errors import problem_of  # brings FastAPI and MCP, which the command line can do without

    return problem_of(error).code
