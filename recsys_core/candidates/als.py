"""ALS: matrix factorisation of who took what, an unseen pair being a weak no (Hu, Koren, Volinsky, ICDM 2008).

Item factors come from `implicit`; a row of scores folds the history in by solving its least-squares problem, so
newer events and guests need no new training.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.artifact import Parts
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.libraries import library
from recsys_core.stages import Stage


class AlsConfig(Config):
    """alpha: how much more a taken item weighs than one not taken. regularization: ridge on both sides."""

    kind: Literal["als"] = "als"
    factors: int = Field(default=64, ge=1, le=1_024)
    iterations: int = Field(default=15, ge=1, le=1_000)
    alpha: float = Field(default=10.0, gt=0)
    regularization: float = Field(default=0.01, gt=0)


@dataclass(frozen=True, eq=False)
class Als:
    """factors: (items, f)."""

    config: AlsConfig
    item_ids: tuple[str, ...]
    factors: NDArray[np.float32]

    @classmethod
    def fit(cls, data: Dataset, *, config: AlsConfig | None = None, seed: int = 0) -> Self:
        """Raises LibraryMissing."""
        config = config or AlsConfig()
        from threadpoolctl import threadpool_limits

        module = library("implicit", module="implicit.cpu.als")
        with threadpool_limits(1, "blas"):  # many small solves: BLAS threads only get into each other's way
            solver = module.AlternatingLeastSquares(
                factors=config.factors,
                iterations=config.iterations,
                alpha=config.alpha,
                regularization=config.regularization,
                num_threads=1,
                random_state=seed,
            )
            solver.fit(data.histories.matrix, show_progress=False)
        return cls(
            config=config, item_ids=data.item_ids, factors=np.asarray(solver.item_factors, dtype=np.float32)
        )

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """(items, f): what a query is multiplied with."""
        return self.factors

    def queries(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, f) user factors p = (Y'Y + alpha Y_h'Y_h + r I)^-1 (alpha Y_h'1), h the history's items."""
        # implicit reads alpha as the confidence of a taken item, against 1 of the others: hence alpha - 1
        queries = np.empty((len(histories), self.config.factors), dtype=np.float32)
        for row in range(len(histories)):
            taken = self.factors[np.unique(histories.row(row))]  # (h, f)
            left = self._gram + (self.config.alpha - 1) * (taken.T @ taken)
            queries[row] = np.linalg.solve(left, self.config.alpha * taken.sum(axis=0))
        return queries

    @cached_property
    def _gram(self) -> NDArray[np.float32]:
        """(f, f) Y'Y + r I, the same for every history."""
        ridge = self.config.regularization * np.eye(self.config.factors, dtype=np.float32)
        return np.asarray(self.factors.T @ self.factors + ridge, dtype=np.float32)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items) predicted preference, about 0 to 1."""
        return self.queries(histories) @ self.factors.T

    def parts(self) -> Parts:
        return Parts("candidates", self.config, self.item_ids, {"factors": self.factors})

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        return cls(config=parts.config, item_ids=parts.item_ids, factors=parts.tensors["factors"])  # type: ignore[arg-type]  # parsed by STAGE.config


STAGE = Stage(AlsConfig, Als)
