"""What actions ask of the rest of the system; the server passes the real objects in.

All of it is structural: `ingest` has never heard of these protocols, and the fakes of `tools/fakes.py` fit
them as well. Arguments that only pass through (references, filters, turns) are `Any`, because the other side
declares its own types for them. Ports raise `LookupError` for what does not exist or may not be seen, and
`ValueError` for a text that is no reference; other errors of theirs are named to `tools.call.Caller`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tools.plan import Target


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows a search: to kinds of entities, to an owner's, a system's or one component's."""

    kind: tuple[str, ...] = ()
    owner: str | None = None
    system: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation, what was answered, and the full refs of the entities it was about."""

    question: str
    answer: str
    entities: tuple[str, ...] = ()


class Ref(Protocol):
    """A reference to an entity; `str(ref)` is `kind:namespace/name` in lower case."""

    @property
    def kind(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...


class Refs(Protocol):
    """Reads references."""

    def parse(self, text: str, *, kind: str | None = None, namespace: str = "default") -> Ref: ...


class Entity(Protocol):
    """One entity of the catalog."""

    @property
    def ref(self) -> Ref: ...
    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def links(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def type(self) -> str | None: ...
    @property
    def lifecycle(self) -> str | None: ...
    @property
    def owner(self) -> Ref | None: ...
    @property
    def system(self) -> Ref | None: ...


class Relation(Protocol):
    """`source --type--> target`."""

    @property
    def source(self) -> Ref: ...
    @property
    def type(self) -> str: ...
    @property
    def target(self) -> Ref: ...
    @property
    def declared(self) -> bool: ...


class Catalog(Protocol):
    """The graph of entities as one principal sees it."""

    @property
    def entities(self) -> Sequence[Entity]: ...
    @property
    def dangling(self) -> Sequence[Relation]: ...
    def get(self, ref: Any, /) -> Entity | None: ...
    def relations(self, ref: Any, /, *, types: Any = None) -> Sequence[Relation]: ...
    def query(
        self,
        *,
        kind: str | None = None,
        type: str | None = None,
        owner: Any = None,
        system: Any = None,
        lifecycle: str | None = None,
        tag: str | None = None,
        text: str | None = None,
    ) -> Sequence[Entity]: ...
    def link(self, text: str, /) -> Sequence[Entity]: ...


class Section(Protocol):
    """A heading with what stands under it, verbatim."""

    @property
    def entity(self) -> Ref: ...
    @property
    def path(self) -> str | None: ...
    @property
    def anchor(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def breadcrumb(self) -> tuple[str, ...]: ...
    @property
    def text(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def modified(self) -> datetime | None: ...
    @property
    def owner(self) -> Ref | None: ...


class Page(Protocol):
    """One document, whole; `trail` are the titles that lead to it."""

    @property
    def entity(self) -> Ref: ...
    @property
    def path(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def trail(self) -> tuple[str, ...]: ...
    @property
    def markdown(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def modified(self) -> datetime | None: ...
    @property
    def owner(self) -> Ref | None: ...
    @property
    def sections(self) -> Sequence[Section]: ...


class PageEntry(Protocol):
    """A page in an entity's list of pages."""

    @property
    def path(self) -> str: ...
    @property
    def title(self) -> str: ...


class Hit(Protocol):
    """A section that search found; higher scores are better."""

    @property
    def section(self) -> Section: ...
    @property
    def score(self) -> float: ...


class Library(Protocol):
    """The index: search, and the verbatim text behind every hit."""

    def catalog(self, principal: Any, /) -> Catalog: ...
    def search(self, question: str, /, *, principal: Any, k: int, filters: Any) -> Sequence[Hit]: ...
    def section(self, entity: str, path: str | None, anchor: str, /, *, principal: Any) -> Section: ...
    def page(self, entity: str, path: str, /, *, principal: Any) -> Page: ...
    def pages(self, entity: str, /, *, principal: Any) -> Sequence[PageEntry]: ...


class Citation(Protocol):
    """Where a statement of an answer stands; `quote` is verbatim."""

    @property
    def number(self) -> int: ...
    @property
    def entity(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def anchor(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def quote(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def modified(self) -> datetime | None: ...


class Answer(Protocol):
    """An answer with `[n]` marks that number its citations."""

    @property
    def text(self) -> str: ...
    @property
    def abstained(self) -> bool: ...
    @property
    def confidence(self) -> float: ...
    @property
    def citations(self) -> Sequence[Citation]: ...
    @property
    def facts(self) -> Sequence[str | int]: ...
    @property
    def passages(self) -> Sequence[Hit]: ...
    @property
    def produced_by(self) -> str: ...
    @property
    def entities(self) -> Sequence[str]: ...
    @property
    def note(self) -> str: ...


class Assistant(Protocol):
    """Answers questions; `stream` yields events, the last one `{"type": "done", "answer": Answer}`."""

    def ask(self, question: str, /, *, principal: Any, history: Any, filters: Any) -> Answer: ...
    def stream(
        self, question: str, /, *, principal: Any, history: Any, filters: Any
    ) -> Iterable[Mapping[str, Any]]: ...


class Refresh(Protocol):
    """What re-reading the sources led to."""

    @property
    def generation(self) -> str: ...
    @property
    def changed(self) -> bool: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def seconds(self) -> float: ...


class Indexer(Protocol):
    """Reads the configured sources again; which ones is settled by the operator, never by a caller."""

    def sources(self) -> Sequence[Target]: ...
    def refresh(self) -> Refresh: ...


class Ports(Protocol):
    """All of it. A property may load something heavy when it is first read, so read it in a worker thread."""

    @property
    def library(self) -> Library: ...
    @property
    def assistant(self) -> Assistant: ...
    @property
    def refs(self) -> Refs: ...
    @property
    def indexer(self) -> Indexer: ...
