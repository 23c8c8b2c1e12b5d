"""Item-kNN: items are alike when the same people took them; a history votes with its items' neighbours.

Sarwar et al., WWW 2001 (doi:10.1145/371920.372071); the similarity comes from `implicit`. Cheap and hard to beat on
short histories, so it stands in every table.
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.artifact import Parts
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.libraries import library
from recsys_core.rows import entries, summed
from recsys_core.stages import Stage

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RECOMMENDERS = {"cosine": "CosineRecommender", "tfidf": "TFIDFRecommender", "bm25": "BM25Recommender"}


class ItemKnnConfig(Config):
    """neighbours: how many an item keeps. weighting: what makes two items alike."""

    kind: Literal["item_knn"] = "item_knn"
    neighbours: int = Field(default=100, ge=1, le=10_000)
    weighting: Literal["cosine", "tfidf", "bm25"] = "cosine"


@dataclass(frozen=True, eq=False)
class ItemKnn:
    """similarity: (items, items) CSR, row i the neighbours of i, without i itself."""

    config: ItemKnnConfig
    item_ids: tuple[str, ...]
    similarity: "csr_matrix"

    @classmethod
    def fit(
        cls,
        data: Dataset,
        *,
        config: ItemKnnConfig | None = None,
        seed: int = 0,  # noqa: ARG003 - every candidate model is fitted with a seed
    ) -> Self:
        """Deterministic: the seed is not used. Raises LibraryMissing."""
        config = config or ItemKnnConfig()
        module = library("implicit", module="implicit.nearest_neighbours")
        # one more, because every item is its own nearest neighbour and is taken out again
        recommender = getattr(module, RECOMMENDERS[config.weighting])(K=config.neighbours + 1, num_threads=1)
        with warnings.catch_warnings():
            # implicit warns about the format of a matrix that it made itself
            warnings.simplefilter("ignore")
            recommender.fit(data.histories.matrix.astype(np.float64), show_progress=False)
        similarity = recommender.similarity.tocsr().astype(np.float32)
        similarity.setdiag(0)
        similarity.eliminate_zeros()
        similarity.sort_indices()
        return cls(config=config, item_ids=data.item_ids, similarity=similarity)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items): the summed similarity of the history's items to each item; 0 for an item nobody links."""
        return np.asarray((histories.matrix @ self.similarity).toarray(), dtype=np.float32)

    def links(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """What distinct `items` are alike to, ascending, and the summed similarity: a row of `score` without its zeros."""
        neighbours, similarity = summed(entries(self.similarity, items))
        return neighbours, similarity.astype(np.float32)

    def parts(self) -> Parts:
        tensors = {
            "data": self.similarity.data,
            "indices": self.similarity.indices.astype(np.int32),
            "indptr": self.similarity.indptr.astype(np.int64),
        }
        return Parts("candidates", self.config, self.item_ids, tensors)

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        from scipy.sparse import csr_matrix

        size = len(parts.item_ids)
        arrays = (parts.tensors["data"], parts.tensors["indices"], parts.tensors["indptr"])
        similarity = csr_matrix(arrays, shape=(size, size))
        return cls(config=parts.config, item_ids=parts.item_ids, similarity=similarity)  # type: ignore[arg-type]  # parsed by STAGE.config


STAGE = Stage(ItemKnnConfig, ItemKnn)
