"""An embedder without a model: counts stems into hashed buckets. Deterministic, instant, knows no synonyms."""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from math import log1p

import numpy as np

from ingest.index.embedders import Vectors, unit_rows
from ingest.index.terms import query_terms


class HashingEmbedder:
    """Texts that share stems lie close; the sign of a bucket is hashed as well, so that collisions cancel out."""

    max_tokens = 256

    def __init__(self, *, dimension: int = 256) -> None:
        self.dimension = dimension
        self.name = f"hashing-{dimension}@1"

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for term, count in Counter(query_terms(text)).items():
                digest = _digest(term)
                vectors[row, digest % self.dimension] += (1 if digest >> 63 else -1) * log1p(count)
            if not vectors[row].any():  # no terms, or collisions that cancelled out altogether
                vectors[row, _digest(text) % self.dimension] = 1.0
        return unit_rows(vectors)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
