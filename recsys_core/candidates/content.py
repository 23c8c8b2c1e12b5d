"""Content vectors: an item is where its attributes put it, so that one nobody has heard yet has a place.

TF-IDF of the attributes (and of the creator, where creators have several items) is brought down to `dimensions` by a
truncated singular value decomposition, latent semantic indexing (Deerwester et al., JASIS 1990). A history stands at the
mean of its latest items; what is nearest by cosine comes first. Nothing is learned from interactions.
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
from recsys_core.errors import InvalidData
from recsys_core.stages import Stage

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class ContentConfig(Config):
    """last: how many of the latest items a history is known by."""

    kind: Literal["content"] = "content"
    dimensions: int = Field(default=64, ge=2, le=1_024)
    last: int = Field(default=10, ge=1, le=10_000)


@dataclass(frozen=True, eq=False)
class Content:
    """vectors: (items, d) of length 1, zero for an item without attributes. ordered: the data had an order."""

    config: ContentConfig
    item_ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    ordered: bool

    @classmethod
    def fit(cls, data: Dataset, *, config: ContentConfig | None = None, seed: int = 0) -> Self:
        """Raises InvalidData when no item has an attribute."""
        config = config or ContentConfig()
        weighted = _weighted(data)
        vectors = _reduced(weighted, config.dimensions, seed)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.asarray(vectors / np.where(lengths > 1e-6, lengths, np.inf), dtype=np.float32)
        return cls(config, data.item_ids, unit, data.ordered)

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """(items, d)."""
        return self.vectors

    def queries(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, d) mean of the latest items that have attributes; zero where none has."""
        latest = histories.last(self.config.last) if self.ordered else histories
        return latest.means(self.vectors)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items) about -1 to 1; 0, neither alike nor unlike, for an item without attributes."""
        return self.queries(histories) @ self.vectors.T

    def parts(self) -> Parts:
        facts = {"ordered": self.ordered}
        return Parts("candidates", self.config, self.item_ids, {"vectors": self.vectors}, facts=facts)

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        return cls(parts.config, parts.item_ids, parts.tensors["vectors"], parts.facts["ordered"])  # type: ignore[arg-type]  # parsed by STAGE.config


def _weighted(data: Dataset) -> "csr_matrix":
    """(items, terms) TF-IDF with rows of length 1, or 0. Raises InvalidData."""
    from scipy.sparse import csr_matrix, diags_array, hstack

    if not data.attributes.shape[1]:
        raise InvalidData(f"no item of {data.name} has an attribute; content vectors need some")
    creators = np.array([item.creator for item in data.items])
    names, column, shared = np.unique(creators, return_inverse=True, return_counts=True)
    told = np.flatnonzero((creators != "") & (shared[column] > 1))
    made = csr_matrix((np.ones(len(told)), (told, column[told])), shape=(len(data.items), len(names)))
    terms = csr_matrix(hstack([data.attributes, made]))
    held = np.asarray((terms > 0).sum(axis=0)).ravel()
    rare = np.log((1 + len(data.items)) / (1 + held)) + 1
    weighted = csr_matrix(terms @ diags_array(rare))
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return csr_matrix(diags_array(1 / np.where(lengths > 0, lengths, 1)) @ weighted)


def _reduced(weighted: "csr_matrix", dimensions: int, seed: int) -> NDArray[np.float64]:
    """(items, d) U S of the d largest singular values; the rows themselves where there are no more terms than that."""
    from scipy.sparse.linalg import svds

    if min(weighted.shape) <= dimensions + 1:
        return np.asarray(weighted.toarray())
    start = np.random.default_rng([seed, 0xC0]).standard_normal(min(weighted.shape))
    left, values, _ = svds(weighted.astype(np.float64), k=dimensions, v0=start)
    return np.asarray(left[:, ::-1] * values[::-1])


STAGE = Stage(ContentConfig, Content)
