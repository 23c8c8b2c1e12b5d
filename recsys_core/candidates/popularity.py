"""Popularity: what most people took, lately if a half-life is given. The floor under every other model.

The count is of the data it is fitted on. Counting the held-out items too, as the much-copied S3-Rec row does, is a
matter of the protocol (`s3rec-table`) and not of the model.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.artifact import Parts
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidConfig
from recsys_core.stages import Stage

DAY = 86_400


class PopularityConfig(Config):
    """half_life_days: an interaction so old counts one half; None counts all the same."""

    kind: Literal["popularity"] = "popularity"
    half_life_days: float | None = Field(default=None, gt=0)


@dataclass(frozen=True, eq=False)
class Popularity:
    """counts: (items,) interactions, decayed to the moment of the newest one."""

    config: PopularityConfig
    item_ids: tuple[str, ...]
    counts: NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        data: Dataset,
        *,
        config: PopularityConfig | None = None,
        seed: int = 0,  # noqa: ARG003 - every candidate model is fitted with a seed
    ) -> Self:
        """Count. Raises InvalidConfig when a half-life is given and the data has no times."""
        config = config or PopularityConfig()
        if config.half_life_days is None:
            counts = data.counts.astype(np.float32)
        elif data.times is None:
            raise InvalidConfig(
                f"half_life_days = {config.half_life_days} needs times, and {data.name} has none; leave it out"
            )
        else:
            age = (data.times.max(initial=0) - data.times) / (DAY * config.half_life_days)
            weights = np.exp2(-age)
            counts = np.bincount(data.histories.items, weights, minlength=len(data.items)).astype(np.float32)
        return cls(config=config, item_ids=data.item_ids, counts=counts)

    @property
    def same_for_all(self) -> NDArray[np.float32]:
        """(items,) the row that everybody gets."""
        return self.counts

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items), every row the same."""
        return np.broadcast_to(self.counts, (len(histories), len(self.counts)))

    def parts(self) -> Parts:
        return Parts("candidates", self.config, self.item_ids, {"counts": self.counts})

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        return cls(config=parts.config, item_ids=parts.item_ids, counts=parts.tensors["counts"])  # type: ignore[arg-type]  # parsed by STAGE.config


STAGE = Stage(PopularityConfig, Popularity)
