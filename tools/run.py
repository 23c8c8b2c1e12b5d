"""What one run of an action has at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread

from tools.errors import Unavailable
from tools.plan import Plan
from tools.ports import Assistant, Catalog, Indexer, Library, Ports, Refs
from tools.principal import Principal

if TYPE_CHECKING:
    from tools.contexts import Contexts
    from tools.jobs.desk import JobDesk

Value = TypeVar("Value")
_NOTHING_PLANNED = Plan()
Listener = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Run:
    """On whose behalf, and with what.

    `plan` and `digest` are set in the apply step only: the plan that was decided on, and the idempotency key
    to pass on to whatever is started. `listen` takes progress events; None when nobody listens.
    """

    principal: Principal
    ports: Ports
    contexts: "Contexts"
    plan: Plan = _NOTHING_PLANNED
    digest: str = ""
    listen: Listener | None = None
    desk: "JobDesk | None" = None

    @property
    def jobs(self) -> "JobDesk":
        """Raises `Unavailable` where no jobs can be run."""
        if self.desk is None:
            raise Unavailable("this process runs no jobs; call the server or the command line of the home")
        return self.desk

    @property
    def library(self) -> Library:
        return self.ports.library

    @property
    def assistant(self) -> Assistant:
        return self.ports.assistant

    @property
    def refs(self) -> Refs:
        return self.ports.refs

    @property
    def indexer(self) -> Indexer:
        return self.ports.indexer

    @property
    def catalog(self) -> Catalog:
        """The catalog as this run's principal sees it."""
        return self.ports.library.catalog(self.principal)

    async def in_thread(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """Call `work(*arguments, run)` on a worker thread: whatever computes or waits belongs there."""
        return await anyio.to_thread.run_sync(partial(work, *arguments, self))
