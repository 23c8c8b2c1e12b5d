"""What users did, as a ragged array: one row a user, the items of a row oldest first.

Models score histories, not user ids: the same call serves training users, users with newer events and guests.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

UNKNOWN_USER = -1


def frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """The same array, no longer writeable: shared between data sets, so nobody may change it."""
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Histories:
    """Items per row, in order if the data has one.

    users: (rows,) dense user index, `UNKNOWN_USER` for a guest. indptr: (rows + 1,). items: (events,) dense item
    index, row r being items[indptr[r]:indptr[r + 1]].
    """

    users: NDArray[np.int64]
    indptr: NDArray[np.int64]
    items: NDArray[np.int64]
    item_count: int

    def __post_init__(self) -> None:
        for array in (self.users, self.indptr, self.items):
            frozen(array)

    def __len__(self) -> int:
        return len(self.users)

    @classmethod
    def of(cls, rows: "Sequence[Sequence[int]]", *, item_count: int) -> "Histories":
        """Histories of guests, from item indices row by row."""
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        items = np.array([item for row in rows for item in row], dtype=np.int64)
        users = np.full(len(rows), UNKNOWN_USER, dtype=np.int64)
        return cls(users=users, indptr=np.append(0, lengths.cumsum()), items=items, item_count=item_count)

    def row(self, number: int) -> NDArray[np.int64]:
        """The items of one row, oldest first."""
        return self.items[self.indptr[number] : self.indptr[number + 1]]

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """(rows,) events in each row."""
        return np.diff(self.indptr)

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """(events,) the row each event belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    @cached_property
    def ages(self) -> NDArray[np.int64]:
        """(events,) how many events of the same row came later: 0 for the last one."""
        return self.indptr[1:][self.owners] - 1 - np.arange(len(self.items), dtype=np.int64)

    def slice(self, start: int, stop: int) -> "Histories":
        """Rows start..stop, sharing the items."""
        begin, end = self.indptr[start], self.indptr[min(stop, len(self))]
        return Histories(
            users=self.users[start:stop],
            indptr=self.indptr[start : stop + 1] - begin,
            items=self.items[begin:end],
            item_count=self.item_count,
        )

    def take(self, rows: NDArray[np.int64]) -> "Histories":
        """The given rows, in the given order."""
        lengths = self.lengths[rows]
        starts = np.repeat(self.indptr[:-1][rows] - np.append(0, lengths.cumsum()[:-1]), lengths)
        return Histories(
            users=self.users[rows],
            indptr=np.append(0, lengths.cumsum()),
            items=self.items[starts + np.arange(int(lengths.sum()), dtype=np.int64)],
            item_count=self.item_count,
        )

    def keep(self, kept: NDArray[np.bool_]) -> "Histories":
        """The same rows without the events whose flag in `kept` (events,) is False."""
        counts = np.bincount(self.owners[kept], minlength=len(self)).astype(np.int64)
        return Histories(
            users=self.users,
            indptr=np.append(0, counts.cumsum()),
            items=self.items[kept],
            item_count=self.item_count,
        )

    def means(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(rows, d) mean of `vectors` (items, d) over each history, items whose vector is 0 left out; 0 where none is left."""
        sums = np.asarray(self.matrix @ vectors, dtype=np.float32)
        counts = np.asarray(self.matrix @ vectors.any(axis=1).astype(np.float32), dtype=np.float32)
        return np.asarray(sums / np.maximum(counts, 1)[:, None], dtype=np.float32)

    def last(self, count: int) -> "Histories":
        """The same rows, each cut to its `count` latest events."""
        return self.keep(self.ages < count)

    @cached_property
    def matrix(self) -> "csr_matrix":
        """(rows, items) float32 CSR: 1 where the item is in the row, however often."""
        from scipy.sparse import csr_matrix

        matrix = csr_matrix(
            (np.ones(len(self.items), np.float32), (self.owners, self.items)),
            shape=(len(self), self.item_count),
        )
        matrix.sum_duplicates()
        matrix.data[:] = 1.0
        return matrix
