"""Puts the candidates of a question in order: a weighted sum of what words and meaning say of each, and a small
network on top of it that sees what the sum cannot, such as that few words of a question are anywhere.

Both were learnt (`benchmarks/train_ranker.py`, kept in `ranker.json`) by maximum likelihood of the right section
among the candidates, as in ListNet (Cao et al. 2007), on questions about projects that no figure of the
documentation was measured on. The network adds a bounded part, so that values it never met cannot run away. What the embedder says is compared among the candidates of one question alone, so
that the weights hold for any embedder; a second set of weights serves when there is none.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.index.words import WordScores

Floats = NDArray[np.float32]
_FILE = Path(__file__).with_name("ranker.json")
_NAME = re.compile(r"--\w|\w[._/:]\w|[a-z][A-Z]|\w-\w")
_LONG = 20  # terms of a question from which on it counts as long


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as the ranker sees it: its text, and how many terms it has."""

    text: str
    terms: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows, each with whether it is its page's top and how many words it has; `meaning` and `page_meaning` are
    cosines with its nearest chunk and with its page, `near` its share of the question when words that are alike
    count; None without an embedder. All have the shape (candidates,)."""

    rows: NDArray[np.intp]
    top: NDArray[Any]
    words: NDArray[Any]
    meaning: NDArray[Any] | None
    page_meaning: NDArray[Any] | None
    near: NDArray[Any] | None


def features(asked: Asked, scores: WordScores, candidates: Candidates) -> dict[str, Floats]:
    """Each of shape (candidates,)."""
    rows = candidates.rows
    named, length = float(bool(_NAME.search(asked.text))), min(asked.terms, _LONG) / _LONG
    best = max(float(scores.share.max(initial=0.0)), 1e-6)
    share, heading = scores.share[rows] / best, scores.heading[rows]
    found = {
        "share": scores.share[rows],
        "share_of_best": share,
        "share_of_best * name": share * named,
        "share_of_best * length": share * length,
        "covered": scores.covered[rows],
        "covered_of_best": scores.covered[rows] / max(float(scores.covered.max(initial=0.0)), 1e-6),
        "title": scores.title[rows],
        "heading": heading,
        "heading * length": heading * length,
        "link": scores.link[rows],
        "page": scores.page[rows],
        "page_of_best": scores.page[rows] / max(float(scores.page.max(initial=0.0)), 1e-6),
        "top": candidates.top.astype(np.float32),
        "words": np.log1p(candidates.words),
    }
    if candidates.meaning is not None and candidates.page_meaning is not None and candidates.near is not None:
        meaning = _standard(candidates.meaning)
        found |= {
            "meaning": meaning,
            "meaning * best": meaning * best,
            "meaning * covered": meaning * float(scores.covered.max(initial=0.0)),
            "meaning * name": meaning * named,
            "meaning * length": meaning * length,
            "page_meaning": _standard(candidates.page_meaning),
            "near": candidates.near,
            "near_of_best": candidates.near / max(float(candidates.near.max(initial=0.0)), 1e-6),
        }
    return found


def ranked(asked: Asked, scores: WordScores, candidates: Candidates) -> list[tuple[int, float]]:
    """The candidates, the best first. Scores compare only within one question."""
    if not len(candidates.rows):
        return []
    learnt = weights()["words" if candidates.meaning is None else "words and meaning"]
    values = features(asked, scores, candidates)
    total = learnt.scores(np.stack([values[name] for name in learnt.names], axis=1))
    order = np.argsort(-total, kind="stable")
    return [(int(candidates.rows[at]), float(total[at])) for at in order]


@dataclass(frozen=True, slots=True)
class Weights:
    """`linear` (features,) weighs the features `names`; `hidden` (units, features), `bias` and `out` (units,) are
    the network."""

    names: tuple[str, ...]
    linear: NDArray[Any]
    hidden: NDArray[Any]
    bias: NDArray[Any]
    out: NDArray[Any]

    def scores(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of rows of `values` (candidates, features), shape (candidates,)."""
        found: NDArray[Any] = values @ self.linear
        found += np.tanh(values @ self.hidden.T + self.bias) @ self.out
        return found


@lru_cache(maxsize=1)
def weights() -> Mapping[str, Weights]:
    """Those for `words` alone and for `words and meaning`."""
    kept = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        kind: Weights(
            names=tuple(parts["linear"]),
            linear=np.array(list(parts["linear"].values())),
            hidden=np.array([unit["in"] for unit in parts["units"]]).reshape(-1, len(parts["linear"])),
            bias=np.array([unit["bias"] for unit in parts["units"]]),
            out=np.array([unit["out"] for unit in parts["units"]]),
        )
        for kind, parts in kept.items()
    }


def _standard(values: NDArray[Any]) -> NDArray[Any]:
    """Shifted and scaled to mean 0 and deviation 1."""
    standard: NDArray[Any] = (values - values.mean()) / (values.std() + 1e-6)
    return standard
