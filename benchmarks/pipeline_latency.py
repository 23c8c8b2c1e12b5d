"""What a request costs the whole pipeline over a large catalogue: `python -m benchmarks.pipeline_latency`.

A generated catalogue (--items), item-kNN, ALS and popularity as sources, the linear ranker, the rules of the surface
`home`, on one thread. Vectors, similarities and weights are drawn, not learned: time depends on their number and
shape. Two figures are measured: a request alone (wall clock, percentiles over --users different listeners, the caches
of the process warm), and a batch of them (CPU time a user). The graph of ALS is built by the product's own code, which
takes some minutes; --keep FOLDER stores it for the next run. Writes a section of benchmarks/RESULTS.md with --write.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from benchmarks.results import measured, put
from recsys_core import Pipeline, PipelineConfig, Situation
from recsys_core.candidates.als import Als, AlsConfig
from recsys_core.candidates.item_knn import ItemKnn, ItemKnnConfig
from recsys_core.candidates.popularity import Popularity
from recsys_core.data import Dataset, Histories, Item, Vertical
from recsys_core.libraries import library
from recsys_core.neighbours import Neighbours
from recsys_core.ranking.linear_ranker import LinearRanker, LinearRankerConfig
from recsys_core.surface import load_surface

FACTORS, NEIGHBOURS, HISTORY, CREATORS = 64, 50, 30, 100_000
WEIGHTS = {
    "popularity": 0.3, "item_knn": 1.2, "item_knn, last item": 0.6, "als": 0.8, "als, last item": 0.2,
    "popularity, short history": 0.1, "attributes in common": 0.9, "vertical in common": 0.7, "creator in common": 0.5,
}  # fmt: skip
VERTICALS = (Vertical.TRACK, Vertical.EPISODE, Vertical.AUDIOBOOK)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--keep", type=Path, help="folder that keeps the graph between runs")
    parser.add_argument("--write", action="store_true", help="write the section of benchmarks/RESULTS.md")
    arguments = parser.parse_args()
    with threadpool_limits(1):  # a request has one core
        pipeline, building = made(arguments.items, arguments.users, arguments.keep)
        text = report(pipeline, building, arguments.users)
    print(text)
    if arguments.write:
        put("pipeline_latency", text)


def made(items: int, users: int, keep: Path | None) -> tuple[Pipeline, float]:
    """The pipeline, and the CPU seconds that its graph took."""
    rng = np.random.default_rng(7)
    vectors = clustered(rng, items)
    data = catalogue(rng, items, users)
    knn = ItemKnn(ItemKnnConfig(neighbours=NEIGHBOURS), data.item_ids, similar(rng, items))
    als = Als(AlsConfig(factors=FACTORS), data.item_ids, vectors)
    ranker = LinearRanker(LinearRankerConfig(), WEIGHTS, ordered=True)
    popularity = Popularity.fit(data)
    pipeline = Pipeline(
        PipelineConfig(), data, {"popularity": popularity, "item_knn": knn, "als": als}, ranker
    )
    index, seconds = graph(vectors, keep)
    pipeline.__dict__["indices"] = {"als": index}
    return pipeline, seconds


def clustered(rng: np.random.Generator, items: int) -> NDArray[np.float32]:
    """(items, d) around 2,000 centres, of different lengths, as factors of popular and rare items have."""
    centres = rng.standard_normal((2_000, FACTORS), dtype=np.float32)
    vectors = centres[rng.integers(2_000, size=items)]
    vectors += np.float32(0.8) * rng.standard_normal((items, FACTORS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors *= rng.uniform(0.3, 1, (items, 1)).astype(np.float32)
    return vectors


def catalogue(rng: np.random.Generator, items: int, users: int) -> Dataset:
    """Items with vertical, creator, attributes and licences; listeners with a history each, popular items first."""
    kinds = rng.choice(3, size=items, p=(0.85, 0.1, 0.05))
    creators, genres = rng.integers(CREATORS, size=items), rng.integers(200, size=(items, 2))
    local, explicit = rng.random(items) < 0.2, rng.random(items) < 0.1
    shelf = tuple(
        Item(
            id=f"item-{place:07d}",
            vertical=VERTICALS[kinds[place]],
            title=f"title {place}",
            creator=f"creator-{creators[place]}",
            attributes=tuple(f"genre-{genre}" for genre in genres[place]),
            markets=frozenset({"SE", "US"}) if local[place] else None,
            explicit=bool(explicit[place]),
        )
        for place in range(items)
    )
    lengths = rng.poisson(HISTORY, size=users) + 1
    taken = (items * rng.random(int(lengths.sum())) ** 3).astype(np.int64)
    histories = Histories(
        np.arange(users, dtype=np.int64), np.append(0, lengths.cumsum()).astype(np.int64), taken, items
    )
    return Dataset("large", tuple(f"user-{row}" for row in range(users)), shelf, histories, ordered=True)


def similar(rng: np.random.Generator, items: int) -> csr_matrix:
    """(items, items) with so many neighbours a row."""
    columns = np.sort(rng.integers(items, size=(items, NEIGHBOURS), dtype=np.int32), axis=1).ravel()
    values = rng.random(items * NEIGHBOURS, dtype=np.float32)
    starts = np.arange(0, items * NEIGHBOURS + 1, NEIGHBOURS, dtype=np.int64)
    return csr_matrix((values, columns, starts), shape=(items, items))


def graph(vectors: NDArray[np.float32], keep: Path | None) -> tuple[Neighbours, float]:
    """The index, and the CPU seconds that its graph took, now or when it was kept."""
    path = keep / f"graph-{len(vectors)}.voyager" if keep else None
    if path is not None and path.is_file():
        kept = Neighbours(vectors, "dot", library("voyager").Index.load(str(path)))
        return kept, float(path.with_suffix(".seconds").read_text())
    start = time.process_time()
    index = Neighbours.build(vectors)
    seconds = time.process_time() - start
    if path is not None and index.graph is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        index.graph.save(str(path))
        path.with_suffix(".seconds").write_text(f"{seconds:.0f}\n")
    return index, seconds


def report(pipeline: Pipeline, building: float, users: int) -> str:
    surface = load_surface("home")
    situation = Situation(size=surface.places, market="SE", explicit_allowed=False, now=1_800_000_000)
    names = pipeline.data.user_ids

    def asked(user: str) -> int:
        return pipeline.recommend(user, situation, surface=surface).candidates

    warm = [asked(user) for user in names[:20]]
    alone = []
    for user in names:
        wall, cpu = time.perf_counter(), time.process_time()
        asked(user)
        alone.append((time.perf_counter() - wall, time.process_time() - cpu))
    start = time.process_time()
    for user in names:
        asked(user)
    batch = 1e3 * (time.process_time() - start) / users
    percentiles = 1e3 * np.percentile(alone, (50, 95, 99), axis=0)
    rows = "\n".join(
        f"| a request, {name} | {wall:.2f} ms | {cpu:.2f} ms | {bar} |"
        for name, (wall, cpu), bar in zip(
            ("median", "p95", "p99"), percentiles, ("", "50 ms", ""), strict=True
        )
    )
    built = f" Building the graph took {building:.0f} CPU-s."
    return (
        "## Latency of the pipeline\n\n"
        f"{measured(f'python -m benchmarks.pipeline_latency --items {len(pipeline.data.items)}')}, one thread, on a "
        f"shared machine (load {os.getloadavg()[0]:.1f}).\n\n"
        f"{len(pipeline.data.items):,} generated items; popularity, item-kNN ({NEIGHBOURS} neighbours) and ALS "
        f"({FACTORS} factors, through Voyager) propose {surface.take} each, {int(np.mean(warm))} different items on "
        f"average; {len(WEIGHTS)} features, linear ranker, the {len(surface.rules)} rules of `home`; histories of "
        f"{HISTORY} items on average; {users:,} listeners.{built}\n\n"
        "| figure | wall clock | CPU time | bar |\n|---|---|---|---|\n"
        f"{rows}\n"
        f"| in a batch, a user | | {batch:.2f} ms | 2 ms |"
    )


if __name__ == "__main__":
    main()
