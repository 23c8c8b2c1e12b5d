"""Learns the weights of `ingest/index/ranker.json`: `python -m benchmarks.train_ranker SET HOME [--write]`.

SET is what `benchmarks.development_set` made, HOME a folder for the index of its tuning half. Each project is left
out once and ranked with the weights that the others gave, which prints what unseen projects can expect; with
`--write`, weights from all are kept. `benchmarks.retrieval` measures them on the held-out half.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval import DevelopmentSet, Question
from ingest.index import ranker
from ingest.index.terms import query_terms

WEIGHT_OF_KIND = {"link": 1.0, "keyword": 0.7, "issue": 3.0, "paraphrase": 1.5}
_DECAY = 15.0  # on the squared weights of features with deviation 1
_STEPS, _RATE = 600, 0.02


@dataclass(frozen=True)
class Lesson:
    """One question: `values` (candidates, features), and which candidates are right."""

    project: str
    kind: str
    values: NDArray[Any]
    right: NDArray[Any]


def lessons(made: DevelopmentSet, *, with_meaning: bool) -> tuple[list[str], list[Lesson]]:
    names: list[str] = []
    found = []
    made.searcher.open_vectors()
    for asked in made.questions:
        terms = query_terms(asked.text)
        vector = made.library.embed_question(asked.text) if with_meaning else None
        asking, scores, candidates = made.searcher.weighed(asked.text, terms, vector)
        values = ranker.features(asking, scores, candidates)
        names = list(values)
        places = [made.places[row] for row in candidates.rows]
        kept = np.array([place[:2] not in asked.own for place in places])
        right = np.array([_is_right(asked, place) for place in places])[kept]
        if right.any() and not right.all():
            table = np.stack(list(values.values()), axis=1)[kept]
            found.append(Lesson(asked.project, asked.kind, table, right))
    return names, found


def _is_right(asked: Question, place: tuple[str, str, str]) -> bool:
    return place in asked.sections if asked.sections else place[:2] in asked.pages


def learnt(found: Sequence[Lesson]) -> NDArray[Any]:
    """Weights that make the right candidates likeliest under a softmax over each question's candidates (Adam)."""
    every = np.concatenate([lesson.values for lesson in found])
    scale = every.std(axis=0) + 1e-6
    most = max(len(lesson.values) for lesson in found)
    values = np.zeros((len(found), most, every.shape[1]))
    hidden, right = np.full((len(found), most), -1e9), np.zeros((len(found), most))
    for number, lesson in enumerate(found):
        size = len(lesson.values)
        values[number, :size], hidden[number, :size] = lesson.values / scale, 0
        right[number, :size] = lesson.right
    counts = np.array([WEIGHT_OF_KIND[lesson.kind] for lesson in found])
    weights, mean, square = (np.zeros(every.shape[1]) for _ in range(3))
    for step in range(1, _STEPS + 1):
        chance = _softmax(values @ weights + hidden)
        target = right * chance
        target /= target.sum(axis=1, keepdims=True) + 1e-12
        slope = np.einsum("qc,qcf,q->f", chance - target, values, counts) + 2 * _DECAY * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
    unscaled: NDArray[Any] = weights / scale
    return unscaled


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: NDArray[Any] = exponents / exponents.sum(axis=1, keepdims=True)
    return chances


def show_left_out(found: Sequence[Lesson]) -> None:
    """Where the first right candidate stands for projects that the weights do not know, by kind of question."""
    ranks: list[tuple[str, int]] = []
    for project in sorted({lesson.project for lesson in found}):
        weights = learnt([lesson for lesson in found if lesson.project != project])
        for lesson in found:
            if lesson.project == project:
                order = np.argsort(-(lesson.values @ weights), kind="stable")
                ranks.append((lesson.kind, 1 + int(np.argmax(lesson.right[order]))))
    for kind in ("all", *sorted({kind for kind, _ in ranks})):
        first = np.array([rank for its, rank in ranks if kind in ("all", its)])
        print(
            f"  {kind}: in the first 5 of {np.mean(first <= 5):.3f}, reciprocal rank {np.mean(1 / first):.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    made = DevelopmentSet(options.set, "tuning", options.home)
    weights: dict[str, dict[str, float]] = {}
    for kind in ("words", "words and meaning"):
        names, found = lessons(made, with_meaning=kind != "words")
        print(f"{kind}: {len(found)} questions, {len(names)} features")
        show_left_out(found)
        weights[kind] = {
            name: round(float(weight), 4) for name, weight in zip(names, learnt(found), strict=True)
        }
    if options.write:
        path = Path(ranker.__file__).with_name("ranker.json")
        path.write_text(json.dumps(weights, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
