"""Puts the parts together. CLI, HTTP and MCP all stand on the one `Cuebook` that `compose` returns."""

import contextlib
import gc
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ingest import errors as ingest
from server import __version__
from server.account import this_account
from server.approving import Proofs
from server.calls import Calls
from server.job_desk import check_cluster, job_desk
from server.model_book import PROJECTION
from server.own_actions import every_action, every_playbook
from server.parts import Parts, make_embedder
from server.sessions import ReaderSessions
from server.settings import Settings
from server.telemetry import Telemetry
from tools import errors as tools
from tools.catalogue import Actions
from tools.principal import LOCAL, Principal

if TYPE_CHECKING:
    from ingest.answers.assistant import Assistant
    from ingest.library import Library
    from server.policies import PolicyFiles
    from tools.call import Caller
    from tools.lifetimes import Lifetimes
    from tools.policy.following import FollowedSources
    from tools.policy.reading import Source

__all__ = ["Cuebook", "Readiness", "compose", "make_embedder"]

# What the library and the assistant raise, in the words of `tools`; the first that fits counts.
_FOREIGN: dict[type[Exception], type[tools.ActionError]] = {
    ingest.NotFound: tools.NotFound,
    ingest.InvalidEntityRef: tools.InvalidArguments,
    ingest.IngestError: tools.Unavailable,
}
_BEFORE_WARMING = 0.5  # seconds
_READ_SCOPES = frozenset({"docs:read", "catalog:read"})
_OPERATOR_SCOPES = frozenset({"jobs:any", "jobs:at-once", "plans:any", "index:refresh"})


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
    proofs: Proofs
    sessions: ReaderSessions = field(default_factory=ReaderSessions)
    client_policy: Path | None = None

    @cached_property
    def policies(self) -> "tuple[Source, ...]":
        """The operator's policy as it was at the start, and the client's where there is one. Raises `PolicyInvalid`."""
        return self.policy_files.read()

    @property
    def policy_files(self) -> "PolicyFiles":
        """Where it is read again when it changes."""
        from server.policies import PolicyFiles

        return PolicyFiles(self.settings.home, self.actions, self.client_policy)

    @property
    def library(self) -> "Library":
        """Raises `IndexMissing` before the first ingest."""
        return self.parts.library

    @property
    def assistant(self) -> "Assistant":
        return self.parts.assistant

    def local_scopes(self) -> frozenset[str]:
        """What whoever sits at this machine may do: everything there is an action for, and see everybody's jobs and plans."""
        return _READ_SCOPES | _OPERATOR_SCOPES | {info.scope for info in self.actions.list()}

    def local_principal(self, *, door: str) -> Principal:
        """Whoever sits at this machine: one principal, so that a plan of one door can be applied in another."""
        return Principal(ref=LOCAL, scopes=self.local_scopes(), on_behalf_of=this_account(), door=door)

    @contextlib.contextmanager
    def authorised(self, action: str, principal: Principal, **arguments: Any) -> Iterator[Principal]:
        """`principal`, if it may call `action`: for reads within it that show what the action would.

        Recorded with `arguments`, as a call would be. Raises `NotAllowed`. Use it on a worker thread.
        """
        with self.caller.reading(action, principal, **arguments):
            yield principal

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
        degraded += [*self.parts.stale_sources(), *self.parts.refreshing()]
        degraded += self._registry_trouble()
        degraded += self._policy_trouble()
        degraded += [
            f"The action in {skipped.path} was left out: {skipped.reason}" for skipped in self.actions.skipped
        ]
        return {
            "version": __version__,
            "index": index,
            "model": self.settings.model.name,
            "embedder": self.settings.embedder.kind,
            "degraded": degraded,
            "asked_again": self._asked_again(index["generation"] if index else ""),
        }

    def _asked_again(self, generation: str) -> dict[str, int] | None:
        """What became of questions that had failed, with the index that answers now; None where none were asked."""
        from tools.questions.again import last_change

        caller = self.caller.opened.made
        if caller is None or caller.questions is None or not generation:
            return None
        with contextlib.suppress(tools.ActionError):
            change = last_change(caller.questions, generation)
            counts = {"answered_now": len(change.mended), "unanswered_now": len(change.lost)}
            return {"asked": change.asked, **counts} if change.asked else None
        return None

    def _registry_trouble(self) -> list[str]:
        """Why the models cannot be asked, if they cannot; everything else goes on."""
        if not (self.settings.home / PROJECTION).exists():
            return []
        try:
            _ = self.parts.models.registry
        except tools.ActionError as error:
            return [f"The model registry cannot be used: {error}"]
        return []

    def _policy_trouble(self) -> list[str]:
        """That nothing with an effect is done, if so; why stands in files that not everybody may see."""
        try:
            self.policy_files.followed(self.policies).read_again()
        except tools.PolicyInvalid:
            return [
                "The policy cannot be used, so effects are denied; the log and `cuebook policy check` say what is wrong"
            ]
        return []

    def warm(self) -> None:
        """Load what the first question needs. A failure is left to that question, which reports it."""
        with contextlib.suppress(ingest.IngestError, tools.ActionError):
            self.caller.opened()
            self.parts.warm()
            self.caller.opened().keep_results()

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
            # The catalog stays: without this each full collection walks all of it, half a millisecond of every call
            gc.collect()
            gc.freeze()
        except Exception:
            log.exception("warming up failed; the first question will tell why")
        else:
            log.info("warm", seconds=round(time.perf_counter() - started, 2))

    def close(self) -> None:
        self.caller.close()
        self.parts.close()


