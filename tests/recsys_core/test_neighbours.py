from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_core import Neighbours
from recsys_core.errors import InvalidScores
from recsys_core.neighbours import EXACT_BELOW, FILE
from recsys_core.top import top


def clustered(count: int, dimensions: int, clusters: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((clusters, dimensions))
    return (
        centres[rng.integers(clusters, size=count)] + 0.5 * rng.standard_normal((count, dimensions))
    ).astype("f4")


def recall(approximate: Neighbours, exact: Neighbours, queries: NDArray[np.float32], k: int) -> float:
    found, wanted = approximate.nearest(queries, k)[0], exact.nearest(queries, k)[0]
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(found, wanted, strict=True)]))


def test_below_twenty_thousand_search_is_exact() -> None:
    vectors = clustered(300, 8, 10)
    items, similarity = Neighbours.build(vectors).nearest(vectors[:3], 5)
    expected = np.argsort(-(vectors[:3] @ vectors.T), axis=1)[:, :5]
    assert items.tolist() == expected.tolist()
    assert (np.diff(similarity, axis=1) <= 0).all()
    assert EXACT_BELOW == 20_000


def test_a_row_is_its_own_nearest_by_cosine() -> None:
    vectors = clustered(200, 8, 10) * np.linspace(0.1, 9, 200, dtype="f4")[:, None]
    items, similarity = Neighbours.build(vectors, measure="cosine").nearest(vectors, 1)
    assert items[:, 0].tolist() == list(range(200))
    np.testing.assert_allclose(similarity, 1, rtol=1e-5)


@pytest.mark.parametrize("measure", ["dot", "cosine"])
def test_a_graph_finds_nearly_all_and_survives_storing(measure: str, tmp_path: Path) -> None:
    vectors = clustered(1_500, 16, 30)
    graph = Neighbours.build(vectors, measure=measure, exact_below=0)  # type: ignore[arg-type]
    exact = Neighbours.build(vectors, measure=measure)  # type: ignore[arg-type]
    assert recall(graph, exact, vectors[:50], 20) > 0.98
    for name, write in graph.files().items():
        write(tmp_path / name)
    again = Neighbours.load(vectors, measure=measure, folder=tmp_path)  # type: ignore[arg-type]
    assert (tmp_path / FILE).is_file()
    assert np.array_equal(again.nearest(vectors[:9], 5)[0], graph.nearest(vectors[:9], 5)[0])


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["dot", "cosine"])
def test_approximate_neighbours_recall(measure: str) -> None:
    vectors = clustered(30_000, 64, 300)
    graph = Neighbours.build(vectors, measure=measure)  # type: ignore[arg-type]
    exact = Neighbours.build(vectors, measure=measure, exact_below=10**9)  # type: ignore[arg-type]
    assert graph.graph is not None
    found = recall(graph, exact, vectors[::150], 100)
    print(f"recall@100 by {measure}: {found:.4f}")
    assert found >= 0.98


def test_a_vector_that_is_no_number_is_named() -> None:
    vectors = clustered(10, 4, 2)
    vectors[3, 1] = np.nan
    with pytest.raises(InvalidScores, match="vector 3 holds NaN"):
        Neighbours.build(vectors)


@pytest.mark.parametrize("size", [5, 64, 1_000, 5_000])
def test_top_equals_a_stable_sort(size: int) -> None:
    rng = np.random.default_rng(size)
    for scores in (rng.random(size), rng.integers(0, 5, size=size), np.zeros(size)):
        row = np.asarray(scores, dtype=np.float32)
        row[rng.random(size) < 0.3] = -np.inf
        expected = [item for item in np.argsort(-row, kind="stable") if row[item] > -np.inf][:10]
        assert top(row, 10).tolist() == expected
