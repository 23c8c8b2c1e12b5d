"""Nearest vectors: exact below 20,000, Voyager's HNSW graph above (Malkov and Yashunin, arXiv:1603.09320).

A matrix product over 20,000 rows takes about a millisecond, so an index would save nothing there and could only
lose recall. Above, the graph is searched wide enough for recall@100 >= .98 against exact search; the test
`test_approximate_neighbours_recall` measures it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidScores
from recsys_core.libraries import library
from recsys_core.top import top
from recsys_core.unit import unit

Measure = Literal["dot", "cosine"]
EXACT_BELOW = 20_000
FILE = "neighbours.voyager"
LINKS, BUILD_WIDTH, SEARCH_WIDTH = 24, 200, 300  # HNSW's M, efConstruction and (at least) ef


@dataclass(frozen=True, eq=False)
class Neighbours:
    """vectors: (items, d), unit rows for cosine. graph: a `voyager.Index`, or None for exact search."""

    vectors: NDArray[np.float32]
    measure: Measure
    graph: Any | None

    @classmethod
    def build(
        cls,
        vectors: NDArray[np.float32],
        *,
        measure: Measure = "dot",
        exact_below: int = EXACT_BELOW,
        seed: int = 0,
    ) -> Self:
        """Index (items, d) vectors. Raises InvalidScores naming the row for NaN or infinity, LibraryMissing."""
        vectors = _ready(vectors, measure)
        if len(vectors) < exact_below:
            return cls(vectors, measure, None)
        voyager = library("voyager")
        space = voyager.Space.InnerProduct if measure == "dot" else voyager.Space.Cosine
        graph = voyager.Index(
            space,
            vectors.shape[1],
            M=LINKS,
            ef_construction=BUILD_WIDTH,
            random_seed=seed + 1,
            max_elements=len(vectors),
        )
        graph.add_items(vectors, num_threads=1)  # one thread: the graph depends on the order of insertion
        return cls(vectors, measure, graph)

    def nearest(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Items (queries, k) and their similarity (queries, k), best first; k is cut to the number of items."""
        queries = _ready(queries, self.measure)
        k = min(k, len(self.vectors))
        if self.graph is None:
            scores = queries @ self.vectors.T
            items = np.stack([top(row, k) for row in scores]) if len(queries) else np.empty((0, k), np.int64)
        else:
            found, _ = self.graph.query(queries, k=k, query_ef=max(SEARCH_WIDTH, 2 * k), num_threads=1)
            items = found.astype(np.int64)
        similarity = np.einsum("qd,qkd->qk", queries, self.vectors[items])
        order = np.argsort(-similarity, axis=1, kind="stable")  # the graph's own distances are rounded
        return np.take_along_axis(items, order, axis=1), np.take_along_axis(similarity, order, axis=1)

    def files(self) -> Mapping[str, Any]:
        """Writers for `artifact.Parts.files`: Voyager's own format where there is a graph."""
        return {} if self.graph is None else {FILE: lambda path: self.graph.save(str(path))}

    @classmethod
    def load(cls, vectors: NDArray[np.float32], *, measure: Measure, folder: Path | None) -> Self:
        """Neighbours of stored vectors, with the graph beside them if one was written."""
        path = None if folder is None else folder / FILE
        if path is None or not path.is_file():
            return cls.build(vectors, measure=measure)
        return cls(_ready(vectors, measure), measure, library("voyager").Index.load(os.fspath(path)))


def _ready(vectors: NDArray[np.float32], measure: Measure) -> NDArray[np.float32]:
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    faulty = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(faulty):
        raise InvalidScores(
            f"vector {faulty[0]} holds NaN or infinity, as do {len(faulty) - 1} others; train again"
        )
    return vectors if measure == "dot" else unit(vectors)
