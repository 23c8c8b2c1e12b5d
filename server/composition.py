"""Puts the parts together. CLI, HTTP and MCP all stand on the one `Cuebook` that `compose` returns."""

import contextlib
import getpass
import math
import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from ingest import errors as ingest
from server import __version__
from server.calls import Calls
from server.parts import Parts, make_embedder
from server.settings import Settings
from server.telemetry import Telemetry
from tools import errors as tools
from tools.catalogue import Actions
from tools.principal import Principal

if TYPE_CHECKING:
    from ingest.answers.assistant import Assistant
    from ingest.library import Library
    from tools.call import Caller
    from tools.jobs.desk import JobDesk
    from tools.state import State

__all__ = ["Cuebook", "Readiness", "compose", "make_embedder"]

# What the library and the assistant raise, in the words of `tools`; the first that fits counts.
_FOREIGN: dict[type[Exception], type[tools.ActionError]] = {
    ingest.NotFound: tools.NotFound,
    ingest.InvalidEntityRef: tools.InvalidArguments,
    ingest.IngestError: tools.Unavailable,
}
_BEFORE_WARMING = 0.5  # seconds
_READ_SCOPES = frozenset({"docs:read", "catalog:read"})
_OPERATOR_SCOPES = frozenset({"jobs:any", "jobs:at-once"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether questions can be answered, and if not, what to do."""

    ready: bool
    reason: str = ""
    code: str = ""


@dataclass(frozen=True)
class Cuebook:
    """Everything a door needs. Nothing heavy is loaded before it is used; close it at the end."""

    settings: Settings
    actions: Actions
    caller: Calls
    telemetry: Telemetry
    parts: Parts

    @property
    def library(self) -> "Library":
        """Raises `IndexMissing` before the first ingest."""
        return self.parts.library

    @property
    def assistant(self) -> "Assistant":
        return self.parts.assistant

    def local_scopes(self) -> frozenset[str]:
        """What whoever sits at this machine may do: everything there is an action for, with everybody's jobs."""
        return _READ_SCOPES | _OPERATOR_SCOPES | {info.scope for info in self.actions.list()}

    def local_principal(self, *, door: str) -> Principal:
        """The user who runs this process, for the doors that need no network."""
        return Principal(ref=f"user:default/{_user()}", scopes=self.local_scopes(), door=door)

    def authorised(self, action: str, principal: Principal) -> Principal:
        """`principal`, if it may call `action`: for reads that show what the action would. Raises `NotAllowed`."""
        scope = self.actions.get(action).scope
        if scope not in principal.scopes:
            raise tools.NotAllowed(f"{principal.ref} may not read this: it needs the scope {scope!r}")
        return principal

    def readiness(self) -> Readiness:
        """Opens the index if that has not happened yet; call it on a worker thread."""
        try:
            self.library.status()
        except ingest.IngestError as error:
            return Readiness(
                False, str(error), "index_missing" if isinstance(error, ingest.IndexMissing) else "index"
            )
        return Readiness(True)

    def status(self) -> dict[str, Any]:
        """Version, index and model as JSON-able values; `degraded` says in words what is missing."""
        degraded, index = [], None
        try:
            index = self.library.status()
            degraded += [index["degraded"]] if index["degraded"] else []
        except ingest.IngestError as error:
            degraded.append(str(error))
        degraded += [
            f"The action in {skipped.path} was left out: {skipped.reason}" for skipped in self.actions.skipped
        ]
        return {
            "version": __version__,
            "index": index,
            "model": self.settings.model.name,
            "embedder": self.settings.embedder.kind,
            "degraded": degraded,
        }

    def warm(self) -> None:
        """Load what the first question needs. A failure is left to that question, which reports it."""
        with contextlib.suppress(ingest.IngestError, tools.ActionError):
            self.caller.opened()
            self.parts.warm()

    def warm_in_background(self) -> threading.Thread:
        """`warm` on a thread that does not keep the process alive."""
        thread = threading.Thread(target=self._warm_and_tell, name="warm-up", daemon=True)
        thread.start()
        return thread

    def _warm_and_tell(self) -> None:
        started = time.perf_counter()
        log = structlog.get_logger(__name__)
        try:
            # Open the index, let whoever polls for readiness see it, and only then load what is heavy.
            self.readiness()
            time.sleep(_BEFORE_WARMING)
            self.warm()
        except Exception:
            log.exception("warming up failed; the first question will tell why")
        else:
            log.info("warm", seconds=round(time.perf_counter() - started, 2))

    def close(self) -> None:
        self.caller.close()
        self.parts.close()


def compose(settings: Settings, *, parts: Parts | None = None) -> Cuebook:
    """Everything for these settings; reads the action files, opens nothing yet. `parts` replaces the real ones.

    Raises `InvalidAction` when the actions folder cannot be used.
    """
    actions = Actions.discover((settings.actions.folder,) if settings.actions.folder else ())
    parts = parts or Parts(settings)
    telemetry = Telemetry()

    def open_caller(stack: contextlib.ExitStack) -> "Caller":
        return _open_caller(settings, actions, parts, stack)

    caller = Calls(actions, open_caller=open_caller, telemetry=telemetry)
    cuebook = Cuebook(settings=settings, actions=actions, caller=caller, telemetry=telemetry, parts=parts)
    telemetry.watch_index(
        age=lambda: _index_age(parts),
        chunks=lambda: _chunks(parts),
        ready=lambda: parts.opened_library.made is not None,
    )
    return cuebook


def _open_caller(settings: Settings, actions: Actions, parts: Parts, stack: contextlib.ExitStack) -> "Caller":
    from tools.audit import Audit
    from tools.call import Caller
    from tools.policy import small_jobs_at_once
    from tools.state import State

    settings.home.mkdir(parents=True, exist_ok=True)
    state = State.open(settings.home / "state.db")
    stack.callback(state.close)
    audit = Audit.open(settings.home / "audit.db")
    stack.callback(audit.close)
    caller = Caller(
        actions,
        parts,
        state,
        audit,
        foreign=_FOREIGN,
        policy=small_jobs_at_once(settings.jobs.at_once_cpu_hours),
        jobs=_job_desk(settings, state),
    )
    caller.reconcile()
    return caller


def _job_desk(settings: Settings, state: "State") -> "JobDesk":
    from tools.jobs.desk import JobDesk
    from tools.jobs.local import LocalJobs
    from tools.jobs.recipes import CoreRecipes

    recipes = CoreRecipes()
    backend = LocalJobs(settings.home, commands=recipes.commands, slots=settings.jobs.slots)
    return JobDesk(backend, state.jobs, recipes, home=settings.home, settings=settings.jobs)


def _index_age(parts: Parts) -> float:
    """Seconds since the open index was built; a scrape never opens one."""
    library = parts.opened_library.made
    if library is None:
        return math.nan
    built = datetime.fromisoformat(str(library.status()["built_at"]))
    return (datetime.now(UTC) - built.astimezone(UTC)).total_seconds()


def _chunks(parts: Parts) -> float:
    library = parts.opened_library.made
    return math.nan if library is None else float(library.status()["counts"]["chunks"])


def _user() -> str:
    """The login name in the letters an entity's name may have."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user id without a name
        name = "local"
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-_.") or "local"
