"""Several vector spaces as one: what an item is like and who takes it with what.

Codes of content alone say little about taste, and codes of co-consumption alone have no place for an item that nobody took.
So each space's vectors are brought to length 1, weighted, put side by side and brought to length 1 again; where that is wider
than `dimensions`, it is turned to the directions that hold most of it (principal components, not centred).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InvalidData
from recsys_core.semantic_ids.clusters import Vectors
from recsys_core.semantic_ids.encoder import Encoder
from recsys_core.space import Placed
from recsys_core.unit import unit

MOST_TURNED = 100_000  # rows that principal components are computed from


@dataclass(frozen=True, eq=False)
class Mixing:
    """weights: of each space. widths: its dimensions. turned: (sum of widths, d), None where nothing is left out. encoder: what
    comes behind that; None for k-means."""

    weights: tuple[float, ...]
    widths: tuple[int, ...]
    turned: Vectors | None
    encoder: Encoder | None = None

    def mixed(self, item_ids: Sequence[str], spaces: Sequence[Placed]) -> Vectors:
        """(items, d) of length 1 before they are turned and encoded; an item that a space does not hold is known by the others.

        Raises InvalidData for an item that no space holds, and for spaces of other widths.
        """
        widths = tuple(space.vectors.shape[1] for space in spaces)
        if widths != self.widths:
            raise InvalidData(
                f"vectors of {widths} dimensions were given for spaces of {self.widths}; give the same spaces"
            )
        side_by_side = np.zeros((len(item_ids), sum(widths)), dtype=np.float32)
        first = 0
        for weight, width, space in zip(self.weights, widths, spaces, strict=True):
            rows = space.rows_of(item_ids)
            held = rows >= 0
            side_by_side[held, first : first + width] = weight * unit(space.vectors[rows[held]])
            first += width
        known = side_by_side.any(axis=1)
        if not known.all():
            lost = item_ids[int(np.flatnonzero(~known)[0])]
            raise InvalidData(
                f"item {lost!r} has a vector in none of the spaces; leave it out, or embed its text"
            )
        turned = unit(side_by_side) if self.turned is None else unit(side_by_side) @ self.turned
        return turned if self.encoder is None else self.encoder(turned)


def learned_mixing(
    item_ids: Sequence[str], spaces: Sequence[Placed], weights: Sequence[float], *, dimensions: int
) -> tuple[Mixing, float]:
    """How these spaces are mixed, and the share of the squared length that is kept. Raises InvalidData."""
    plain = Mixing(tuple(weights), tuple(space.vectors.shape[1] for space in spaces), None)
    wide = plain.mixed(item_ids, spaces)
    if wide.shape[1] <= dimensions:
        return plain, 1.0
    sample = wide[:: max(1, len(wide) // MOST_TURNED)].astype(np.float64)
    strengths, directions = np.linalg.eigh(sample.T @ sample)
    kept = directions[:, ::-1][:, :dimensions]
    # The sign of a direction means nothing; fixed, so that a run can be repeated.
    kept = kept * np.where(kept[np.abs(kept).argmax(0), np.arange(dimensions)] < 0, -1, 1)
    share = float(strengths[::-1][:dimensions].sum() / strengths.sum())
    return Mixing(plain.weights, plain.widths, np.asarray(kept, dtype=np.float32)), share
