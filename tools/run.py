"""What one run of an action has at hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread

from tools.errors import Unavailable
from tools.plan import Plan
from tools.ports import (
    Assistant,
    Catalog,
    Entity,
    Indexer,
    Library,
    Meaning,
    Page,
    Ports,
    Refs,
    Section,
    Verifier,
)
from tools.principal import Principal

if TYPE_CHECKING:
    from tools.approving import Approving
    from tools.audit import Audit
    from tools.contexts import Contexts
    from tools.jobs.desk import JobDesk
    from tools.models import ModelBook
    from tools.playbooks.desk import PlaybookDesk
    from tools.policy.budgets import Budgets
    from tools.questions import QuestionLog
    from tools.readings import Readings, Unvouched
    from tools.repositories import Repository
    from tools.undoing import Undoing

Value = TypeVar("Value")
_NOTHING_PLANNED = Plan()
Listener = Callable[[Mapping[str, Any]], None]


@dataclass(slots=True)
class Held:
    """What a read has looked up already: it is asked for once, and all of an answer is from one index."""

    catalog: Catalog | None = None
    at_hand: bool | None = None
    named: dict[str, tuple[Entity, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """On whose behalf, and with what.

    `plan` and `digest` are set in the apply step only: the plan that was decided on, and the idempotency key
    to pass on to whatever is started. `repeated` is set when an earlier process was killed in the middle of it and
    this one carries it out again, which only a repeatable action is asked for. `listen` takes progress events; None when nobody listens.
    `held` is set for reads; what has an effect looks anew each time.
    """

    principal: Principal
    ports: Ports
    contexts: "Contexts"
    readings: "Readings"
    plan: Plan = _NOTHING_PLANNED
    digest: str = ""
    repeated: bool = False
    listen: Listener | None = None
    held: Held | None = None
    desk: "JobDesk | None" = None
    book: "ModelBook | None" = None
    trail: "Audit | None" = None
    approving: "Approving | None" = None
    allowance: "Budgets | None" = None
    undoes: "Undoing | None" = None
    playbook_desk: "PlaybookDesk | None" = None
    log: "QuestionLog | None" = None
    repositories: "Mapping[str, Repository]" = field(default_factory=dict)

    @property
    def jobs(self) -> "JobDesk":
        """Raises `Unavailable` where no jobs can be run."""
        if self.desk is None:
            raise Unavailable("this process runs no jobs; call the server or the command line of the home")
        return self.desk

    @property
    def models(self) -> "ModelBook":
        """The model registry, with what jobs made that ended meanwhile. Raises `Unavailable` where there is none."""
        if self.book is None:
            raise Unavailable(
                "this process has no model registry; call the server or the command line of the home"
            )
        if self.desk is not None:
            self.desk.keep_results()
        return self.book

    @property
    def plans(self) -> "Approving":
        """Plans and what was decided of them. Raises `Unavailable` where none are kept."""
        if self.approving is None:
            raise Unavailable("this process keeps no plans; call the server or the command line of the home")
        return self.approving

    @property
    def budgets(self) -> "Budgets":
        """What is left of limits and grants. Raises `Unavailable` where nothing is counted."""
        if self.allowance is None:
            raise Unavailable("this process counts nothing; call the server or the command line of the home")
        return self.allowance

    @property
    def playbooks(self) -> "PlaybookDesk":
        """Raises `Unavailable` where no playbooks are kept."""
        if self.playbook_desk is None:
            raise Unavailable(
                "this process has no playbooks; call the server or the command line of the home"
            )
        return self.playbook_desk

    @property
    def questions(self) -> "QuestionLog":
        """Raises `Unavailable` where no questions are recorded."""
        if self.log is None or not self.log.records:
            raise Unavailable(
                "no questions are recorded here; the operator keeps them with CUEBOOK_QUESTIONS__DAYS"
            )
        return self.log

    @property
    def audit(self) -> "Audit":
        """Raises `Unavailable` where nothing is recorded."""
        if self.trail is None:
            raise Unavailable("this process keeps no audit; call the server or the command line of the home")
        return self.trail

    @property
    def undoing(self) -> "Undoing":
        """Raises `Unavailable` where no plans are kept."""
        if self.undoes is None:
            raise Unavailable("this process keeps no plans; call the server or the command line of the home")
        return self.undoes

    @property
    def library(self) -> Library:
        return self.ports.library

    @property
    def assistant(self) -> Assistant:
        return self.ports.assistant

    @property
    def unaided(self) -> Assistant:
        return self.ports.unaided

    @property
    def refs(self) -> Refs:
        return self.ports.refs

    @property
    def indexer(self) -> Indexer:
        return self.ports.indexer

    @property
    def verifier(self) -> Verifier:
        return self.ports.verifier

    @property
    def meaning(self) -> Meaning:
        return self.ports.meaning

    @property
    def catalog(self) -> Catalog:
        """The catalog as this run's principal sees it."""
        if self.held is None:
            return self.ports.library.catalog(self.principal)
        if self.held.catalog is None:
            self.held.catalog = self.ports.library.catalog(self.principal)
        return self.held.catalog

    @property
    def at_hand(self) -> bool:
        """Whether looking into the catalog waits for nothing (see `Ports`)."""
        if self.held is None:
            return self.ports.at_hand
        if self.held.at_hand is None:
            self.held.at_hand = self.ports.at_hand
        return self.held.at_hand

    def noticed(self, read: Iterable[Section | Page], *, handle: str = "", begun: bool = False) -> None:
        """Remember which of the texts that this run shows nobody vouches for; `begun` for a new conversation."""
        found = {each.place: each for each in (self._unvouched(source) for source in read) if each}
        self.readings.note(self.principal, tuple(found.values()), handle=handle, begun=begun)

    def concern(self, entity: Entity) -> str:
        """Why nobody vouches for what an entity's author says of it; empty when somebody does."""
        return self.library.concern(entity)

    def noticed_entity(self, entity: Entity) -> None:
        """Remember that this run shows what an entity's author says of it, where nobody vouches for that."""
        from tools.readings import Unvouched

        if reason := self.concern(entity):
            self.readings.note(self.principal, (Unvouched(f"{entity.ref} in the catalog", reason),))

    def _unvouched(self, source: Section | Page) -> "Unvouched | None":
        from tools.readings import Unvouched

        reason = self.library.concern(source)
        return Unvouched(place_of(source), reason) if reason else None

    async def at_once(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """Call `work(*arguments, run)` here where the catalog is in memory, else on a worker thread.

        For a look into the catalog that takes a millisecond: changing threads would cost more than it does.
        """
        if self.at_hand:
            return work(*arguments, self)
        return await self.in_thread(work, *arguments)

    async def in_thread(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """Call `work(*arguments, run)` on a worker thread: whatever computes or waits belongs there."""
        return await anyio.to_thread.run_sync(partial(work, *arguments, self))


def place_of(source: Section | Page) -> str:
    """`entity > path > heading @ revision`."""
    heading = getattr(source, "heading", "") or source.title
    trail = (str(source.entity), source.path or "", heading)
    return f"{' > '.join(part for part in trail if part)} @ {source.revision}"
