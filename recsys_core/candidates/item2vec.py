"""item2vec: playlists and histories are sentences, items are words (Barkan and Koenigstein, arXiv:1603.04259).

Skip-gram with negative sampling learns two vectors an item: `inside` for the item as a centre, `outside` for it as a
neighbour. What comes next is `inside(h) . outside(i)`, the very product training maximises; cosine between `inside`
vectors says what is alike, which is another question and a much worse ranking.

At its optimum the product is log P(i | h) - log P_negative(i) + constant (Levy and Goldberg, NeurIPS 2014), and
negatives are drawn by count^power; so power * log count is added back to rank by P(i | h).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.artifact import Parts
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidConfig
from recsys_core.libraries import library
from recsys_core.neighbours import Neighbours
from recsys_core.stages import Stage
from recsys_core.unit import unit


class Item2VecConfig(Config):
    """last: how many of the latest items of a history ask for the next. scoring: which product ranks.

    popularity_power shapes the negatives: .75 is word2vec's, .5 suits short histories. prior: add what the negatives
    took away, for `in_out`. words: train for at least so many, in further epochs if need be. session_hours: a history is
    cut into sentences where nothing happened for so long; None leaves it whole.
    """

    kind: Literal["item2vec"] = "item2vec"
    dimensions: int = Field(default=64, ge=2, le=1_024)
    window: int = Field(default=5, ge=1, le=1_000)
    negatives: int = Field(default=10, ge=1, le=100)
    epochs: int = Field(default=20, ge=1, le=1_000)
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    popularity_power: float = Field(default=0.5, ge=-1, le=1)
    scoring: Literal["in_out", "cosine"] = "in_out"
    prior: bool = True
    words: int = Field(default=300_000, ge=0)
    session_hours: float | None = Field(default=None, gt=0)
    last: int = Field(default=5, ge=1, le=10_000)


@dataclass(frozen=True, eq=False)
class Item2Vec:
    """inside, outside: (items, d); rows of items that no sentence holds are zero. prior: (items,) what is added to
    in . out. ordered: the data had an order."""

    config: Item2VecConfig
    item_ids: tuple[str, ...]
    inside: NDArray[np.float32]
    outside: NDArray[np.float32]
    prior: NDArray[np.float32]
    ordered: bool

    @classmethod
    def fit(cls, data: Dataset, *, config: Item2VecConfig | None = None, seed: int = 0) -> Self:
        """One thread, so that a seed gives the same vectors again. Raises LibraryMissing, InvalidConfig."""
        config = config or Item2VecConfig()
        if config.session_hours is not None and data.times is None:
            raise InvalidConfig(
                f"session_hours = {config.session_hours} needs times, and {data.name} has none; leave it out"
            )
        counts = data.counts + np.bincount(
            [item for playlist in data.playlists for item in playlist.items], minlength=len(data.items)
        ).astype(np.int64)
        word2vec = library("gensim", module="gensim.models.word2vec").Word2Vec(
            sentences=_Sentences(data, seed, config.session_hours),
            vector_size=config.dimensions,
            window=config.window,
            negative=config.negatives,
            ns_exponent=config.popularity_power,
            epochs=max(config.epochs, -(-config.words // int(counts.sum()))),
            alpha=config.learning_rate,
            sg=1,
            min_count=1,
            sample=0,
            workers=1,
            seed=seed + 1,
        )
        inside = np.zeros((len(data.items), config.dimensions), dtype=np.float32)
        outside = np.zeros_like(inside)
        rows = np.array([int(word) for word in word2vec.wv.index_to_key], dtype=np.int64)
        inside[rows], outside[rows] = word2vec.wv.vectors, word2vec.syn1neg
        prior = config.popularity_power * np.log(np.maximum(data.counts, 0.5)) * config.prior
        return cls(config, data.item_ids, inside, outside, prior.astype(np.float32), data.ordered)

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """(items, d + 1), or (items, d) for cosine: what a query is multiplied with; the prior is the last column."""
        return np.column_stack([self.outside, self.prior]) if self.config.scoring == "in_out" else self._unit

    def queries(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, d + 1), or (rows, d) for cosine: mean vector of the latest items, of all where there is no order.

        The last column is 1, for the prior; the others are zero for an empty history.
        """
        latest = histories.last(self.config.last) if self.ordered else histories
        vectors = self.inside if self.config.scoring == "in_out" else self._unit
        sums = np.asarray(latest.matrix @ vectors, dtype=np.float32)
        means = np.asarray(sums / np.maximum(latest.lengths, 1)[:, None], dtype=np.float32)
        if self.config.scoring == "cosine":
            return means
        return np.column_stack([means, np.ones(len(means), np.float32)])

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items)."""
        return self.queries(histories) @ self.item_vectors.T

    def alike(self, item: int, k: int = 10) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k items most like `item` by cosine, and how alike; the item itself is left out."""
        items, similarity = self.neighbours.nearest(self.inside[item][None], k + 1)
        others = items[0] != item
        return items[0][others][:k], similarity[0][others][:k]

    @cached_property
    def neighbours(self) -> Neighbours:
        """Items by cosine of their inside vectors."""
        return Neighbours.build(self.inside, measure="cosine")

    @cached_property
    def _unit(self) -> NDArray[np.float32]:
        return unit(self.inside)

    def parts(self) -> Parts:
        tensors = {"inside": self.inside, "outside": self.outside, "prior": self.prior}
        return Parts(
            "candidates",
            self.config,
            self.item_ids,
            tensors,
            facts={"ordered": self.ordered},
            files=self.neighbours.files(),
        )

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        tensors = parts.tensors
        vectors = (tensors["inside"], tensors["outside"], tensors["prior"])
        model = cls(parts.config, parts.item_ids, *vectors, parts.facts["ordered"])  # type: ignore[arg-type]  # parsed by STAGE.config
        model.__dict__["neighbours"] = Neighbours.load(model.inside, measure="cosine", folder=parts.folder)
        return model


@dataclass(frozen=True, eq=False)
class _Sentences:
    """Histories, cut into sessions if asked, then playlists; words are dense item indices. gensim walks over them once an epoch.

    Without an order, the order of the file (often by id) would make neighbours of strangers: each user's items are shuffled.
    """

    data: Dataset
    seed: int
    session_hours: float | None = None

    def __iter__(self) -> Iterator[list[str]]:
        histories, rng = self.data.histories, np.random.default_rng(self.seed)
        for row in range(len(histories)):
            items = histories.row(row)
            for session in np.split(items, self._pauses(row)):
                yield [str(item) for item in (session if self.data.ordered else rng.permutation(session))]
        for playlist in self.data.playlists:
            yield [str(item) for item in playlist.items]

    def _pauses(self, row: int) -> NDArray[np.int64]:
        """Where sessions begin in a row, but for the first."""
        if self.session_hours is None or self.data.times is None:
            return np.empty(0, dtype=np.int64)
        times = self.data.times[self.data.histories.indptr[row] : self.data.histories.indptr[row + 1]]
        return np.flatnonzero(np.diff(times) > self.session_hours * 3_600) + 1


STAGE = Stage(Item2VecConfig, Item2Vec)
