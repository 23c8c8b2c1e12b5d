"""How well search finds pages and sections, beside simpler ways: `python -m benchmarks.retrieval SET HALF HOME`.

SET is what `benchmarks.development_set` made, HALF `tuning` or `held-out`, HOME a folder for the index. All ways
are measured on the same sections in one run:

- `BM25` over heading and text; `dense`, the nearest chunk; `RRF` of both by reciprocal rank;
- `recipe`: BM25 over title x2, heading x3, breadcrumb, path, split identifiers and text, plus 0.65 chunk and 0.35
  breadcrumb, each divided by its best, in equal parts;
- `words`: our ranking of pages without an embedder; `pages alone`: with it; `Cuebook`: through `Library.search`,
  where the catalog has its say.

Intervals are of 95 %, from 1,000 resamples of the questions.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.documents import Section
from ingest.index import store
from ingest.index.build import build_index
from ingest.index.fusion import spread
from ingest.index.generations import Generations
from ingest.index.minilm import MiniLM
from ingest.index.ranker import ranked
from ingest.index.snapshot import Snapshot
from ingest.index.terms import index_terms, query_terms
from ingest.library import Library
from ingest.markdown.plain import plain
from ingest.sources.folder import read_folders

Place = tuple[str, str, str]
METRICS = ("page R@5", "page nDCG@10", "section R@5", "section nDCG@10")
_DEEP = 100


@dataclass(frozen=True)
class Asker:
    ref: str = "user:default/benchmark"


@dataclass(frozen=True)
class Question:
    """`pages` and `sections` are right answers (sections may be unknown), `own` pages may not be found."""

    kind: str
    project: str
    text: str
    pages: frozenset[tuple[str, str]]
    sections: frozenset[Place]
    own: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, line: str) -> "Question":
        asked = json.loads(line)
        entity = f"component:default/{asked['project']}"
        return cls(
            asked["kind"],
            asked["project"],
            asked["question"],
            frozenset((entity, path) for path, _ in asked["relevant"]),
            frozenset((entity, path, anchor) for path, anchor in asked["relevant"] if anchor is not None),
            frozenset((entity, path) for path in asked["own"]),
        )


class DevelopmentSet:
    """One half: its index, built or brought up to date in `home`, and its questions."""

    def __init__(self, folder: Path, half: str, home: Path) -> None:
        self.embedder = MiniLM(cache=home.parent / "model")
        corpus = read_folders(sorted((folder / half).iterdir()))
        build_index(corpus, home=home, embedder=self.embedder)
        self.library = Library.open(home, embedder=self.embedder)
        generation = self.library.generation
        self.snapshot = Snapshot(generation, Generations(home).path(generation))
        self.searcher = self.snapshot.searcher
        self.sections = store.unique_sections(corpus.sections)
        self.places = [(str(one.entity), str(one.path), one.anchor) for one in self.sections]
        lines = (folder / f"questions-{half}.jsonl").read_text(encoding="utf-8").splitlines()
        self.questions = [Question.of(line) for line in lines]


class PlainBM25:
    """Okapi BM25 with k1 1.5 and b 0.75 over the stems of heading and text."""

    def __init__(self, sections: Sequence[Section]) -> None:
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths = np.zeros(len(sections))
        for row, section in enumerate(sections):
            if section.path is not None:
                counted = Counter(index_terms(f"{section.heading}\n{plain(section.text)}").split())
                lengths[row] = sum(counted.values())
                for term, count in counted.items():
                    postings[term].append((row, count))
        self._length = 0.25 + 0.75 * lengths / lengths[lengths > 0].mean()
        self._documents = int((lengths > 0).sum())
        self._postings = {term: np.array(held).T for term, held in postings.items()}

    def scores(self, terms: Sequence[str]) -> NDArray[Any]:
        total = np.zeros(len(self._length))
        for term in terms:
            if term in self._postings:
                rows, count = self._postings[term]
                rarity = np.log1p((self._documents - len(rows) + 0.5) / (len(rows) + 0.5))
                total[rows] += rarity * count * 2.5 / (count + 1.5 * self._length[rows])
        return total


def best(scores: NDArray[Any], count: int = _DEEP) -> list[int]:
    rows = np.argsort(-scores, kind="stable")[:count]
    return [int(row) for row in rows if scores[row] > 0]


def reciprocal(*rankings: Sequence[int]) -> list[int]:
    total: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            total[row] += 1 / (60 + rank)
    return sorted(total, key=lambda row: -total[row])


class Rankers:
    """The ways to answer a question with rows, the best first."""

    def __init__(self, made: DevelopmentSet) -> None:
        self._set = made
        self._bm25 = PlainBM25(made.sections)
        rows = [row for row, section in enumerate(made.sections) if section.path is not None]
        crumbs = [" > ".join(made.sections[row].breadcrumb) or made.sections[row].title for row in rows]
        self._rows = np.array(rows)
        self._crumbs = self._embedded(crumbs)
        meaning = made.searcher.opened_meaning()
        self._of_chunk = meaning.row
        self._mixed = np.asarray(meaning.chunks, np.float32)
        crumb = np.zeros((len(made.sections), self._mixed.shape[1]), np.float32)
        crumb[self._rows] = self._crumbs
        # A chunk's own vector is what is left of the mixed one; its length follows from that of the chunk being 1.
        self._chunks = _unmixed(self._mixed, crumb[self._of_chunk])

    def all(self) -> Mapping[str, Callable[[Question], list[Place]]]:
        return {
            "BM25": lambda asked: self._placed(best(self._bm25.scores(query_terms(asked.text)))),
            "dense": lambda asked: self._placed(best(self._by_chunk(self._chunks, asked))),
            "RRF": lambda asked: self._placed(
                reciprocal(
                    best(self._bm25.scores(query_terms(asked.text))),
                    best(self._by_chunk(self._chunks, asked)),
                )
            ),
            "recipe": lambda asked: self._placed(best(self._recipe(asked))),
            "words": lambda asked: self._ours(asked, with_meaning=False),
            "pages alone": lambda asked: self._ours(asked, with_meaning=True),
            "Cuebook": self._searched,
        }

    def _embedded(self, texts: Sequence[str]) -> NDArray[Any]:
        distinct = list(dict.fromkeys(texts))
        vectors = dict(zip(distinct, self._set.embedder.embed(distinct), strict=True))
        return np.stack([vectors[text] for text in texts])

    def _by_chunk(self, chunks: NDArray[Any], asked: Question) -> NDArray[Any]:
        found = np.zeros(len(self._set.sections))
        np.maximum.at(found, self._of_chunk, chunks @ self._set.library.embed_question(asked.text))
        return found

    def _recipe(self, asked: Question) -> NDArray[Any]:
        said = self._set.searcher.weighed(asked.text, query_terms(asked.text), None)[1].share
        meant = self._by_chunk(self._mixed, asked)
        total: NDArray[Any] = said / max(said.max(), 1e-9) + meant / max(meant.max(), 1e-9)
        return total

    def _ours(self, asked: Question, *, with_meaning: bool) -> list[Place]:
        vector = self._set.library.embed_question(asked.text) if with_meaning else None
        ranking = ranked(*self._set.searcher.weighed(asked.text, query_terms(asked.text), vector))
        return self._placed([row for row, _ in ranking])

    def _placed(self, rows: Sequence[int]) -> list[Place]:
        places = self._set.places
        kept = spread(
            [(row, 0.0) for row in rows],
            page_of=lambda row: places[row][:2],
            text_of=lambda row: (self._set.sections[row].content_hash, places[row][2]),
            per_page=3,
        )
        return [places[row] for row, _ in kept]

    def _searched(self, asked: Question) -> list[Place]:
        hits = self._set.library.search(asked.text, principal=Asker(), k=50)
        return [(str(hit.section.entity), str(hit.section.path), hit.section.anchor) for hit in hits]


def _unmixed(mixed: NDArray[Any], crumb: NDArray[Any]) -> NDArray[Any]:
    """Vectors v of length 1 with 0.65 v + 0.35 crumb parallel to `mixed`."""
    along = (mixed * crumb).sum(axis=1, keepdims=True)
    length = 0.35 * along + np.sqrt(np.maximum((0.35 * along) ** 2 + 0.65**2 - 0.35**2, 0))
    chunks = (length * mixed - 0.35 * crumb) / 0.65
    units: NDArray[Any] = chunks / np.linalg.norm(chunks, axis=1, keepdims=True)
    return units


def measured(asked: Question, found: Sequence[Place]) -> list[float]:
    """The four metrics; those of sections are NaN where only the page is known."""
    found = [place for place in found if place[:2] not in asked.own]
    pages = list(dict.fromkeys(place[:2] for place in found))
    return [
        *_gains([page in asked.pages for page in pages], len(asked.pages)),
        *(
            _gains([place in asked.sections for place in found], len(asked.sections))
            if asked.sections
            else [np.nan] * 2
        ),
    ]


def _gains(right: Sequence[bool], wanted: int) -> list[float]:
    gain = sum(1 / np.log2(rank + 1) for rank, hit in enumerate(right[:10], start=1) if hit)
    most = sum(1 / np.log2(rank + 1) for rank in range(1, min(wanted, 10) + 1))
    return [float(any(right[:5])), float(gain / most)]


def show(questions: Sequence[Question], results: Mapping[str, NDArray[Any]]) -> None:
    chance = np.random.default_rng(7)
    for kind in ("all", *sorted({question.kind for question in questions})):
        chosen = np.array([kind in ("all", question.kind) for question in questions])
        print(f"\n{kind} ({chosen.sum()}) | " + " | ".join(METRICS))
        for name, rows in results.items():
            cells = []
            for column in rows[chosen].T:
                values = column[~np.isnan(column)]
                if not len(values):
                    cells.append("–")
                    continue
                means = chance.choice(values, (1000, len(values))).mean(axis=1)
                low, high = np.percentile(means, [2.5, 97.5])
                cells.append(f"{values.mean():.3f} ({low:.3f}–{high:.3f})")
            print(f"{name} | " + " | ".join(cells))


def show_cost(made: DevelopmentSet) -> None:
    """Each question once more: the embedding apart from the rest."""
    rest, whole = [], []
    for asked in made.questions[:300]:
        before, text = time.process_time(), f"{asked.text} again"
        made.library.embed_question(text)
        embedded = time.process_time()
        made.library.search(text, principal=Asker())
        rest.append(1000 * (time.process_time() - embedded))
        whole.append(1000 * (time.process_time() - before))
    for name, values in (("without the embedding", rest), ("with it", whole)):
        p50, p95 = np.percentile(values, [50, 95])
        print(f"CPU-ms a question {name}: p50 {p50:.1f}, p95 {p95:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("half", choices=["tuning", "held-out"])
    parser.add_argument("home", type=Path)
    options = parser.parse_args()
    made = DevelopmentSet(options.set, options.half, options.home)
    results = {
        name: np.array([measured(asked, ranker(asked)) for asked in made.questions])
        for name, ranker in Rankers(made).all().items()
    }
    show(made.questions, results)
    show_cost(made)


if __name__ == "__main__":
    main()
