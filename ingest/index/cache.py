"""Embeddings that were once computed, by what they were computed from; shared by all generations of a home.

A run that is killed keeps what it embedded: rows are committed batch by batch, and a build reads them first.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from ingest.index.cache_file import opened
from ingest.index.embedders import Vectors

FILE = "embeddings.sqlite"
_SPARE = 3  # times what the last build used may be kept before the rest goes
# With row ids, vectors are appended; ordered by their random keys, a batch would rewrite half the file.
_SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"


class EmbeddingCache:
    """Vectors in half precision (a cosine moves by less than 1e-3). One writer: whoever holds the build's lock."""

    def __init__(self, folder: Path, *, embedder: str) -> None:
        self._embedder = embedder
        self._connection = opened(folder / FILE, schema=_SCHEMA)

    def key(self, text: str) -> bytes:
        return sha256(f"{self._embedder}\0{text}".encode("utf-8", "surrogatepass")).digest()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Those that are known."""
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            for key, blob in self._connection.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})",  # noqa: S608 - only question marks
                part,
            ):
                found[key] = np.frombuffer(blob, np.float16).astype(np.float32)
        return found

    def put(self, vectors: Mapping[bytes, Vectors]) -> None:
        """Kept from here on, whatever happens next."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                ((key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items()),
            )

    def keep(self, keys: Iterable[bytes]) -> None:
        """Drop all others, once they are the bulk of it: a corpus that grows and shrinks keeps its vectors a while."""
        used = list(keys)
        (held,) = self._connection.execute("SELECT count(*) FROM vectors").fetchone()
        if held <= _SPARE * len(used):
            return
        with self._connection:
            self._connection.execute("CREATE TEMP TABLE used (key BLOB PRIMARY KEY) WITHOUT ROWID")
            self._connection.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in used))
            self._connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM used)")
            self._connection.execute("DROP TABLE used")
        self._connection.execute("VACUUM")

    def close(self) -> None:
        self._connection.close()
