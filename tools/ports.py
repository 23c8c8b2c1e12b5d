"""What actions ask of the rest of the system; the server passes the real objects in.

All of it is structural: `ingest` has never heard of these protocols, and the fakes of `tools/fakes.py` fit
them as well. Arguments that only pass through (references, filters, turns) are `Any`, because the other side
declares its own types for them. Ports raise `LookupError` for what does not exist or may not be seen, and
`ValueError` for a text that is no reference; other errors of theirs are named to `tools.call.Caller`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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
    def annotations(self) -> Mapping[str, str]: ...
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


class EntityLink(Protocol):
    """An entity that a text names: how surely, from 0 to 1, and with which words."""

    @property
    def entity(self) -> Entity: ...
    @property
    def score(self) -> float: ...
    @property
    def mention(self) -> str: ...


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
    def called(self, text: str, /) -> Sequence[Entity]: ...
    def link(self, text: str, /) -> Sequence[Entity]: ...
    def link_scored(self, text: str, /) -> Sequence[EntityLink]: ...


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
    @property
    def reviewed(self) -> str: ...


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
    def reviewed(self) -> str: ...
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
    def whole_catalog(self) -> Catalog: ...
    def search(self, question: str, /, *, principal: Any, k: int, filters: Any = ...) -> Sequence[Hit]: ...
    def section(self, entity: str, path: str | None, anchor: str, /, *, principal: Any) -> Section: ...
    def page(self, entity: str, path: str, /, *, principal: Any) -> Page: ...
    def pages(self, entity: str, /, *, principal: Any) -> Sequence[PageEntry]: ...
    def concern(self, source: Any, /) -> str: ...
    def same_meaning(self, texts: Sequence[str], about: Sequence[str], /) -> Sequence[Sequence[int]]: ...


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


class Flag(Protocol):
    """A passage that tries to instruct whoever reads it."""

    @property
    def entity(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def anchor(self) -> str: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def reason(self) -> str: ...


class Conflict(Protocol):
    """Sources that do not agree, or one that is old; `citations` are numbers."""

    @property
    def kind(self) -> str: ...
    @property
    def says(self) -> Sequence[str]: ...
    @property
    def citations(self) -> Sequence[int]: ...


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
    def standalone_question(self) -> str: ...
    @property
    def flags(self) -> Sequence[Flag]: ...
    @property
    def conflicts(self) -> Sequence[Conflict]: ...
    @property
    def note(self) -> str: ...


class Assistant(Protocol):
    """Answers questions; `stream` yields events, the last one `{"type": "done", "answer": Answer}`."""

    def ask(self, question: str, /, *, principal: Any, history: Any, filters: Any) -> Answer: ...
    def stream(
        self, question: str, /, *, principal: Any, history: Any, filters: Any
    ) -> Iterable[Mapping[str, Any]]: ...


class Opening(Protocol):
    """What came of opening a citation again: `by` is the way it was opened, `problem` what was wrong."""

    @property
    def opens(self) -> bool: ...
    @property
    def found(self) -> bool: ...
    @property
    def by(self) -> str: ...
    @property
    def problem(self) -> str: ...


class Verifier(Protocol):
    """Opens citations again from their sources, at their revisions; one opening for each, in order."""

    def check(self, citations: Sequence[Citation], /, *, principal: Any) -> Sequence[Opening]: ...


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


class Kinship(Protocol):
    """How a text stands to groups of phrases: its cosine with each phrase, and how far it belongs to each group, 0 to 1."""

    @property
    def alike(self) -> Mapping[str, float]: ...
    @property
    def belongs(self) -> Mapping[str, float]: ...


class Meaning(Protocol):
    """How alike short texts are in meaning, by the embedder of the index. Both raise what the embedder raises."""

    def likeness(self, text: str, others: Sequence[str], /) -> Sequence[float]:
        """Cosines of `text` with each of `others`."""

    def kinship(self, text: str, groups: Mapping[str, Sequence[str]], /) -> Kinship:
        """Of `text` with groups of phrases, which are learnt once and remembered."""


class Indexer(Protocol):
    """Reads the configured sources again; which ones is settled by the operator, never by a caller.

    `before` names the generation that answered before `generation`, if that still answers and the other is there,
    else it is empty. `go_back` lets it answer again and returns its name.
    """

    def sources(self) -> Sequence[Target]: ...
    def refresh(self) -> Refresh: ...
    def before(self, generation: str, /) -> str: ...
    def go_back(self, generation: str, /) -> str: ...


class EntityFile(Protocol):
    """Where an entity was read: `path` of its file and `docs` of its docs folder, "" for none, relative to `root`.

    `line` is where the entity begins; `site` whether docs lie beside the file.
    """

    @property
    def root(self) -> Path: ...
    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def docs(self) -> str: ...
    @property
    def site(self) -> bool: ...


class Ports(Protocol):
    """All of it. A property may load something heavy when it is first read, so read it in a worker thread.

    `at_hand` tells when that is not so: the catalog is in memory as it is now, and looking into it waits for nothing.
    """

    @property
    def at_hand(self) -> bool: ...

    @property
    def library(self) -> Library: ...
    @property
    def assistant(self) -> Assistant: ...
    def files(self, entity: Any, /) -> EntityFile | None:
        """Where an entity of the catalog lies among the sources; None when it lies in no folder."""
        ...

    @property
    def unaided(self) -> Assistant:
        """The assistant without its model, so that the same question gets the same answer."""
        ...

    @property
    def refs(self) -> Refs: ...
    @property
    def indexer(self) -> Indexer: ...
    @property
    def verifier(self) -> Verifier: ...
    @property
    def meaning(self) -> Meaning: ...
