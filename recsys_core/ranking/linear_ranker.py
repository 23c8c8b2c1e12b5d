"""A transparent ranker: one weight a feature, learned by a softmax over candidates, printable as a table.

Listwise softmax regression (Cao et al., ICML 2007, doi:10.1145/1273496.1273513, with one relevant item) is convex, so
the weights are the same whoever fits them. The target is one item of each user that is taken out of the training
data, and the sources are fitted without it: a source that has seen the answer would be trusted too much.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.judge.protocol import load_protocol
from recsys_core.judge.split import Split, split
from recsys_core.model import Scorer
from recsys_core.ranking.features import features
from recsys_core.ranking.features_at import Listener, features_at
from recsys_core.ranking.shelf import Shelf
from recsys_core.stages import Stage
from recsys_core.top import top

BLOCK = 1 << 22


class LinearRankerConfig(Config):
    """users: how many are learned from, at most. hard: best candidates of each source a user. random: others, drawn
    evenly and weighted up to stand for the rest of the catalogue. ridge: weight decay."""

    kind: Literal["linear_ranker"] = "linear_ranker"
    users: int = Field(default=3_000, ge=10, le=1_000_000)
    hard: int = Field(default=30, ge=1, le=1_000)
    random: int = Field(default=100, ge=1, le=1_000)
    ridge: float = Field(default=1e-3, ge=0)


@dataclass(frozen=True, slots=True)
class LinearRanker:
    """weights by feature name, for features as `features.py` scales them."""

    config: LinearRankerConfig
    weights: Mapping[str, float]
    ordered: bool

    @classmethod
    def fit(
        cls,
        data: Dataset,
        *,
        sources: Callable[[Dataset], Mapping[str, Scorer]],
        config: LinearRankerConfig | None = None,
        seed: int = 0,
    ) -> Self:
        """sources: fits the sources on the data it is given. Raises InvalidData when nobody has two interactions."""
        config = config or LinearRankerConfig()
        parts = split(data, load_protocol("loo-refit" if data.ordered else "holdout-random"), seed=seed)
        rng = np.random.default_rng([seed, 0x11EA])
        rows = np.sort(rng.permutation(len(parts.histories))[: config.users])
        names, table, offsets = _lists(parts, rows, sources(parts.train), config, rng)
        weights = _softmax_regression(table, offsets, config.ridge)
        return cls(config, dict(zip(names, map(float, weights), strict=True)), data.ordered)

    def score(
        self, histories: Histories, *, sources: Mapping[str, Scorer], shelf: Shelf
    ) -> NDArray[np.float32]:
        """(rows, items) weighted sum of the features."""
        total = np.zeros((len(histories), histories.item_count), dtype=np.float32)
        for name, block in features(histories, sources=sources, shelf=shelf, ordered=self.ordered):
            total += np.float32(self.weights[name]) * block
        return total

    def score_at(self, listener: Listener, items: NDArray[np.int64], *, shelf: Shelf) -> NDArray[np.float32]:
        """(items,) the same sum for a few items of one history."""
        total = np.zeros(len(items), dtype=np.float32)
        for name, values in features_at(listener, items, shelf=shelf):
            total += np.float32(self.weights[name]) * values
        return total

    def explain(self, listener: Listener, item: int, *, shelf: Shelf) -> dict[str, float]:
        """What each feature adds to the score of `item`; the parts sum to the score."""
        blocks = features_at(listener, np.array([item], dtype=np.int64), shelf=shelf)
        return {name: self.weights[name] * float(values[0]) for name, values in blocks}

    def table(self) -> str:
        """The weights as text, heaviest first."""
        ordered = sorted(self.weights.items(), key=lambda pair: -abs(pair[1]))
        return "\n".join(f"{weight:+8.3f}  {name}" for name, weight in ordered)


def _lists(
    parts: Split,
    rows: NDArray[np.int64],
    sources: Mapping[str, Scorer],
    config: LinearRankerConfig,
    rng: np.random.Generator,
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float64]]:
    """Feature names, values (users, candidates, features) with the target at place 0, offsets (users, candidates)."""
    shelf = Shelf(parts.train)
    step = max(1, BLOCK // parts.histories.item_count)
    names: list[str] = []
    tables, weights = [], []
    for start in range(0, len(rows), step):
        chosen = rows[start : start + step]
        past, wanted = parts.histories.take(chosen), parts.targets.take(chosen)
        places, offsets = _candidates(past, wanted, sources=sources, config=config, rng=rng)
        found = {
            name: np.take_along_axis(block, places, axis=1)
            for name, block in features(past, sources=sources, shelf=shelf, ordered=parts.train.ordered)
        }
        names = list(found)
        tables.append(np.stack(list(found.values()), axis=2))
        weights.append(offsets)
    return names, np.concatenate(tables), np.concatenate(weights)


def _candidates(
    past: Histories,
    wanted: Histories,
    *,
    sources: Mapping[str, Scorer],
    config: LinearRankerConfig,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(rows, width) item indices, the target first, and log of how many items each stands for, -inf in unused places.

    History and other targets are left out. The best candidates stand for themselves and the evenly drawn ones for all
    others. Without these weights the target would compete with items picked for their high source scores, and the
    ranker would learn to distrust its sources.
    """
    best: list[list[NDArray[np.int64]]] = [[] for _ in range(len(past))]
    for source in sources.values():
        for row, scores in enumerate(source.score(past)):
            fresh = scores.copy()
            fresh[past.row(row)] = -np.inf
            best[row].append(top(fresh, config.hard))
    width = 1 + config.hard * len(sources) + config.random
    places = np.zeros((len(past), width), dtype=np.int64)
    offsets = np.full((len(past), width), -np.inf)
    for row, lists in enumerate(best):
        target = wanted.row(row)[rng.integers(len(wanted.row(row)))]
        hard = np.setdiff1d(np.concatenate(lists), wanted.row(row))
        used = np.concatenate([hard, wanted.row(row), past.row(row)])
        rest = np.setdiff1d(rng.permutation(past.item_count)[: config.random + len(used)], used)[
            : config.random
        ]
        listed = np.concatenate([[target], hard, rest])
        stands_for = max(past.item_count - len(used), len(rest), 1) / max(len(rest), 1)
        places[row, : len(listed)] = listed
        offsets[row, : len(listed)] = np.repeat([0.0, np.log(stands_for)], [1 + len(hard), len(rest)])
    return places, offsets


def _softmax_regression(
    table: NDArray[np.float32], offsets: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """(features,) weights minimising -log softmax(values w + offsets) of place 0, mean over users, + ridge |w|^2 / 2."""
    from scipy.optimize import minimize

    values = table.astype(np.float64)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = values @ weights + offsets  # (users, candidates)
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        gradient = np.einsum("uc,ucf->f", odds / total, values) - values[:, 0].sum(axis=0)
        nll = float((np.log(total[:, 0]) - logits[:, 0]).mean())
        return nll + ridge * float(weights @ weights) / 2, gradient / len(values) + ridge * weights

    found = minimize(loss, np.zeros(values.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights: NDArray[np.float64] = found.x
    return weights


STAGE = Stage(LinearRankerConfig, LinearRanker)
