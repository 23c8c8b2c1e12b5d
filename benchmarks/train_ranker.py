"""Learns `ingest/index/ranker.json`: `python -m benchmarks.train_ranker SET HOME [--linear] [--write]`.

SET is what `benchmarks.development_set` made (with `--links 120 --names 40` for what is kept now), HOME a folder for the index of its tuning half. The weighted sum stays
as it is, unless `--linear` learns it anew; the network on top of it is always learnt. Each project is left out once
and ranked with what the others taught, which prints what unseen projects can expect; with `--write`, what all
taught is kept. `benchmarks.retrieval` measures it on the held-out half.
"""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval import DevelopmentSet, Question
from ingest.index import ranker
from ingest.index.ranker import Weights
from ingest.index.terms import query_terms

WEIGHT_OF_KIND = {"link": 1.0, "keyword": 0.7, "issue": 3.0, "paraphrase": 3.0}
_DECAY = 15.0  # on the squared weights of features with deviation 1
_STEPS, _RATE = 600, 0.02
_UNITS, _NETWORKS = 8, 2  # networks are averaged: one alone depends on how it began
_NETWORK_DECAY, _NETWORK_STEPS = 0.05, 150


@dataclass(frozen=True)
class Lesson:
    """One question: `values` (candidates, features), and which candidates are right."""

    project: str
    kind: str
    values: NDArray[Any]
    right: NDArray[Any]


