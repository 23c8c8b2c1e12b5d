"""The index as everything else uses it: search, re-open what was found, ask the catalog.

Every answer is for a principal: what they may not see is left out before anything is scored, left out of what
is shown of other entities, and asking for it by name gives the same `NotFound` as what does not exist.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ingest.answers.catalog_entities import entities_asked
from ingest.changes import History, is_change_path
from ingest.changes import opened as opened_change
from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.errors import EmbedderUnavailable, IngestError, NotFound
from ingest.graph import CatalogGraph
from ingest.index.embedders import Embedder, Vectors
from ingest.index.generations import Generations
from ingest.index.hashing import HashingEmbedder
from ingest.index.recent import RecentVectors
from ingest.index.snapshot import Snapshot
from ingest.meaning import same_meaning
from ingest.model_book import ModelBook
from ingest.permissions import MaySee, Principal, everyone_sees_everything
from ingest.registry_pages import is_registry_path, opened
from ingest.trust import concern
from ingest.visible import visible_page, visible_section
from ingest.visible_to import VisibleTo


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows a search to kinds of entities, to an owner's, a system's or one component's. Empty: everything."""

    kind: tuple[str, ...] = ()
    owner: str | None = None
    system: str | None = None
    component: str | None = None


_NO_FILTERS = Filters()
_EXACT = 0.7  # names that were linked less surely have a slip of the pen


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that search found. Scores fall from the first hit on; they say nothing across questions."""

    section: Section
    score: float


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page in the list of an entity's pages."""

    path: str
    title: str


