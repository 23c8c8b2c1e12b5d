"""The transformer's forward pass in NumPy: from histories to a vector each. Serving and judging need no torch.

Pre-norm SASRec (Kang and McAuley, ICDM 2018, arXiv:1808.09781):

- an item's vector times sqrt(d), plus a learned vector for its age: 0 for the latest item, 1 for the one before
- blocks of causal self-attention and a feed-forward layer, each on the normalised input and added to it
- the normalised output at the latest item is the user's vector; its product with an item's vector is the score

Rows are padded on the right, so that causality alone hides the padding. Of the last block only the latest item's output
is wanted, so only its query is computed: with one block a new event costs a fraction of a millisecond.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.errors import UnknownItem

Array = NDArray[np.float32]
EPSILON = 1e-5  # torch's own for LayerNorm
ROWS = 256  # encoded at a time: 256 rows of 50 items hold 3 MB of activations


@dataclass(frozen=True, eq=False)
class Encoder:
    """weights: the network's, by its names; `items` (n, d), `positions` (length, d)."""

    weights: Mapping[str, Array]
    heads: int

    def encode(self, histories: Histories) -> Array:
        """(rows, d) user vectors; rows without a history are zero. Raises UnknownItem for an index outside the catalogue."""
        items, positions = self.weights["items"], self.weights["positions"]
        check_items(histories, len(items))
        recent = histories.last(len(positions))
        vectors = np.zeros((len(histories), items.shape[1]), dtype=np.float32)
        by_length = np.argsort(recent.lengths, kind="stable")
        filled = by_length[np.searchsorted(recent.lengths[by_length], 1) :]
        for start in range(0, len(filled), ROWS):
            rows = filled[start : start + ROWS]
            vectors[rows] = self._forward(*padded(recent.take(rows)))
        return vectors

    def _forward(self, items: NDArray[np.int64], lengths: NDArray[np.int64]) -> Array:
        """(rows, d) of items (rows, length), padded on the right."""
        weights, width = self.weights, items.shape[1]
        ages = np.maximum(lengths[:, None] - 1 - np.arange(width), 0)
        scale = np.float32(np.sqrt(weights["items"].shape[1]))
        hidden = weights["items"][items] * scale + weights["positions"][ages]  # (rows, length, d)
        last = lengths - 1
        blocks = sum(name.endswith(".queries.weight") for name in weights)
        for block in range(blocks):
            queries = last[:, None] if block == blocks - 1 else np.arange(width)[None].repeat(len(items), 0)
            hidden = self._block(f"blocks.{block}", hidden, queries)
        return self._norm("norm", hidden[:, 0])

    def _block(self, name: str, hidden: Array, places: NDArray[np.int64]) -> Array:
        """(rows, places, d): the block's output at the given places (rows, places) of hidden (rows, length, d)."""
        rows, width, dimensions = hidden.shape
        normed = self._norm(f"{name}.before_attention", hidden)
        asking = np.take_along_axis(normed, places[:, :, None], axis=1)
        queries = self._split(self._linear(f"{name}.queries", asking))  # (rows, heads, places, d / heads)
        keys, values = np.split(self._linear(f"{name}.keys_values", normed), 2, axis=2)
        logits = queries @ self._split(keys).swapaxes(2, 3) / np.float32(np.sqrt(dimensions / self.heads))
        hidden_from = np.arange(width)[None, None, None] > places[:, None, :, None]
        attention = _softmax(np.where(hidden_from, np.float32(-np.inf), logits))
        mixed = (attention @ self._split(values)).swapaxes(1, 2).reshape(rows, -1, dimensions)
        out = np.take_along_axis(hidden, places[:, :, None], axis=1) + self._linear(f"{name}.mixed", mixed)
        inner = np.maximum(self._linear(f"{name}.up", self._norm(f"{name}.before_feed_forward", out)), 0)
        return np.asarray(out + self._linear(f"{name}.down", inner), dtype=np.float32)

    def _split(self, array: Array) -> Array:
        rows, places, dimensions = array.shape
        return array.reshape(rows, places, self.heads, dimensions // self.heads).swapaxes(1, 2)

    def _linear(self, name: str, array: Array) -> Array:
        product: Array = array @ self.weights[f"{name}.weight"].T
        return product + self.weights[f"{name}.bias"]

    def _norm(self, name: str, array: Array) -> Array:
        centred = array - array.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
        normed: Array = centred / spread * self.weights[f"{name}.weight"]
        return normed + self.weights[f"{name}.bias"]


def padded(histories: Histories) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Items (rows, longest), padded with 0 on the right, and lengths (rows,)."""
    lengths = histories.lengths
    items = np.zeros((len(histories), int(lengths.max(initial=0))), dtype=np.int64)
    items[np.arange(items.shape[1]) < lengths[:, None]] = histories.items
    return items, lengths


def check_items(histories: Histories, known: int) -> None:
    """Raise UnknownItem for an item index that is none of the `known`."""
    outside = (histories.items < 0) | (histories.items >= known)
    if outside.any():
        raise UnknownItem(
            f"item index {histories.items[outside][0]} is none of the {known:,} the model was trained on; "
            "leave it out of the history, or train again"
        )


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
