"""One generation as it is open in this process, closed when its last reader has gone."""

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from ingest.index.search import Searcher
from ingest.index.store import Store

_RESTRICTED_KEPT = 32


class Snapshot:
    """Store, search and catalog of a generation. Raises `IndexDamaged` when it cannot be read."""

    def __init__(self, generation: str, folder: Path) -> None:
        self.generation = generation
        self.store = Store(folder)
        self.searcher = Searcher(folder, self.store)
        self._lock = threading.Lock()
        self._readers, self._retired = 0, False
        self._restricted: dict[frozenset[EntityRef], CatalogGraph] = {}
        self._reserved: tuple[Entity, ...] | None = None

    @cached_property
    def graph(self) -> CatalogGraph:
        return CatalogGraph(self.store.entities())

    def restricted(
        self, allowed: Callable[[Entity], bool], *, reserves: Callable[[Entity], bool] | None = None
    ) -> CatalogGraph:
        """The graph of the entities that `allowed` lets through; kept, since naming what it holds is costly to learn.

        `reserves` tells, whoever asks, which entities `allowed` may hold back; it is asked once.
        """
        if reserves is not None and self._reserved is None:
            self._reserved = tuple(entity for entity in self.graph.entities if reserves(entity))
        asked = self.graph.entities if reserves is None else self._reserved or ()
        hidden = frozenset(entity.ref for entity in asked if not allowed(entity))
        with self._lock:
            graph = self._restricted.pop(hidden, None)
        graph = graph or self.graph.restricted(lambda entity: entity.ref not in hidden)
        with self._lock:
            self._restricted[hidden] = graph
            while len(self._restricted) > _RESTRICTED_KEPT:
                del self._restricted[next(iter(self._restricted))]
        return graph

    def lend(self) -> None:
        with self._lock:
            self._readers += 1

    def give_back(self) -> None:
        with self._lock:
            self._readers -= 1
            last = self._retired and self._readers == 0
        if last:
            self._close()

    def retire(self) -> None:
        """Close as soon as nobody reads any more."""
        with self._lock:
            last = not self._retired and self._readers == 0
            self._retired = True
        if last:
            self._close()

    def _close(self) -> None:
        self.searcher.close()
        self.store.close()