class Library:
    """An open index that follows each new generation by itself. Safe to use from several threads."""

    def __init__(
        self,
        generations: Generations,
        *,
        embedder: Embedder,
        may_see: MaySee | None,
        models: ModelBook | None = None,
        history: History | None = None,
    ) -> None:
        self._generations, self._embedder = generations, embedder
        self._may_see: MaySee = may_see or VisibleTo(self.whole_catalog)
        self._models, self._history = models, history
        self._recent = RecentVectors(embedder)
        self._lock = threading.Lock()
        self._problem: str | None = None
        self._stamp = generations.stamp()
        self._snapshot = Snapshot(*generations.opened())

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        embedder: Embedder,
        may_see: MaySee | None = None,
        models: ModelBook | None = None,
        history: History | None = None,
    ) -> "Library":
        """Cheap: neither vectors nor model are loaded before the first search (or `warm`). `models` fills the
        pages of the registry (`ingest.registry_pages`), `history` those of changes (`ingest.changes`). Who may see
        an entity is what its annotation says (`ingest.visible_to`), unless `may_see` decides it.

        Raises `IndexMissing` before the first ingest and `IndexDamaged` when its result cannot be read.
        """
        return cls(Generations(home), embedder=embedder, may_see=may_see, models=models, history=history)

    @property
    def generation(self) -> str:
        with self._reading() as snapshot:
            return snapshot.generation

    @property
    def is_current(self) -> bool:
        """Whether the next call has no newer generation to open; costs one system call."""
        return self._generations.stamp() == self._stamp

    def catalog(self, principal: Principal) -> CatalogGraph:
        """The graph of the entities that `principal` may see."""
        with self._reading() as snapshot:
            return self._catalog(snapshot, principal)

    def whole_catalog(self) -> CatalogGraph:
        """All of the graph: for decisions that must not depend on who asks. Nothing of it may be answered."""
        with self._reading() as snapshot:
            return snapshot.graph

    def search(
        self, question: str, *, principal: Principal, k: int = 10, filters: Filters = _NO_FILTERS
    ) -> tuple[Hit, ...]:
        """At most `k` sections, the best first. Without embedder it goes by words alone; `status` says so.

        Raises `InvalidEntityRef` when a filter is no reference.
        """
        with self._reading() as snapshot:
            graph = self._catalog(snapshot, principal)
            rows, problem = snapshot.searcher.search(
                question,
                k=k,
                embed=lambda text: self._question_vector(snapshot, text),
                named=(named := {link.entity.ref: link.score for link in graph.link_scored(question)}),
                entities=(allowed := self._searched(snapshot, graph, filters)),
            )
            asked = entities_asked(question, graph, misspelt=any(score < _EXACT for score in named.values()))
            rows = snapshot.searcher.led_by(asked, rows, k=k, entities=allowed)
            self._problem = problem
            found = snapshot.store.sections([row for row, _ in rows])
            sections = [self._as_seen(section, snapshot, graph) for section in found]
        return tuple(Hit(section, score) for section, (_, score) in zip(sections, rows, strict=True))

    def section(self, entity: str, path: str | None, anchor: str, *, principal: Principal) -> Section:
        """A section verbatim. Raises `NotFound`, and `InvalidEntityRef` when `entity` is no reference."""
        if (is_registry_path(path) or is_change_path(path)) and not anchor:
            return self.page(entity, str(path), principal=principal).sections[0]
        ref = EntityRef.parse(entity)
        with self._reading() as snapshot:
            found = (
                snapshot.store.section(str(ref), path, anchor)
                if self._sees(snapshot, principal, ref)
                else None
            )
            if found is not None:
                found = self._as_seen(found, snapshot, self._catalog(snapshot, principal))
        if found is None:
            place = f"section {anchor!r} in {path!r}" if path is not None else f"part {anchor!r}"
            raise NotFound(f"{ref} has no {place}; search for it, or list the entity's pages")
        return found

    def as_seen(self, section: Section, *, principal: Principal) -> Section:
        """A section that was read elsewhere, as `principal` may see it."""
        with self._reading() as snapshot:
            return self._as_seen(section, snapshot, self._catalog(snapshot, principal))

    def page(self, entity: str, path: str, *, principal: Principal) -> Page:
        """A page whole. Raises `NotFound`, and `InvalidEntityRef` when `entity` is no reference."""
        ref = EntityRef.parse(entity)
        if is_change_path(path):
            return opened_change(path, self.catalog(principal).get(ref), self._history)
        if is_registry_path(path):
            return opened(path, self.catalog(principal).get(ref), self._models, whole=self.whole_catalog())
        with self._reading() as snapshot:
            found = snapshot.store.page(str(ref), path) if self._sees(snapshot, principal, ref) else None
            graph = self._catalog(snapshot, principal)
            if found is not None and graph is not snapshot.graph:
                hidden = partial(_is_hidden, whole=snapshot.graph, graph=graph)
                found = visible_page(found, graph=graph, is_hidden=hidden)
        if found is None:
            raise NotFound(f"{ref} has no page {path!r}; list the entity's pages to see what there is")
        return found

    def pages(self, entity: str, *, principal: Principal) -> tuple[PageEntry, ...]:
        """An entity's pages in the order of its navigation; none when it has no docs.

        Raises `NotFound` when there is no such entity, and `InvalidEntityRef` when `entity` is no reference.
        """
        ref = EntityRef.parse(entity)
        with self._reading() as snapshot:
            seen = self._sees(snapshot, principal, ref)
            listed = snapshot.store.pages(str(ref)) if seen else []
            if not listed and not (seen and snapshot.graph.get(ref)):
                raise NotFound(f"there is no entity {ref}; look for it with `cuebook entities`")
        return tuple(PageEntry(path, title) for path, title in listed)

    def concern(self, source: Section | Page | Entity) -> str:
        """Why nobody vouches for a text that was read here; empty when somebody does."""
        return concern(source)

    def status(self) -> dict[str, Any]:
        """What is open, as JSON-able values; `degraded` says why meaning is missing from search, or is None."""
        with self._reading() as snapshot:
            facts = snapshot.store.facts
            return {
                "generation": snapshot.generation,
                "counts": dict(facts["counts"]),
                "built_at": facts["built_at"],
                "embedder": facts["embedder"],
                "skipped": list(facts["skipped"]),
                "degraded": self._other_embedder(snapshot) or self._problem,
            }

    def embed_question(self, text: str) -> Vectors:
        """The vector of a text, shape (dimension,); recent ones are remembered. Raises `EmbedderUnavailable`."""
        return self._recent.one(text)

    def similarity(self, question: str, texts: Sequence[str]) -> list[float]:
        """The cosine of each text with the question; by shared words when the embedder does not answer."""
        if not texts:
            return []
        try:
            rows = self._recent.many([question, *texts])
        except EmbedderUnavailable as error:
            self._problem = str(error)
            rows = list(HashingEmbedder().embed([question, *texts]))
        matrix = np.stack(rows)
        return [float(cosine) for cosine in matrix[1:] @ matrix[0]]

    def same_meaning(self, texts: Sequence[str], about: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Groups of texts that ask the same (`ingest.meaning`); by shared words when the embedder does not answer."""
        try:
            vectors = self._recent.many(texts) if texts else []
        except EmbedderUnavailable as error:
            self._problem = str(error)
            vectors = list(HashingEmbedder().embed(texts))
        return same_meaning(texts, vectors, about)

    def document_frequency(self, stem: str) -> int:
        """How many sections hold the term (see `ingest.index.terms.stem`)."""
        with self._reading() as snapshot:
            return snapshot.searcher.document_frequency(stem)

    def warm(self) -> None:
        """Load what the first search would: model, vectors, names of entities."""
        with self._reading() as snapshot, contextlib.suppress(IngestError):
            snapshot.graph.link("warm")
            entities_asked("who owns warm", snapshot.graph, misspelt=True)
            snapshot.searcher.open_vectors()
            self._question_vector(snapshot, "warm")

    def follow(self) -> bool:
        """Open the generation that CURRENT names, if it moved; true when it did. Every other call does this first."""
        stamp = self._generations.stamp()
        if stamp == self._stamp:
            return False
        with self._lock:
            if stamp == self._stamp:
                return False
            try:
                generation, folder = self._generations.opened()
                moved = generation != self._snapshot.generation
                if moved:
                    old, self._snapshot = self._snapshot, Snapshot(generation, folder)
                    old.retire()
            except IngestError as error:
                self._problem = str(error)  # the one that is open still answers
                moved = False
            self._stamp = stamp
        return moved

    def close(self) -> None:
        with self._lock:
            self._snapshot.retire()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Snapshot]:
        self.follow()
        with self._lock:
            snapshot = self._snapshot
            snapshot.lend()
        try:
            yield snapshot
        finally:
            snapshot.give_back()

    def _catalog(self, snapshot: Snapshot, principal: Principal) -> CatalogGraph:
        if self._may_see is everyone_sees_everything:
            return snapshot.graph
        reserves = self._may_see.reserves if isinstance(self._may_see, VisibleTo) else None
        return snapshot.restricted(lambda entity: self._may_see(principal, entity), reserves=reserves)

    def _as_seen(self, section: Section, snapshot: Snapshot, graph: CatalogGraph) -> Section:
        if graph is snapshot.graph:
            return section
        hidden = partial(_is_hidden, whole=snapshot.graph, graph=graph)
        return visible_section(section, graph=graph, is_hidden=hidden)

    def _sees(self, snapshot: Snapshot, principal: Principal, ref: EntityRef) -> bool:
        if self._may_see is everyone_sees_everything:
            return True
        entity = snapshot.graph.get(ref)
        return entity is not None and self._may_see(principal, entity)

    def _searched(self, snapshot: Snapshot, graph: CatalogGraph, filters: Filters) -> frozenset[str] | None:
        """The entities of which anything may be found, None for all."""
        if filters == _NO_FILTERS and graph is snapshot.graph:
            return None
        kinds = {kind.lower() for kind in filters.kind}
        component = EntityRef.parse(filters.component, kind="component") if filters.component else None
        found = graph.query(owner=filters.owner, system=filters.system)
        if filters.system:  # a system's own pages are about it as well
            system = EntityRef.parse(filters.system, kind="system")
            found += tuple(e for e in graph.query(owner=filters.owner) if e.ref == system)
        return frozenset(
            str(entity.ref)
            for entity in found
            if (not kinds or entity.ref.kind in kinds) and component in (None, entity.ref)
        )

    def _question_vector(self, snapshot: Snapshot, text: str) -> Vectors:
        if (problem := self._other_embedder(snapshot)) is not None:
            raise EmbedderUnavailable(problem)
        return self._recent.one(text)

    def _other_embedder(self, snapshot: Snapshot) -> str | None:
        built_with = snapshot.store.facts["embedder"]
        if built_with == self._embedder.name:
            return None
        return (
            f"search goes by words alone: the index was built with {built_with}, the settings name "
            f"{self._embedder.name}; run `cuebook ingest`"
        )


def _is_hidden(ref: EntityRef | None, *, whole: CatalogGraph, graph: CatalogGraph) -> bool:
    return ref is not None and graph.get(ref) is None and whole.get(ref) is not None
