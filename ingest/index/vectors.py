"""One generation's vectors in Chroma; nothing else knows that it is Chroma.

Vectors are named by what they were made from, so that a generation starts from a copy of the one before and
only differences are written. Rows are unit vectors: inner product is cosine.
"""

import contextlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import IndexDamaged
from ingest.index.embedders import Vectors

if TYPE_CHECKING:
    from chromadb.api.client import Client

FOLDER = "vectors"
_NAME = "sections"
# Chroma replays what it has not yet synced at every open: a low threshold keeps opening fast. Half of the
# usual 100 candidates at construction costs a third of the writing time less and no recall at our sizes.
_CONFIGURATION: Any = {
    "hnsw": {"space": "ip", "ef_construction": 64, "ef_search": 160, "batch_size": 500, "sync_threshold": 500}
}
_COPY_WORTH = 0.7  # of the old vectors must stay, or the graph fills with tombstones


def write_vectors(folder: Path, vectors: Mapping[str, Vectors], *, previous: Path | None = None) -> None:
    """Write `vectors` (id to row) under `folder`; `previous` is a generation's folder to start from."""
    target = folder / FOLDER
    known: set[str] = set()
    if previous is not None and (previous / FOLDER).is_dir():
        known = _ids(previous)
        if len(known & vectors.keys()) < _COPY_WORTH * len(known):
            known = set()
    if known and previous is not None:
        shutil.copytree(previous / FOLDER, target)
    with _client(target) as client:
        collection = client.get_or_create_collection(
            _NAME, embedding_function=None, configuration=_CONFIGURATION if not known else None
        )
        step = client.get_max_batch_size()
        gone = sorted(known - vectors.keys())
        for start in range(0, len(gone), step):
            collection.delete(ids=gone[start : start + step])
        new = [name for name in vectors if name not in known]
        for start in range(0, len(new), step):
            names = new[start : start + step]
            collection.add(ids=names, embeddings=np.stack([vectors[name] for name in names]))


class VectorIndex:
    """Nearest vectors of one generation. Raises `IndexDamaged` when they cannot be opened."""

    def __init__(self, folder: Path) -> None:
        self._closing = contextlib.ExitStack()
        try:
            client = self._closing.enter_context(_client(folder / FOLDER, create=False))
            self._collection = client.get_collection(_NAME, embedding_function=None)
            self._count = self._collection.count()
        except Exception as error:  # Chroma raises what its Rust core does
            self._closing.close()
            raise IndexDamaged(
                f"the vectors in {folder / FOLDER} cannot be opened ({error}); run `cuebook ingest --rebuild`"
            ) from error

    def nearest(
        self, vector: Vectors, *, limit: int, among: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """`(id, cosine)` of at most `limit` vectors, the nearest first; only of `among`, if given."""
        if self._count == 0 or (among is not None and not among):
            return []
        found = self._collection.query(
            query_embeddings=np.stack([vector]),  # (1, dimension)
            n_results=min(limit, self._count if among is None else len(among)),
            ids=None if among is None else list(among),
            include=["distances"],
        )
        distances = found["distances"]
        assert distances is not None  # noqa: S101 - asked for above
        return [(name, 1.0 - gap) for name, gap in zip(found["ids"][0], distances[0], strict=True)]

    def close(self) -> None:
        self._closing.close()


def _ids(folder: Path) -> set[str]:
    try:
        with _client(folder / FOLDER, create=False) as client:
            return set(client.get_collection(_NAME, embedding_function=None).get(include=[])["ids"])
    except Exception:  # a generation that cannot be opened is no start for the next one
        return set()


@contextlib.contextmanager
def _client(folder: Path, *, create: bool = True) -> "Iterator[Client]":
    """Chroma keeps one client a folder and process and counts its users; closing the last one frees the files."""
    import chromadb
    from chromadb.api.client import Client
    from chromadb.config import Settings

    if not create and not folder.is_dir():
        raise FileNotFoundError(folder)
    client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    assert isinstance(client, Client)  # noqa: S101 - the declared type knows no `close`
    try:
        yield client
    finally:
        client.close()
