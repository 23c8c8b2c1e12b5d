"""Fits and judges the confidence of answers: `python -m benchmarks.confidence --home HOME QUESTIONS [--fit FILE]`.

QUESTIONS are JSON lines: `{"question", "answerable", "project"?, "source"?, "without"?}`; `without` is `[entity, path]` of
a page that search must not find, which makes a question unanswerable whose answer stood there. Several pairs of
`--home` and QUESTIONS may be given. `--fit` writes the weights that `ingest.answers.confidence` reads, fitted on all of
them but those of `--hold-out`, and what is printed comes from the questions held out.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.answers.assistant import Assistant
from ingest.answers.confidence import Weights, confidence
from ingest.index.minilm import MiniLM
from ingest.library import Library

_PENALTY = 10.0
_STEPS = 40
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Somebody:
    ref: str = "user:default/somebody"


@dataclass(frozen=True)
class Row:
    """One question: what speaks for an answer to it, and whether there is one."""

    source: str
    answerable: bool
    evidence: Mapping[str, float]


class Without:
    """A library that does not find one page."""

    def __init__(self, library: Library, entity: str, path: str) -> None:
        self._library, self._page = library, (entity, path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def search(self, question: str, *, k: int = 10, **options: Any) -> tuple[Any, ...]:
        found = self._library.search(question, k=k + 8, **options)
        kept = [hit for hit in found if (str(hit.section.entity), hit.section.path) != self._page]
        return tuple(kept[:k])


def rows_of(home: Path, questions: Path, *, cache: Path | None = None) -> list[Row]:
    """Every question's evidence, without asking the catalog."""
    library: Any = Library.open(home, embedder=MiniLM(cache=cache or home / "models"))
    rows = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        seen: Any = Without(library, *asked["without"]) if asked.get("without") else library
        found = Assistant(seen).evidence(asked["question"], principal=Somebody())
        rows.append(Row(asked.get("source", ""), asked["answerable"], found))
    library.close()
    return rows


def fitted(rows: Sequence[Row]) -> Weights:
    """A logistic regression with a quadratic penalty, by Newton's method; both kinds weigh the same."""
    names = tuple(next(row.evidence for row in rows if row.evidence))
    kept = [row for row in rows if row.evidence]
    table = np.array([[row.evidence[name] for name in names] for row in kept])
    mean, spread = table.mean(axis=0), table.std(axis=0) + 1e-9
    design = np.hstack([np.ones((len(kept), 1)), (table - mean) / spread])
    truth = np.array([float(row.answerable) for row in kept])
    share = truth.mean()
    weight = np.where(truth > 0, 0.5 / share, 0.5 / (1 - share))
    beta = _newton(design, truth, weight)
    slopes = beta[1:] / spread
    bias = float(beta[0] - slopes @ mean)
    return Weights(
        bias, {name: round(float(slope), 4) for name, slope in zip(names, slopes, strict=True)}, 0.5
    )


def _newton(design: Matrix, truth: Matrix, weight: Matrix) -> Matrix:
    penalty = np.diag([0.0, *([_PENALTY] * (design.shape[1] - 1))])
    beta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weight * (truth - chance)) - penalty @ beta
        curvature = (design * (weight * chance * (1 - chance))[:, None]).T @ design + penalty
        beta = beta + np.linalg.solve(curvature, gradient)
    return beta


def auroc(sure: Sequence[float], unsure: Sequence[float]) -> float:
    """How often an answerable question is surer than an unanswerable one."""
    wins = [(one > other) + 0.5 * (one == other) for one in sure for other in unsure]
    return sum(wins) / max(len(wins), 1)


def report(rows: Sequence[Row], weights: Weights) -> None:
    """The separation, by source too, and the whole curve."""
    scores = [confidence(row.evidence, weights) for row in rows]
    sure = [score for row, score in zip(rows, scores, strict=True) if row.answerable]
    unsure = [score for row, score in zip(rows, scores, strict=True) if not row.answerable]
    print(f"{len(sure)} answerable, {len(unsure)} unanswerable: AUROC {auroc(sure, unsure):.3f}")
    by_source: dict[tuple[bool, str], list[float]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        by_source[row.answerable, row.source].append(score)
    for (answerable, source), own in sorted(by_source.items()):
        against = auroc(own, unsure) if answerable else auroc(sure, own)
        low = sum(score < weights.threshold for score in own) / len(own)
        kind = "answerable" if answerable else "unanswerable"
        print(f"  {kind:12} {source:20} {len(own):4}  AUROC {against:.3f}  refused {low:.2f}")
    print("threshold  answerable refused  unanswerable refused")
    for lost in (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5):
        at = float(np.quantile(sure, lost))
        print(f"{at:9.3f}  {np.mean(np.array(sure) < at):18.3f}  {np.mean(np.array(unsure) < at):20.3f}")
    at = weights.threshold
    print(f"{at:9.3f}  {np.mean(np.array(sure) < at):18.3f}  {np.mean(np.array(unsure) < at):20.3f}  in use")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("questions", nargs="+", metavar="HOME=QUESTIONS")
    parser.add_argument("--hold-out", metavar="HOME=QUESTIONS", help="judge on these, do not fit on them")
    parser.add_argument("--cache", type=Path, help="folder of the embedder's graph")
    parser.add_argument("--fit", type=Path, metavar="FILE", help="write the weights there")
    parser.add_argument(
        "--refused", type=float, default=0.04, help="share of answerable questions that may be refused"
    )
    given = parser.parse_args()
    read = [rows_of(Path(home), Path(path), cache=given.cache) for home, path in _pairs(given.questions)]
    rows = [row for part in read for row in part]
    held = [
        row
        for home, path in _pairs([given.hold_out] if given.hold_out else [])
        for row in rows_of(Path(home), Path(path), cache=given.cache)
    ]
    weights = Weights.packaged()
    if given.fit:
        weights = fitted(rows)
        scores = [confidence(row.evidence, weights) for row in rows if row.answerable]
        weights = Weights(weights.bias, weights.slopes, round(float(np.quantile(scores, given.refused)), 3))
        given.fit.write_text(weights.as_json(), encoding="utf-8")
    report(held or rows, weights)


def _pairs(given: Sequence[str]) -> list[tuple[str, str]]:
    return [(home, path) for home, _, path in (text.partition("=") for text in given)]


if __name__ == "__main__":
    main()
