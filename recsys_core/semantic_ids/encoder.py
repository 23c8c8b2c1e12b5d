"""A small network between mixed vectors and what is coded, read without torch; `rq_vae.py` trains it."""

from dataclasses import dataclass

import numpy as np

from recsys_core.semantic_ids.clusters import Vectors


@dataclass(frozen=True, eq=False)
class Encoder:
    """layers: (in, out) weights and (out,) offsets of each, with a ReLU between two."""

    layers: tuple[tuple[Vectors, Vectors], ...]

    def __call__(self, vectors: Vectors) -> Vectors:
        """(rows, in of the first) to (rows, out of the last)."""
        for at, (weights, offsets) in enumerate(self.layers):
            if at:
                vectors = np.maximum(vectors, 0)
            vectors = vectors @ weights + offsets
        return np.asarray(vectors, dtype=np.float32)

    def tensors(self) -> dict[str, Vectors]:
        """By the name that a file has them under."""
        named: dict[str, Vectors] = {}
        for at, (weights, offsets) in enumerate(self.layers):
            named |= {f"encoder.{at}.weights": weights, f"encoder.{at}.offsets": offsets}
        return named

    @classmethod
    def of(cls, tensors: dict[str, Vectors]) -> "Encoder | None":
        """What `tensors` named; None where none of them is an encoder's."""
        count = sum(name.startswith("encoder.") for name in tensors) // 2
        layers = ((tensors[f"encoder.{at}.weights"], tensors[f"encoder.{at}.offsets"]) for at in range(count))
        return cls(tuple(layers)) if count else None
