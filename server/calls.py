"""The one way from any door to an action: `tools.call` with its time measured, opened when first needed."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from server.once import Once
from server.telemetry import Telemetry
from tools.catalogue import Actions
from tools.principal import Principal
from tools.run import Listener

if TYPE_CHECKING:
    from tools.call import Caller


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
        known = self.actions.get(name).name  # an unknown name must not become a metric's label
        with self._telemetry.action(known, door=principal.door, outcome_of=_outcome):
            caller = await anyio.to_thread.run_sync(self.opened)
            return await caller.call(name, arguments, principal, listen=listen)

    async def apply(self, digest: str, principal: Principal) -> dict[str, Any]:
        """Carry out the plan with this digest. Raises `tools.errors.ActionError`."""
        with self._telemetry.action("apply_plan", door=principal.door, outcome_of=_outcome):
            caller = await anyio.to_thread.run_sync(self.opened)
            return await caller.apply(digest, principal)

    async def planned(self, digest: str, principal: Principal) -> dict[str, Any]:
        """How a plan of this principal stands. Raises `PlanMissing`."""
        caller = await anyio.to_thread.run_sync(self.opened)
        return await caller.planned(digest, principal)

    def close(self) -> None:
        self._stack.close()


def _outcome(error: Exception) -> str:
    from server.errors import problem_of  # brings FastAPI and MCP, which the command line can do without

    return problem_of(error).code
