"""RQ-VAE: code books that are learned together with a network in front of them (Zeghidour et al., TASLP 2022, arXiv:2107.03312;
for items Rajput et al., NeurIPS 2023, arXiv:2305.05065).

An encoder brings a vector down to `latent` dimensions, the books quantize that level by level, and a decoder has to tell the vector from
the codes; the gradient passes the quantizer as if it were not there. What collapses it is prevented in two ways: the books
begin as residual k-means of what the encoder gives after some rounds without them, and a code that nobody took in a round begins again at
somebody's leftover.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recsys_core.semantic_ids.books import Books
from recsys_core.semantic_ids.books import learned as residual_kmeans
from recsys_core.semantic_ids.clusters import Clusters, Vectors
from recsys_core.semantic_ids.encoder import Encoder
from recsys_core.sequential.adam import Adam

_WIDTHS = (512, 256)
_BATCH, _RATE, _COMMITMENT = 1_024, 1e-3, 0.25
_WITHOUT_BOOKS, _KMEANS = 0.1, 10  # share of the rounds; iterations


def learned(
    vectors: Vectors,
    *,
    levels: int,
    codes: int,
    latent: int,
    epochs: int,
    seed: int,
    progress: Callable[[int], None] = lambda _epoch: None,
) -> tuple[Encoder, Books, float]:
    """Encoder and code books for `vectors` (rows, d), and the share of their squared length that the decoder does not tell."""
    training = _Training(vectors, latent=latent, seed=seed)
    for epoch in range(max(1, int(epochs * _WITHOUT_BOOKS))):
        progress(epoch)
        training.epoch()
    start = residual_kmeans(
        training.encoder()(vectors), levels=levels, codes=codes, iterations=_KMEANS, seed=seed
    )
    training.put_books([level.centres for level in start.levels])
    for epoch in range(max(1, int(epochs * _WITHOUT_BOOKS)), epochs):
        progress(epoch)
        training.epoch()
    books = Books(tuple(Clusters(book.detach().numpy().copy(), "points") for book in training.books))
    return training.encoder(), books, training.lost(books)


class _Training:
    def __init__(self, vectors: Vectors, *, latent: int, seed: int) -> None:
        # Unit vectors have tiny coordinates; the factor ends in the first layer, so that nobody else needs to know it.
        self.scale = float(np.sqrt(vectors.shape[1]))
        self.data = torch.from_numpy(np.ascontiguousarray(vectors)) * self.scale
        self.chance = torch.Generator().manual_seed(seed)
        down = (vectors.shape[1], *_WIDTHS, latent)
        self.down = [self._layer(wide, narrow) for wide, narrow in pairwise(down)]
        self.up = [self._layer(narrow, wide) for narrow, wide in pairwise(down[::-1])]
        self.books: list[Tensor] = []
        self._parameters()

    def put_books(self, centres: list[Vectors]) -> None:
        self.books = [torch.from_numpy(each.copy()).requires_grad_() for each in centres]
        self._parameters()

    def epoch(self) -> None:
        order = torch.randperm(len(self.data), generator=self.chance)
        used = [torch.zeros(len(book), dtype=torch.bool) for book in self.books]
        left = self.data[:0]
        for rows in order.split(_BATCH):
            batch = self.data[rows]
            coded = _through(self.down, batch)
            told, loss, left = coded, torch.zeros(()), coded
            if self.books:
                told, loss, left = self._quantized(coded, used)
            loss = loss + functional.mse_loss(_through(self.up, told), batch)
            loss.backward()
            self.adam.step()
        for book, own in zip(self.books, used, strict=True):
            unused = torch.nonzero(~own).flatten()
            with torch.no_grad():
                book[unused] = left[torch.randint(len(left), (len(unused),), generator=self.chance)]

    def encoder(self) -> Encoder:
        """With the factor in its first layer."""
        layers = [
            (weights.detach().numpy().copy(), offsets.detach().numpy().copy())
            for weights, offsets in self.down
        ]
        layers[0] = (layers[0][0] * np.float32(self.scale), layers[0][1])
        return Encoder(tuple(layers))

    def lost(self, books: Books) -> float:
        with torch.no_grad():
            coded = _through(self.down, self.data).numpy()
            told = _through(self.up, torch.from_numpy(books.decoded(books.encoded(coded))))
            return float((told - self.data).square().sum() / self.data.square().sum())

    def _quantized(self, coded: Tensor, used: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What the codes tell, with the gradient of `coded`; the loss of the books; and what is left over."""
        left, loss = coded, torch.zeros(())
        for book, own in zip(self.books, used, strict=True):
            with torch.no_grad():
                nearest = (book.square().sum(1) - 2 * left @ book.T).argmin(dim=1)
            own[nearest] = True
            chosen = book[nearest]
            loss = loss + functional.mse_loss(chosen, left.detach())
            loss = loss + _COMMITMENT * functional.mse_loss(left, chosen.detach())
            left = left - chosen.detach()
        told = coded - left
        return coded + (told - coded).detach(), loss, left.detach()

    def _layer(self, wide: int, narrow: int) -> tuple[Tensor, Tensor]:
        drawn = torch.randn(wide, narrow, generator=self.chance) * (2 / wide) ** 0.5
        return drawn.requires_grad_(), torch.zeros(narrow, requires_grad=True)

    def _parameters(self) -> None:
        named = {
            f"{side}.{at}.{part}": each
            for side, layers in (("down", self.down), ("up", self.up))
            for at, layer in enumerate(layers)
            for part, each in zip("wo", layer, strict=True)
        }
        named |= {f"book.{at}": book for at, book in enumerate(self.books)}
        self.adam = Adam(named, rate=_RATE)


def _through(layers: list[tuple[Tensor, Tensor]], values: Tensor) -> Tensor:
    for at, (weights, offsets) in enumerate(layers):
        values = torch.addmm(offsets, torch.relu(values) if at else values, weights)
    return values