@dataclass(frozen=True)
class Lessons:
    """All questions at once, padded: `values` (questions, candidates, features), `hidden` 0 or -1e9 for padding,
    `right` 1 for right candidates, `counts` (questions,) what each counts for."""

    values: NDArray[Any]
    hidden: NDArray[Any]
    right: NDArray[Any]
    counts: NDArray[Any]

    @classmethod
    def of(cls, found: Sequence[Lesson]) -> "Lessons":
        most = max(len(lesson.values) for lesson in found)
        values = np.zeros((len(found), most, found[0].values.shape[1]))
        hidden, right = np.full((len(found), most), -1e9), np.zeros((len(found), most))
        for number, lesson in enumerate(found):
            size = len(lesson.values)
            values[number, :size], hidden[number, :size] = lesson.values, 0
            right[number, :size] = lesson.right
        counts = np.array([WEIGHT_OF_KIND[lesson.kind] for lesson in found])
        return cls(values, hidden, right, counts)

    def slope(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Of the loss by the logits, (questions, candidates): chance, less the right candidates' share of it."""
        chance = _softmax(logits + self.hidden)
        target = self.right * chance
        target /= target.sum(axis=1, keepdims=True) + 1e-12
        slope: NDArray[Any] = (chance - target) * self.counts[:, None]
        return slope


class Adam:
    """Kingma and Ba 2014, for one array."""

    def __init__(self, value: NDArray[Any]) -> None:
        self.value, self._mean, self._square, self._step = value, 0.0 * value, 0.0 * value, 0

    def move(self, slope: NDArray[Any]) -> None:
        self._step += 1
        self._mean = 0.9 * self._mean + 0.1 * slope
        self._square = 0.99 * self._square + 0.01 * slope**2
        size = np.sqrt(self._square / (1 - 0.99**self._step)) + 1e-9
        self.value = self.value - _RATE * self._mean / (1 - 0.9**self._step) / size


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


def linear(found: Sequence[Lesson]) -> NDArray[Any]:
    """Weights that make the right candidates likeliest under a softmax over each question's candidates."""
    scale = np.concatenate([lesson.values for lesson in found]).std(axis=0) + 1e-6
    all_of_them = Lessons.of([replace(lesson, values=lesson.values / scale) for lesson in found])
    weights = Adam(np.zeros(len(scale)))
    for _ in range(_STEPS):
        slope = all_of_them.slope(all_of_them.values @ weights.value)
        weights.move(np.einsum("qc,qcf->f", slope, all_of_them.values) + 2 * _DECAY * weights.value)
    unscaled: NDArray[Any] = weights.value / scale
    return unscaled


def with_network(weights: Weights, found: Sequence[Lesson]) -> Weights:
    """`weights` with networks of tanh units that are learnt on top of their weighted sum, averaged."""
    every = np.concatenate([lesson.values for lesson in found])
    mean, scale = every.mean(axis=0), every.std(axis=0) + 1e-6
    summed = Lessons.of(found)
    base = summed.values @ weights.linear
    lessons_ = replace(summed, values=(summed.values - mean) / scale)
    made = [_network(lessons_, base, seed) for seed in range(_NETWORKS)]
    into = np.concatenate([hidden for hidden, _, _ in made]) / scale  # (units, features)
    return replace(
        weights,
        hidden=into,
        bias=np.concatenate([bias for _, bias, _ in made]) - into @ mean,
        out=np.concatenate([out for _, _, out in made]) / _NETWORKS,
    )


def _network(lessons_: Lessons, base: NDArray[Any], seed: int) -> tuple[NDArray[Any], ...]:
    chance = np.random.default_rng(seed)
    features = lessons_.values.shape[2]
    into = Adam(chance.normal(0, features**-0.5, (_UNITS, features)))
    bias, out = Adam(np.zeros(_UNITS)), Adam(np.zeros(_UNITS))
    for _ in range(_NETWORK_STEPS):
        active = np.tanh(lessons_.values @ into.value.T + bias.value)  # (questions, candidates, units)
        slope = lessons_.slope(base + active @ out.value) / len(base)
        inner = slope[:, :, None] * out.value * (1 - active**2)
        out.move(np.einsum("qc,qcu->u", slope, active) + _NETWORK_DECAY * out.value)
        into.move(np.einsum("qcu,qcf->uf", inner, lessons_.values) + _NETWORK_DECAY * into.value)
        bias.move(inner.sum(axis=(0, 1)))
    return into.value, bias.value, out.value


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: NDArray[Any] = exponents / exponents.sum(axis=1, keepdims=True)
    return chances


def learnt(found: Sequence[Lesson], weights: Weights, *, anew: bool) -> Weights:
    return with_network(replace(weights, linear=linear(found)) if anew else weights, found)


def show_left_out(found: Sequence[Lesson], weights: Weights, *, anew: bool) -> None:
    """Where the first right candidate stands for projects that the weights do not know, by kind of question."""
    ranks: list[tuple[str, int]] = []
    for project in sorted({lesson.project for lesson in found}):
        taught = learnt([lesson for lesson in found if lesson.project != project], weights, anew=anew)
        for lesson in found:
            if lesson.project == project:
                order = np.argsort(-taught.scores(lesson.values), kind="stable")
                ranks.append((lesson.kind, 1 + int(np.argmax(lesson.right[order]))))
    for kind in ("all", *sorted({kind for kind, _ in ranks})):
        first = np.array([rank for its, rank in ranks if kind in ("all", its)])
        print(
            f"  {kind}: in the first 5 of {np.mean(first <= 5):.3f}, reciprocal rank {np.mean(1 / first):.3f}"
        )


def kept(weights: Weights) -> dict[str, Any]:
    """As `ranker.json` holds it."""
    return {
        "linear": dict(zip(weights.names, weights.linear.round(4).tolist(), strict=True)),
        "units": [
            {"in": into.round(4).tolist(), "bias": round(float(bias), 4), "out": round(float(out), 4)}
            for into, bias, out in zip(weights.hidden, weights.bias, weights.out, strict=True)
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--linear", action="store_true", help="learn the weighted sum anew, too")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    made = DevelopmentSet(options.set, "tuning", options.home)
    parts: dict[str, Any] = {}
    for kind, known in ranker.weights().items():
        names, found = lessons(made, with_meaning=kind != "words")
        weights = replace(known, names=tuple(names), linear=_in_order(known, names))
        print(f"{kind}: {len(found)} questions, {len(names)} features", flush=True)
        show_left_out(found, weights, anew=options.linear)
        parts[kind] = kept(learnt(found, weights, anew=options.linear))
    if options.write:
        text = json.dumps(parts, indent=1)
        path = Path(ranker.__file__).with_name("ranker.json")
        path.write_text(re.sub(r"\n\s+(-?[\d.e-]+,?)(?=\n)", r" \1", text) + "\n", encoding="utf-8")


def _in_order(weights: Weights, names: Sequence[str]) -> NDArray[Any]:
    """The weighted sum's weights for `names`; 0 for a feature that it does not know."""
    known = dict(zip(weights.names, weights.linear, strict=True))
    return np.array([known.get(name, 0.0) for name in names])


if __name__ == "__main__":
    main()
