"""The seam to embedding models: texts in, unit vectors out.

Adapters: `minilm` (in this process), `openai_embedder` (an endpoint), `hashing` (no model, deterministic).
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """Identifies model, variant and revision: vectors of equal names may be mixed and cached."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """How much of a text counts; longer ones are cut before they come here."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Rows of length one, shape (len(texts), dimension). Raises `EmbedderUnavailable`."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as the model counts them, its own marks included; an estimate where it does not tell."""
        ...


def unit_rows(vectors: Vectors) -> Vectors:
    """Each row divided by its length; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
