"""Nearest neighbours in any vector space: the latest items of a history stand at their mean, what is near is proposed.

The space is made by a `model` that has item vectors, fitted on the training data like any other, or is read from a
`space` that the recipe `embed` or `cuebook recsys embed-texts` wrote. From 20,000 items on Voyager's HNSW graph is
searched (`neighbours.py`), below that every vector. An item without a vector scores below all that have one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from recsys_core.artifact import Parts
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.errors import HeldOutSeen, InvalidConfig, InvalidData
from recsys_core.neighbours import Measure
from recsys_core.sources import fit
from recsys_core.space import VectorSpace, load_space
from recsys_core.stages import Stage, configure
from recsys_core.unit import unit


def _model(value: Any) -> Any:
    return configure("candidates", value, where="model") if isinstance(value, Mapping) else value


class AnnConfig(Config):
    """model: what makes the space, item2vec by default; space: a folder that holds one, instead. measure: `cosine`, or `dot` to let long
    vectors come first. last: how many of the latest items a history is known by."""

    kind: Literal["ann"] = "ann"
    model: Annotated[SerializeAsAny[Config], BeforeValidator(_model)] | None = Field(default=None)
    space: str | None = None
    measure: Measure = "cosine"
    last: int = Field(default=5, ge=1, le=10_000)

    @model_validator(mode="before")
    @classmethod
    def _made_by_default(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("model") is None and values.get("space") is None:
            return {**values, "model": {"kind": "item2vec"}}
        return values

    @model_validator(mode="after")
    def _one(self) -> "AnnConfig":
        if self.model is not None and self.space is not None:
            raise ValueError("model makes a space and space reads one; give one of them")
        return self


@dataclass(frozen=True, eq=False)
class Ann:
    """vectors: (items, d), of length 1 for cosine, zero for an item without one. ordered: the data had an order."""

    config: AnnConfig
    item_ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    ordered: bool

    @classmethod
    def fit(cls, data: Dataset, *, config: AnnConfig, seed: int = 0) -> Self:
        """Raises InvalidConfig, HeldOutSeen, InvalidData, and what fitting the model or reading the space raises."""
        found = _read(Path(config.space), data) if config.space else _made(config, data, seed)
        if config.measure == "cosine":
            found = unit(found)
        return cls(config, data.item_ids, np.ascontiguousarray(found, dtype=np.float32), data.ordered)

    @cached_property
    def item_vectors(self) -> NDArray[np.float32]:
        """(items, d + 1): what a query is multiplied with; the last column puts items without a vector below all others."""
        held = self.vectors.any(axis=1)
        longest = np.linalg.norm(self.vectors, axis=1).max(initial=0.0)
        # a query is a mean of vectors: no product is below -longest^2
        below = np.where(held, 0, -2 * np.square(max(longest, 1e-3)))
        return np.column_stack([self.vectors, below.astype(np.float32)])

    def queries(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, d + 1) mean of the latest items that have a vector, 0 where none has; the last column is 1."""
        latest = histories.last(self.config.last) if self.ordered else histories
        means = latest.means(self.vectors)
        return np.column_stack([means, np.ones(len(means), np.float32)])

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items)."""
        return self.queries(histories) @ self.item_vectors.T

    def parts(self) -> Parts:
        facts = {"ordered": self.ordered}
        return Parts("candidates", self.config, self.item_ids, {"vectors": self.vectors}, facts=facts)

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        return cls(parts.config, parts.item_ids, parts.tensors["vectors"], parts.facts["ordered"])  # type: ignore[arg-type]  # parsed by STAGE.config


def _made(config: AnnConfig, data: Dataset, seed: int) -> NDArray[np.float32]:
    if config.model is None:
        raise InvalidConfig("ann: neither model nor space is given")
    model = fit(config.model, data, seed=seed)
    # what is alike is said by `inside` of item2vec; its `item_vectors` answer another question
    vectors = getattr(model, "inside", getattr(model, "item_vectors", None))
    if vectors is None:
        kind = config.model.model_dump()["kind"]
        raise InvalidConfig(f"ann: model.kind = {kind!r} has no item vectors; use als, item2vec or content")
    return np.asarray(vectors, dtype=np.float32)


def _read(folder: Path, data: Dataset) -> NDArray[np.float32]:
    space: VectorSpace = load_space(folder)
    learned = space.lineage.learned
    if learned and learned != data.hash:
        raise HeldOutSeen(
            f"the space in {str(folder)!r} learned from the interactions {learned[:12]}, and these are {data.hash[:12]}: "
            "it may have seen what is held out. Give its model (`model = {kind = ...}`), which is then fitted here"
        )
    rows = space.items.rows_of(data.item_ids)
    if (rows < 0).all():
        raise InvalidData(
            f"the space in {str(folder)!r} has a vector for no item of {data.name} (such as {data.item_ids[0]!r}); "
            "make it of this catalogue"
        )
    vectors = np.zeros((len(data.items), space.dimensions), dtype=np.float32)
    vectors[rows >= 0] = space.items.vectors[rows[rows >= 0]]
    return vectors


STAGE = Stage(AnnConfig, Ann)
