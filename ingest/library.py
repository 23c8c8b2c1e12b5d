"""The index as everything else uses it: search, re-open what was found, ask the catalog.

Every answer is for a principal: what they may not see is left out before anything is scored, and asking for it
by name gives the same `NotFound` as what does not exist.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest.documents import Page, Section
from ingest.entities import EntityRef
from ingest.errors import EmbedderUnavailable, IngestError, NotFound
from ingest.graph import CatalogGraph
from ingest.index.embedders import Embedder, Vectors
from ingest.index.generations import Generations
from ingest.index.hashing import HashingEmbedder
from ingest.index.recent import RecentVectors
from ingest.index.snapshot import Snapshot
from ingest.permissions import MaySee, Principal, everyone_sees_everything


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows a search to kinds of entities, to an owner's, a system's or one component's. Empty: everything."""

    kind: tuple[str, ...] = ()
    owner: str | None = None
    system: str | None = None
    component: str | None = None


_NO_FILTERS = Filters()


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

    def __init__(self, generations: Generations, *, embedder: Embedder, may_see: MaySee) -> None:
        self._generations, self._embedder, self._may_see = generations, embedder, may_see
        self._recent = RecentVectors(embedder)
        self._lock = threading.Lock()
        self._problem: str | None = None
        self._stamp = generations.stamp()
        self._snapshot = Snapshot(*generations.opened())

    @classmethod
    def open(cls, home: Path, *, embedder: Embedder, may_see: MaySee = everyone_sees_everything) -> "Library":
        """Cheap: neither vectors nor model are loaded before the first search (or `warm`).

        Raises `IndexMissing` before the first ingest and `IndexDamaged` when its result cannot be read.
        """
        return cls(Generations(home), embedder=embedder, may_see=may_see)

    @property
    def generation(self) -> str:
        with self._reading() as snapshot:
            return snapshot.generation

    def catalog(self, principal: Principal) -> CatalogGraph:
        """The graph of the entities that `principal` may see."""
        with self._reading() as snapshot:
            return self._catalog(snapshot, principal)

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
                named={link.entity.ref: link.score for link in graph.link_scored(question)},
                entities=self._searched(graph, filters),
            )
            self._problem = problem
            sections = snapshot.store.sections([row for row, _ in rows])
        return tuple(Hit(section, score) for section, (_, score) in zip(sections, rows, strict=True))

    def section(self, entity: str, path: str | None, anchor: str, *, principal: Principal) -> Section:
        """A section verbatim. Raises `NotFound`, and `InvalidEntityRef` when `entity` is no reference."""
        ref = EntityRef.parse(entity)
        with self._reading() as snapshot:
            found = (
                snapshot.store.section(str(ref), path, anchor)
                if self._sees(snapshot, principal, ref)
                else None
            )
        if found is None:
            place = f"section {anchor!r} in {path!r}" if path is not None else f"part {anchor!r}"
            raise NotFound(f"{ref} has no {place}; search for it, or list the entity's pages")
        return found

    def page(self, entity: str, path: str, *, principal: Principal) -> Page:
        """A page whole. Raises `NotFound`, and `InvalidEntityRef` when `entity` is no reference."""
        ref = EntityRef.parse(entity)
        with self._reading() as snapshot:
            found = snapshot.store.page(str(ref), path) if self._sees(snapshot, principal, ref) else None
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

    def document_frequency(self, stem: str) -> int:
        """How many sections hold the term (see `ingest.index.terms.stem`)."""
        with self._reading() as snapshot:
            return snapshot.store.document_frequency(stem)

    def warm(self) -> None:
        """Load what the first search would: model, vectors, names of entities."""
        with self._reading() as snapshot, contextlib.suppress(IngestError):
            snapshot.graph.link("warm")
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
        return snapshot.restricted(lambda entity: self._may_see(principal, entity))

    def _sees(self, snapshot: Snapshot, principal: Principal, ref: EntityRef) -> bool:
        if self._may_see is everyone_sees_everything:
            return True
        entity = snapshot.graph.get(ref)
        return entity is not None and self._may_see(principal, entity)

    def _searched(self, graph: CatalogGraph, filters: Filters) -> frozenset[str] | None:
        """The entities of which anything may be found, None for all."""
        if filters == _NO_FILTERS and self._may_see is everyone_sees_everything:
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
