"""The vectors of one generation by the rows of their sections: exact cosines for candidates and for filters.

Chroma finds the nearest among all. Beside it, this answers for rows that are already chosen: those that words
found, or those that a filter leaves. Read from disk as it is needed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IndexDamaged
from ingest.index.embedders import Vectors, unit_rows

CHUNKS, PAGES, ROWS = "chunks.npy", "pages.npy", "chunk_rows.npy"
_MOST_OF_ALL = 0.4


def write_meaning(
    folder: Path,
    vectors_of: Mapping[int, Sequence[str]],
    vectors: Mapping[str, Vectors],
    *,
    page: Sequence[int],
) -> None:
    """Write the chunks' vectors in order of row, and for each page the mean of its own."""
    rows = [row for row in sorted(vectors_of) for _ in vectors_of[row]]
    names = [name for row in sorted(vectors_of) for name in vectors_of[row]]
    dimension = len(next(iter(vectors.values()), ()))
    chunks = np.stack([vectors[name] for name in names]) if names else np.zeros((0, dimension), np.float32)
    pages = np.zeros((max(page, default=-1) + 1, dimension), np.float32)
    np.add.at(pages, np.array([page[row] for row in rows], np.intp), chunks)
    np.save(
        folder / CHUNKS, chunks.astype(np.float32, copy=False)
    )  # halves would be converted at each question
    np.save(folder / PAGES, unit_rows(pages).astype(np.float16))
    np.save(folder / ROWS, np.array(rows, np.int32))


class Meaning:
    """Raises `IndexDamaged` when the files cannot be read."""

    def __init__(self, folder: Path, *, rows: int) -> None:
        try:
            self.chunks = np.load(folder / CHUNKS, mmap_mode="r")  # (chunks, dimension)
            self._pages = np.load(folder / PAGES, mmap_mode="r")  # (pages, dimension)
            self.row = np.load(folder / ROWS)  # (chunks,)
        except (OSError, ValueError) as error:
            raise IndexDamaged(
                f"the vectors in {folder} cannot be read ({error}); run `cuebook ingest --rebuild`"
            ) from error
        self._starts = np.searchsorted(self.row, np.arange(rows + 1))
        self._sizes = np.diff(self._starts)

    def of_rows(self, vector: Vectors, rows: NDArray[Any]) -> NDArray[Any]:
        """The cosine of each row's nearest chunk, shape (len(rows),); -1 for rows without any. `rows` ascend."""
        found = np.full(len(rows), -1.0, np.float32)
        held = np.flatnonzero(self._sizes[rows])
        if not len(held):
            return found
        first, sizes = self._starts[rows[held]], self._sizes[rows[held]]
        begins = np.cumsum(sizes) - sizes
        chunks = np.repeat(first - begins, sizes) + np.arange(sizes.sum())
        if len(chunks) > _MOST_OF_ALL * len(self.chunks):  # then reading all costs less than picking
            cosines = self._cosines(self.chunks, vector)[chunks]
        else:
            cosines = self._cosines(self.chunks[chunks], vector)
        found[held] = np.maximum.reduceat(cosines, begins)
        return found

    def rows_among(self, allowed: NDArray[Any]) -> NDArray[Any]:
        """The rows that have a chunk and are allowed; `allowed` has the shape (rows,)."""
        return np.flatnonzero(allowed & (self._sizes > 0))

    def of_pages(self, vector: Vectors, pages: NDArray[Any]) -> NDArray[Any]:
        """The cosine with each page's mean, shape (len(pages),)."""
        distinct, places = np.unique(pages, return_inverse=True)
        return self._cosines(self._pages[distinct], vector)[places]

    @staticmethod
    def _cosines(vectors: NDArray[Any], vector: Vectors) -> NDArray[Any]:
        cosines: NDArray[Any] = vectors.astype(np.float32, copy=False) @ vector
        return cosines
