"""From vectors to IDs: mix the spaces, learn the code books, spread what collides, repair what still collides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from recsys_core.errors import InvalidConfig, InvalidData
from recsys_core.semantic_ids.books import Books, Codes, learned
from recsys_core.semantic_ids.clusters import Vectors
from recsys_core.semantic_ids.distinct import repaired, spread
from recsys_core.semantic_ids.encoder import Encoder
from recsys_core.semantic_ids.mixing import Mixing, learned_mixing
from recsys_core.space import Placed


@dataclass(frozen=True, slots=True)
class Learning:
    """weights: one a space; the rest is as in the recipe `learn_semantic_ids`."""

    quantizer: Literal["kmeans", "rq_vae"] = "kmeans"
    weights: tuple[float, ...] = (1.0,)
    levels: int = 3
    codes: int = 256
    dimensions: int = 128
    iterations: int = 25
    latent: int = 32
    epochs: int = 100
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Learned:
    """vectors: (items, d) that were coded. steps: codes (items, levels) as they came, spread, and repaired. kept: share
    of the squared length that turning to fewer dimensions kept. undecoded: share of it that an RQ-VAE's decoder does not tell."""

    books: Books
    mixing: Mixing
    vectors: Vectors
    steps: tuple[Codes, Codes, Codes]
    kept: float
    undecoded: float | None = None

    @property
    def codes(self) -> Codes:
        """(items, levels), no two rows alike."""
        return self.steps[-1]


def learn(
    item_ids: Sequence[str],
    spaces: Sequence[Placed],
    wanted: Learning,
    *,
    progress: Callable[[int], None] = lambda _level: None,
) -> Learned:
    """IDs for the items, by row; the same whatever order they come in.

    Raises InvalidData for fewer items than codes and an item that no space holds, InvalidConfig for more items than IDs.
    """
    if len(item_ids) < wanted.codes:
        raise InvalidData(
            f"codes = {wanted.codes}, and {len(item_ids):,} items have a vector; each code needs one, so take fewer codes"
        )
    if len(item_ids) > wanted.codes**wanted.levels:
        raise InvalidConfig(
            f"{len(item_ids):,} items do not fit into {wanted.codes} codes at {wanted.levels} levels; take more of either"
        )
    order = sorted(range(len(item_ids)), key=item_ids.__getitem__)
    ordered = [item_ids[at] for at in order]
    mixing, kept = learned_mixing(ordered, spaces, wanted.weights, dimensions=wanted.dimensions)
    vectors = mixing.mixed(ordered, spaces)
    undecoded = None
    if wanted.quantizer == "rq_vae":
        encoder, books, undecoded = _rq_vae(vectors, wanted, progress)
        mixing, vectors = replace(mixing, encoder=encoder), encoder(vectors)
    else:
        books = learned(
            vectors,
            levels=wanted.levels,
            codes=wanted.codes,
            iterations=wanted.iterations,
            seed=wanted.seed,
            progress=progress,
        )
    came = books.encoded(vectors)
    apart = spread(books, vectors, came)
    final = repaired(books, vectors, apart)
    back = np.argsort(order)
    steps = (came[back], apart[back], final[back])
    return Learned(books, mixing, vectors[back], steps, kept, undecoded)


def _rq_vae(
    vectors: Vectors, wanted: Learning, progress: Callable[[int], None]
) -> tuple[Encoder, Books, float]:
    """Raises LibraryMissing where there is no torch."""
    from recsys_core.libraries import library

    rq_vae = library(
        "torch", module="recsys_core.semantic_ids.rq_vae", needed_for="an RQ-VAE", install="make training"
    )
    found: tuple[Encoder, Books, float] = rq_vae.learned(
        vectors,
        levels=wanted.levels,
        codes=wanted.codes,
        latent=wanted.latent,
        epochs=wanted.epochs,
        seed=wanted.seed,
        progress=lambda epoch: progress(epoch * wanted.levels // wanted.epochs),
    )
    return found
