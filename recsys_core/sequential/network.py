"""The transformer of `encoder.py` in torch, at every place at once, for training."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from recsys_core.sequential.config import SequentialConfig


class Noise:
    """Random bytes that follow from the numbers of a step; every dropout of a network draws from the same."""

    def __init__(self) -> None:
        self.begin([0])

    def begin(self, numbers: Sequence[int]) -> None:
        """A step begins."""
        self._bits = np.random.SFC64(np.random.SeedSequence(numbers))

    def bytes(self, count: int) -> Tensor:
        """(count,) uint8."""
        return torch.from_numpy(self._bits.random_raw(-(-count // 8)).view(np.uint8)[:count])


class Dropout(nn.Module):
    """Drops values by bytes, so by rates in steps of 1 / 256; drawing torch's own mask took a quarter of a step."""

    def __init__(self, rate: float, noise: Noise) -> None:
        super().__init__()
        self.dropped, self.noise = round(rate * 256), noise

    def forward(self, hidden: Tensor) -> Tensor:
        if not self.training or not self.dropped:
            return hidden
        kept = self.noise.bytes(hidden.numel()).view(hidden.shape) >= self.dropped
        return hidden * (kept.to(hidden.dtype) * (256 / (256 - self.dropped)))


class Block(nn.Module):
    """Causal self-attention, then a feed-forward layer; each on the normalised input and added to it."""

    def __init__(self, dimensions: int, heads: int, dropout: Dropout) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(dimensions)
        self.queries = nn.Linear(dimensions, dimensions)
        self.keys_values = nn.Linear(dimensions, 2 * dimensions)
        self.mixed = nn.Linear(dimensions, dimensions)
        self.before_feed_forward = nn.LayerNorm(dimensions)
        self.up = nn.Linear(dimensions, 4 * dimensions)
        self.down = nn.Linear(4 * dimensions, dimensions)
        self.dropout = dropout

    def forward(self, hidden: Tensor) -> Tensor:
        """(rows, length, d) to the same."""
        normed = self.before_attention(hidden)
        keys, values = self.keys_values(normed).chunk(2, dim=2)
        mixed = functional.scaled_dot_product_attention(
            self._split(self.queries(normed)), self._split(keys), self._split(values), is_causal=True
        )  # (rows, heads, length, d / heads)
        hidden = hidden + self.dropout(self.mixed(mixed.transpose(1, 2).flatten(2)))
        inner = functional.relu(self.up(self.before_feed_forward(hidden)))
        return hidden + self.dropout(self.down(self.dropout(inner)))

    def _split(self, tensor: Tensor) -> Tensor:
        return tensor.unflatten(2, (self.heads, -1)).transpose(1, 2)


class Network(nn.Module):
    """items: (n, d), read by the input and by the loss alike. positions: (length, d), by age."""

    def __init__(self, config: SequentialConfig, item_count: int) -> None:
        super().__init__()
        self.items = nn.Parameter(torch.empty(item_count, config.dimensions))
        self.positions = nn.Parameter(torch.empty(config.length, config.dimensions))
        self.noise = Noise()
        self.dropout = Dropout(config.dropout, self.noise)
        self.blocks = nn.ModuleList(
            Block(config.dimensions, config.heads, self.dropout) for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(config.dimensions)
        self.scale = config.dimensions**0.5
        for parameter in (self.items, self.positions):
            nn.init.normal_(parameter, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, items: Tensor, lengths: Tensor) -> Tensor:
        """(rows, length, d) of items (rows, length), padded on the right to any width, and lengths (rows,)."""
        ages = (lengths[:, None] - 1 - torch.arange(items.shape[1])).clamp(min=0)
        hidden = functional.embedding(items, self.items) * self.scale
        hidden = self.dropout(hidden + functional.embedding(ages, self.positions))
        for block in self.blocks:
            hidden = block(hidden)
        normed: Tensor = self.norm(hidden)
        return normed
