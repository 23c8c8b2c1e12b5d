"""Puts the candidates of a question in order: a weighted sum of what words and meaning say of each.

The weights in `ranker.json` were learnt (`benchmarks/train_ranker.py`) by maximum likelihood of the right section
among the candidates, as in ListNet (Cao et al. 2007), on questions about projects that no figure of the
documentation was measured on. What the embedder says is compared among the candidates of one question alone, so
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
    kind = "words" if candidates.meaning is None else "words and meaning"
    values = features(asked, scores, candidates)
    total = np.zeros(len(candidates.rows), np.float64)
    for name, weight in _weights()[kind].items():
        total += weight * values[name]
    order = np.argsort(-total, kind="stable")
    return [(int(candidates.rows[at]), float(total[at])) for at in order]


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, Mapping[str, float]]:
    weights: Mapping[str, Mapping[str, float]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return weights


def _standard(values: NDArray[Any]) -> NDArray[Any]:
    """Shifted and scaled to mean 0 and deviation 1."""
    standard: NDArray[Any] = (values - values.mean()) / (values.std() + 1e-6)
    return standard
