"""Rows of a sparse matrix, without making another matrix of them."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Entries(NamedTuple):
    """(n,) each: the column and value of an entry, and the position of its row among the rows asked for."""

    columns: NDArray[np.integer]
    values: NDArray[np.float32]
    owners: NDArray[np.int64]


def entries(matrix: "csr_matrix", rows: NDArray[np.int64]) -> Entries:
    """The entries of `rows`, row by row. It costs what they are, not what the matrix is."""
    starts = matrix.indptr[rows].astype(np.int64)
    lengths = matrix.indptr[rows + 1].astype(np.int64) - starts
    before = np.cumsum(lengths) - lengths
    places = np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()), dtype=np.int64)
    owners = np.repeat(np.arange(len(rows), dtype=np.int64), lengths)
    return Entries(matrix.indices[places], matrix.data[places], owners)


def summed(found: Entries) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Columns that have an entry, ascending, and the sum of their values over all rows."""
    columns, inverse = np.unique(found.columns, return_inverse=True)
    sums = np.bincount(inverse, found.values, minlength=len(columns))
    return columns.astype(np.int64), sums.astype(np.float64)
