"""Co-listening: a walk with restarts over the graph of what was heard soon after what.

An edge i -> j counts how often j came within `window` items of i, in histories and playlists, a neighbour d places away
counting 1/d. From the latest items of a history the walk follows edges and begins again, as Pixie's does (Eksombatchai
et al., WWW 2018, arXiv:1711.07601); here its expectation is computed, which needs no seed:

    score = sum over t of (1 - restart)^t  h P^t,    t = 1 ... steps

h (rows, items) weighs the latest items by age, P (items, items) is the graph with rows that sum to at most 1.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.artifact import Parts
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.stages import Stage

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class CoListeningConfig(Config):
    """window: how far apart two items still count as heard together. backward: what an edge counts against its
    direction. neighbours: edges an item keeps, the heaviest. damping: how much of an item's popularity is taken from
    the edges to it; 0 nothing, 1 all. last: how many of the latest items a walk begins at, `fading` by so much each."""

    kind: Literal["co_listening"] = "co_listening"
    window: int = Field(default=3, ge=1, le=100)
    backward: float = Field(default=0.5, ge=0, le=1)
    neighbours: int = Field(default=50, ge=1, le=1_000)
    damping: float = Field(default=0.5, ge=0, le=1)
    steps: int = Field(default=2, ge=1, le=5)
    restart: float = Field(default=0.5, gt=0, lt=1)
    last: int = Field(default=10, ge=1, le=1_000)
    fading: float = Field(default=0.8, gt=0, le=1)


@dataclass(frozen=True, eq=False)
class CoListening:
    """graph: (items, items) CSR, row i the chances to go on from i. ordered: the data had an order."""

    config: CoListeningConfig
    item_ids: tuple[str, ...]
    graph: "csr_matrix"
    ordered: bool

    @classmethod
    def fit(
        cls,
        data: Dataset,
        *,
        config: CoListeningConfig | None = None,
        seed: int = 0,  # noqa: ARG003 - every candidate model is fitted with a seed
    ) -> Self:
        """Deterministic: the seed is not used. Data without an order links all items of a row alike."""
        config = config or CoListeningConfig()
        counts = _counts(data, config)
        return cls(config, data.item_ids, _graph(counts, config), data.ordered)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items): how often a walk comes by; 0 for an item that no walk reaches, and for an empty history."""
        walkers = self._starts(histories)
        total = np.zeros((len(histories), len(self.item_ids)), dtype=np.float32)
        for _ in range(self.config.steps):
            walkers = (walkers @ self.graph) * np.float32(1 - self.config.restart)
            total += walkers.toarray()
        return total

    def _starts(self, histories: Histories) -> "csr_matrix":
        """(rows, items) where walks begin; each row sums to 1, or to 0 for an empty history."""
        from scipy.sparse import csr_matrix

        latest = histories.last(self.config.last) if self.ordered else histories
        ages = latest.ages if self.ordered else np.zeros(len(latest.items), np.int64)
        weights = np.power(self.config.fading, ages)
        totals = np.bincount(latest.owners, weights, minlength=len(latest))
        shares = (weights / totals[latest.owners]).astype(np.float32)
        shape = (len(histories), len(self.item_ids))
        return csr_matrix((shares, (latest.owners, latest.items)), shape=shape)

    def parts(self) -> Parts:
        tensors = {
            "data": self.graph.data,
            "indices": self.graph.indices.astype(np.int32),
            "indptr": self.graph.indptr.astype(np.int64),
        }
        return Parts("candidates", self.config, self.item_ids, tensors, facts={"ordered": self.ordered})

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        from scipy.sparse import csr_matrix

        size = len(parts.item_ids)
        arrays = (parts.tensors["data"], parts.tensors["indices"], parts.tensors["indptr"])
        graph = csr_matrix(arrays, shape=(size, size))
        return cls(parts.config, parts.item_ids, graph, parts.facts["ordered"])  # type: ignore[arg-type]  # parsed by STAGE.config


def _counts(data: Dataset, config: CoListeningConfig) -> "csr_matrix":
    """(items, items) how often, and how closely, the column's item came after the row's; 0 on the diagonal."""
    from scipy.sparse import csr_matrix

    size = len(data.items)
    if data.ordered:
        forward = _pairs(data.histories, config.window, size)
    else:
        rows = data.histories.matrix
        shared = rows.multiply(1 / np.maximum(data.histories.lengths, 1)[:, None]).tocsr()
        forward = (shared.T @ rows).tocsr()
    if data.playlists:
        lists = Histories.of([playlist.items for playlist in data.playlists], item_count=size)
        forward = forward + _pairs(lists, config.window, size)
    counts = csr_matrix(forward + config.backward * forward.T, dtype=np.float32)
    counts.setdiag(0)
    counts.eliminate_zeros()
    return counts


def _pairs(histories: Histories, window: int, size: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    counts = csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, window + 1):
        near = np.flatnonzero(histories.ages >= distance)  # the one `distance` later is of the same row
        places = (histories.items[near], histories.items[near + distance])
        counts = counts + csr_matrix(
            (np.full(len(near), 1 / distance, np.float32), places), shape=(size, size)
        )
    return counts


def _graph(counts: "csr_matrix", config: CoListeningConfig) -> "csr_matrix":
    """Rows cut to their heaviest edges and brought to sum 1; items without an edge keep an empty row."""
    from scipy.sparse import csr_matrix, diags_array

    popular = np.asarray(counts.sum(axis=0)).ravel()
    damped = csr_matrix(counts @ diags_array(np.maximum(popular, 1e-12) ** -config.damping))
    damped.sort_indices()
    kept = np.zeros(damped.nnz, dtype=bool)
    for row in range(damped.shape[0]):
        start, stop = damped.indptr[row], damped.indptr[row + 1]
        best = np.argsort(-damped.data[start:stop], kind="stable")[: config.neighbours]
        kept[start + best] = True
    damped.data = np.where(kept, damped.data, 0)
    damped.eliminate_zeros()
    totals = np.asarray(damped.sum(axis=1)).ravel()
    graph = csr_matrix(diags_array(1 / np.where(totals > 0, totals, 1)) @ damped, dtype=np.float32)
    graph.sort_indices()
    return graph


STAGE = Stage(CoListeningConfig, CoListening)
