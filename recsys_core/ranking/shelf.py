"""What a ranker may know of the catalogue, apart from any model: attributes, verticals, creators, counts."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.dataset import Dataset

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class Shelf:
    """data: the training data; its catalogue and its counts are used, never its users."""

    data: Dataset

    @cached_property
    def attributes(self) -> "csr_matrix":
        """(items, attributes) CSR with unit rows; zero rows for items without attributes."""
        from scipy.sparse import diags_array

        matrix = self.data.attributes
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        return (diags_array(1 / np.where(lengths > 0, lengths, 1)) @ matrix).astype(np.float32).tocsr()

    @cached_property
    def verticals(self) -> "csr_matrix":
        """(items, verticals) CSR, a single 1 in each row."""
        return _one_hot(self.data.verticals)

    @cached_property
    def creators(self) -> "csr_matrix":
        """(items, creators) CSR, a single 1 in each row; items without a creator share one that counts for nothing."""
        names = [item.creator for item in self.data.items]
        matrix = _one_hot(np.unique(names, return_inverse=True)[1])
        matrix.data[[not name for name in names]] = 0
        return matrix

    @cached_property
    def tells_creators(self) -> bool:
        """Whether creators say anything: there are some, and not every item has one of its own."""
        return bool(self.creators.data.any()) and self.creators.shape[1] < len(self.data.items)

    @cached_property
    def log_counts(self) -> NDArray[np.float32]:
        """(items,) log(1 + interactions)."""
        return np.log1p(self.data.counts).astype(np.float32)


def _one_hot(columns: NDArray[np.int64]) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    size = len(columns)
    return csr_matrix(
        (np.ones(size, np.float32), columns, np.arange(size + 1)), shape=(size, int(columns.max()) + 1)
    )