def compose(settings: Settings, *, parts: Parts | None = None, client_policy: Path | None = None) -> Cuebook:
    """Everything for these settings; reads the action files, opens nothing yet. `parts` replaces the real ones.

    `client_policy` is a file that may tighten what the operator's policy says. Raises `InvalidAction` when the
    actions folder cannot be used, `SettingsInvalid` for a Ray cluster that is not allowed.
    """
    check_cluster(settings)
    parts = parts or Parts(settings)
    actions = every_action(settings, network=parts.network)
    telemetry = Telemetry()

    def open_caller(stack: contextlib.ExitStack) -> "Caller":
        policies = cuebook.policy_files.followed(cuebook.policies)
        return _open_caller(settings, actions, parts, policies, stack)

    caller = Calls(actions, open_caller=open_caller, telemetry=telemetry)
    cuebook = Cuebook(
        settings=settings,
        actions=actions,
        caller=caller,
        telemetry=telemetry,
        parts=parts,
        client_policy=client_policy,
        proofs=Proofs(settings.home, proving=lambda: caller.opened().proving, clock=parts.clock),
    )
    telemetry.watch_index(
        age=lambda: _index_age(parts),
        chunks=lambda: _chunks(parts),
        ready=lambda: parts.opened_library.made is not None,
    )
    return cuebook


def _open_caller(
    settings: Settings,
    actions: Actions,
    parts: Parts,
    policies: "FollowedSources",
    stack: contextlib.ExitStack,
) -> "Caller":
    from server.approving.webhook import open_webhook
    from server.policies import metered
    from tools.audit import Audit
    from tools.call import Caller
    from tools.questions import QuestionLog
    from tools.state import State

    settings.home.mkdir(parents=True, exist_ok=True)
    state = State.open(settings.home / "state.db")
    stack.callback(state.close)
    audit = Audit.open(settings.home / "audit.db")
    stack.callback(audit.close)
    questions = QuestionLog(
        settings.home,
        days=settings.questions.days,
        most=settings.questions.most,
        hidden=settings.secrets,
        clock=parts.clock,
    )
    stack.callback(questions.close)
    jobs = job_desk(settings, state, parts.models)
    policy, meter = metered(policies, parts, state, look=jobs.look)
    caller = Caller(
        actions,
        parts,
        state,
        audit,
        foreign=_FOREIGN,
        policy=policy,
        meter=meter,
        jobs=jobs,
        models=parts.models,
        secrets=settings.secrets,
        lifetimes=_lifetimes(settings),
        waiting=open_webhook(settings, stack),
        shelf=every_playbook(settings, actions),
        repositories=settings.actions.repositories,
        questions=questions,
        clock=parts.clock,
    )
    caller.reconcile()
    return caller


def _lifetimes(settings: Settings) -> "Lifetimes":
    from tools.lifetimes import Lifetimes

    chosen = settings.approvals
    return Lifetimes(
        plan=chosen.plan_minutes * 60,
        waiting=chosen.waiting_hours * 3600,
        approval=chosen.approval_minutes * 60,
    )


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
