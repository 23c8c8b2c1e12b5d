"""A transformer over what a listener took, in order (see `recsys_core/sequential`): trained with torch, read without.

A history's vector times the items' vectors is the score. A last column answers an empty history with popularity: it holds
log(1 + count) of the items, and 1 for who has no history, 0 for everybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys_core.artifact import Parts
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidData
from recsys_core.libraries import library
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.encoder import Encoder
from recsys_core.stages import Stage
from recsys_core.watch import Watch

_INSTALL = "make training (in a checkout), or: uv pip install --torch-backend cpu torch"


@dataclass(frozen=True, eq=False)
class Sequential:
    """weights: the network's, by name. prior: (items,) log(1 + count). facts: how the epochs were chosen."""

    config: SequentialConfig
    item_ids: tuple[str, ...]
    weights: Mapping[str, NDArray[np.float32]]
    prior: NDArray[np.float32]
    facts: Mapping[str, Any]

    @classmethod
    def fit(
        cls,
        data: Dataset,
        *,
        config: SequentialConfig | None = None,
        seed: int = 0,
        watch: Watch | None = None,
    ) -> Self:
        """Raises InvalidData for data without order or with too little to learn from, LibraryMissing without torch."""
        config = config or SequentialConfig()
        if not data.ordered:
            raise InvalidData(
                f"{data.name} has no order, and a sequential model learns what comes next; use als or item_knn"
            )
        library("torch", needed_for="training a sequential model", install=_INSTALL)
        from recsys_core.sequential.training import train

        trained = train(data.histories, config, seed=seed, watch=watch)
        facts = {
            "epochs": trained.epochs,
            "ended": trained.ended,
            "rounds": [list(each) for each in trained.rounds],
        }
        prior = np.log1p(data.counts).astype(np.float32)
        return cls(config, data.item_ids, trained.weights, prior, facts)

    @cached_property
    def encoder(self) -> Encoder:
        """Histories to vectors, in NumPy."""
        return Encoder(self.weights, self.config.heads)

    @cached_property
    def item_vectors(self) -> NDArray[np.float32]:
        """(items, d + 1): what a query is multiplied with; the prior is the last column."""
        return np.column_stack([self.weights["items"], self.prior])

    def queries(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, d + 1): the history's vector and 0, or zeros and 1 for an empty one. Raises UnknownItem."""
        empty = (histories.lengths == 0).astype(np.float32)
        return np.column_stack([self.encoder.encode(histories), empty])

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items). Raises UnknownItem for an index outside the catalogue."""
        return self.queries(histories) @ self.item_vectors.T

    def parts(self) -> Parts:
        tensors = {"prior": self.prior, **{f"network.{name}": each for name, each in self.weights.items()}}
        return Parts("candidates", self.config, self.item_ids, tensors, facts=self.facts)

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        weights = {
            name.removeprefix("network."): each
            for name, each in parts.tensors.items()
            if name.startswith("network.")
        }
        return cls(parts.config, parts.item_ids, weights, parts.tensors["prior"], parts.facts)  # type: ignore[arg-type]  # parsed by STAGE.config


STAGE = Stage(SequentialConfig, Sequential, watched=True)
