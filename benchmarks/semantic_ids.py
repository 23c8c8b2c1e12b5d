"""Semantic IDs beside plain residual k-means of scikit-learn, in turns: `python -m benchmarks.semantic_ids [--data FILE …]`.

Needs scikit-learn, which Cuebook does not: `pip install scikit-learn`. One thread, CPU seconds, one run each; vectors are drawn
from 2,000 groups (400 for the smaller set) of very different sizes. With --data, S3-Rec files, the IDs of real items: from ALS
vectors (co-consumption), from attributes (content) and from both.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.results import measured, put
from recsys_core.candidates.als import Als
from recsys_core.candidates.content import Content
from recsys_core.data import Item
from recsys_core.data.readers import read
from recsys_core.semantic_ids.clusters import Vectors
from recsys_core.semantic_ids.distinct import shared
from recsys_core.semantic_ids.learning import Learned, Learning, learn
from recsys_core.semantic_ids.report import reported
from recsys_core.space import Placed

ITERATIONS = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="files in S3-Rec's format")
    parser.add_argument("--write", action="store_true", help="keep the report in benchmarks/RESULTS.md")
    given = parser.parse_args()
    lines = ["## Semantic IDs", "", f"{measured('python -m benchmarks.semantic_ids')}, one thread.", ""]
    with threadpool_limits(1):
        lines += _beside_plain()
        for path in given.data:
            lines += ["", *_of(path)]
    print("\n".join(lines))
    if given.write:
        put("semantic_ids", "\n".join(lines))


def _beside_plain() -> list[str]:
    lines = [
        "Colliding: share of the items whose ID another item has too, each level chosen by itself, spread, repaired; lost likewise.",
        "",
        "| vectors, codes | | CPU s | squared length lost | colliding | codes used, least | same ID in another order |",
        "|---|---|---|---|---|---|---|",
    ]
    sets = (
        ("12,000 x 768, 3 x 256", _drawn(12_000, 768, 400), 3),
        ("100,000 x 128, 4 x 256", _drawn(100_000, 128, 2_000), 4),
    )
    for name, vectors, levels in sets:
        codes, lost, seconds = _timed(lambda x=vectors, n=levels: _plain(x, n))[:3]  # type: ignore[misc]
        lines.append(
            f"| {name} | scikit-learn | {seconds:.1f} | {lost:.4f} | {shared(codes).mean():.2%} | {_used(codes):.1%} | |"
        )
        ids = tuple(f"i{row:06}" for row in range(len(vectors)))
        wanted = Learning(levels=levels, iterations=ITERATIONS)
        start = time.process_time()
        learned = learn(ids, [Placed(ids, vectors)], wanted)
        seconds = time.process_time() - start
        again = learn(ids[::-1], [Placed(ids, vectors)], wanted)
        same = (learned.codes == again.codes[::-1]).all(axis=1).mean()
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        lines.append(
            f"| | ours | {seconds:.1f} | {', '.join(f'{_lost(learned, step, unit):.4f}' for step in learned.steps)} | {_steps(learned)} | {_used(learned.codes):.1%} | {same:.2%} |"
        )
    return lines


def _of(path: Path) -> list[str]:
    data = read(path, "s3rec")
    spaces = {
        "co-consumption": Placed.of(data.item_ids, Als.fit(data).factors),
        "content": Placed.of(data.item_ids, Content.fit(data).vectors),
    }
    lines = [
        f"{data.name}, {len(data.items):,} items, 3 x 256 codes. Purity: share of items with the commonest attribute of their prefix of "
        "one code and of two, in brackets when attributes are dealt out anew.",
        "",
        "| spaces | CPU s | lost | colliding | used | perplexity | purity |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, chosen in (
        *((name, [space]) for name, space in spaces.items()),
        ("both", list(spaces.values())),
    ):
        known = [item for item in data.items if any(item.id in set(space.ids) for space in chosen)]
        lines.append(_row(name, known, chosen))
    return lines


def _row(name: str, items: Sequence[Item], spaces: Sequence[Placed]) -> str:
    start = time.process_time()
    learned = learn(
        [item.id for item in items], spaces, Learning(weights=(1.0,) * len(spaces), iterations=ITERATIONS)
    )
    seconds = time.process_time() - start
    report = reported(learned.books, learned.vectors, learned.steps, items, stable=None)
    purity = ", ".join(f"{each.purity:.2f} ({each.by_chance:.2f})" for each in report.purity)
    perplexity = ", ".join(f"{level.perplexity:.0f}" for level in report.levels)
    used = min(level.used for level in report.levels)
    return f"| {name} | {seconds:.1f} | {report.lost:.4f} | {_steps(learned)} | {used:.1%} | {perplexity} | {purity} |"


def _drawn(rows: int, width: int, groups: int) -> Vectors:
    rng = np.random.default_rng(0)
    sizes = rng.dirichlet(np.full(groups, 0.3))
    centres = rng.normal(size=(groups, width))
    vectors = centres[rng.choice(groups, rows, p=sizes)] + 0.5 * rng.normal(size=(rows, width))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _plain(vectors: Vectors, levels: int) -> tuple[np.ndarray, float]:
    from sklearn.cluster import KMeans  # type: ignore[import-not-found]  # not one of our dependencies

    left, codes = vectors, []
    for level in range(levels):
        fit = KMeans(256, n_init=1, max_iter=ITERATIONS, tol=0, random_state=level).fit(left)
        codes.append(fit.labels_)
        left = left - fit.cluster_centers_[fit.labels_]
    return np.stack(codes, axis=1).astype(np.int32), float(np.square(left).sum() / np.square(vectors).sum())


def _timed(work: Callable[[], tuple[np.ndarray, float]]) -> tuple[np.ndarray, float, float]:
    start = time.process_time()
    codes, lost = work()
    return codes, lost, time.process_time() - start


def _lost(learned: Learned, codes: np.ndarray, unit: Vectors) -> float:
    """Of the vectors as they were given, what turning left out included."""
    decoded = learned.books.decoded(codes)
    if learned.mixing.turned is not None:
        decoded = decoded @ learned.mixing.turned.T
    return float(np.square(unit - decoded).sum(dtype=np.float64) / len(unit))


def _used(codes: np.ndarray) -> float:
    return min(len(np.unique(own)) / 256 for own in codes.T)


def _steps(learned: Learned) -> str:
    return ", ".join(f"{shared(codes).mean():.2%}" for codes in learned.steps)


if __name__ == "__main__":
    main()
