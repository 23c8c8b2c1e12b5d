"""Every candidate model passes the same suite; then what is particular to each."""

import json
from pathlib import Path

import numpy as np
import pytest

from recsys_core import Oracle, World, artifact
from recsys_core.candidates.als import Als, AlsConfig
from recsys_core.candidates.ann import AnnConfig
from recsys_core.candidates.co_listening import CoListeningConfig
from recsys_core.candidates.content import ContentConfig
from recsys_core.candidates.item2vec import Item2Vec, Item2VecConfig, _Sentences
from recsys_core.candidates.item_knn import ItemKnn, ItemKnnConfig
from recsys_core.candidates.popularity import Popularity, PopularityConfig
from recsys_core.config import Config
from recsys_core.data import Dataset, Interactions
from recsys_core.errors import (
    ArtifactDamaged,
    ArtifactVersion,
    DataMissing,
    InvalidConfig,
    LibraryMissing,
    UnknownStage,
)
from recsys_core.judge import Split, judge, load_protocol
from recsys_core.libraries import library
from recsys_core.model import Model
from recsys_core.sources import fit
from recsys_core.stages import configure, kinds, stage

LOO = load_protocol("loo-refit")
CONFIGS: dict[str, Config] = {
    "popularity": PopularityConfig(half_life_days=10),
    "item_knn": ItemKnnConfig(neighbours=20),
    "als": AlsConfig(factors=16, iterations=8),
    "item2vec": Item2VecConfig(dimensions=16, words=60_000, negatives=5),
    "co_listening": CoListeningConfig(neighbours=20),
    "content": ContentConfig(dimensions=16),
    "ann": AnnConfig(model=AlsConfig(factors=8, iterations=4)),
}


@pytest.fixture(scope="module")
def fitted(parts: Split) -> dict[str, Model]:
    return {kind: fit(config, parts.train) for kind, config in CONFIGS.items()}


def test_the_suite_covers_every_kind_there_is() -> None:
    # `sequential` passes its own in test_sequential.py: one worker alone imports torch
    assert {*CONFIGS, "sequential"} == set(kinds("candidates"))


@pytest.mark.parametrize("kind", CONFIGS)
def test_scores_cover_the_catalogue_and_are_finite(kind: str, fitted: dict[str, Model], parts: Split) -> None:
    scores = fitted[kind].score(parts.histories.slice(0, 7))
    assert scores.shape == (7, len(parts.train.items))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_same_seed_gives_the_same_numbers(kind: str, fitted: dict[str, Model], parts: Split) -> None:
    again = fit(CONFIGS[kind], parts.train)
    past = parts.histories.slice(0, 20)
    assert np.array_equal(again.score(past), fitted[kind].score(past))


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_stored_model_scores_as_before(
    kind: str, fitted: dict[str, Model], parts: Split, tmp_path: Path
) -> None:
    artifact.save(fitted[kind], tmp_path / "model")
    loaded = artifact.load(tmp_path / "model")
    past = parts.histories.slice(0, 20)
    assert np.array_equal(loaded.score(past), fitted[kind].score(past))
    assert loaded.config == CONFIGS[kind]
    assert not [path for path in (tmp_path / "model").iterdir() if path.suffix in {".pkl", ".npy", ".bin"}]


@pytest.mark.parametrize("kind", CONFIGS)
def test_rows_do_not_depend_on_their_block(kind: str, fitted: dict[str, Model], parts: Split) -> None:
    whole = fitted[kind].score(parts.histories.slice(0, 9))
    alone = fitted[kind].score(parts.histories.slice(4, 5))
    np.testing.assert_allclose(alone[0], whole[4], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["item_knn", "als", "item2vec"])
def test_learning_lies_between_popularity_and_the_oracle(
    kind: str, fitted: dict[str, Model], parts: Split, world: World
) -> None:
    ours = judge(fitted[kind], parts, LOO)["masked"].values["ndcg@10"].mean()
    floor = judge(Popularity.fit(parts.train), parts, LOO)["masked"].values["ndcg@10"].mean()
    ceiling = judge(Oracle(world), parts, LOO)["masked"].values["ndcg@10"].mean()
    assert floor < ours < ceiling


def test_popularity_with_decay_follows_the_trend(parts: Split) -> None:
    plain, lately = (
        judge(Popularity.fit(parts.train, config=PopularityConfig(half_life_days=days)), parts, LOO)
        for days in (None, 7)
    )
    assert lately["masked"].values["ndcg@10"].mean() > plain["masked"].values["ndcg@10"].mean()


def test_a_half_life_halves_the_count() -> None:
    day = 86_400
    data = Dataset.build("x", Interactions(["a", "b"], ["old", "new"], [0, 3 * day]), ordered=True)
    model = Popularity.fit(data, config=PopularityConfig(half_life_days=3))
    assert model.counts[[data.item_index("old"), data.item_index("new")]].tolist() == [0.5, 1.0]


def test_decay_without_times_is_refused() -> None:
    data = Dataset.build("sequences", Interactions(["a"], ["1"]), ordered=True)
    with pytest.raises(InvalidConfig, match=r"half_life_days = 3\.0 needs times, and sequences has none"):
        Popularity.fit(data, config=PopularityConfig(half_life_days=3))


def test_an_item_is_no_neighbour_of_itself(fitted: dict[str, Model]) -> None:
    model = fitted["item_knn"]
    assert isinstance(model, ItemKnn)
    assert not model.similarity.diagonal().any()


def test_als_folds_a_history_in_by_its_normal_equations(fitted: dict[str, Model], parts: Split) -> None:
    model = fitted["als"]
    assert isinstance(model, Als)
    past = parts.histories.slice(0, 1)
    taken = np.isin(np.arange(past.item_count), past.row(0))
    confidence = np.where(taken, model.config.alpha, 1.0)
    left = model.factors.T @ (confidence[:, None] * model.factors) + model.config.regularization * np.eye(16)
    expected = np.linalg.solve(left, model.factors.T @ (confidence * taken))
    np.testing.assert_allclose(model.queries(past)[0], expected, rtol=2e-3, atol=1e-4)


def test_item2vec_ranks_better_by_next_item_odds_than_by_cosine(
    fitted: dict[str, Model], parts: Split
) -> None:
    model = fitted["item2vec"]
    assert isinstance(model, Item2Vec)
    cosine = Item2Vec.fit(parts.train, config=model.config.model_copy(update={"scoring": "cosine"}))
    ours, theirs = (judge(it, parts, LOO)["masked"].values["ndcg@10"].mean() for it in (model, cosine))
    assert ours > 1.5 * theirs


def test_item2vec_finds_what_is_alike(fitted: dict[str, Model], world: World) -> None:
    """Neighbours share a track's genre at least three times as often as chance has it."""
    model = fitted["item2vec"]
    assert isinstance(model, Item2Vec)
    items = world.data.items
    tracks = [place for place, item in enumerate(items) if item.vertical == "track"]
    genres = {place: items[place].attributes for place in tracks}
    shared = [
        genres[place] == genres[other]
        for place in tracks
        for other in model.alike(place, 5)[0]
        if other in genres
    ]
    chance = np.mean([genres[one] == genres[other] for one in tracks for other in tracks])
    assert np.mean(shared) > 3 * chance


def test_unordered_items_are_shuffled_before_they_become_a_sentence() -> None:
    data = Dataset.build("x", Interactions(["u"] * 30, [str(n) for n in range(30)]), ordered=False)
    assert next(iter(_Sentences(data, 0))) != [str(item) for item in data.histories.row(0)]


def save(parts: Split, folder: Path) -> Path:
    return artifact.save(Popularity.fit(parts.train), folder)


def test_an_artifact_is_never_overwritten(parts: Split, tmp_path: Path) -> None:
    save(parts, tmp_path / "model")
    with pytest.raises(ArtifactDamaged, match="exists already"):
        save(parts, tmp_path / "model")


def test_a_failed_write_leaves_nothing(parts: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.numpy.save_file", broken)
    with pytest.raises(OSError, match="disk full"):
        save(parts, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_a_changed_file_is_noticed(parts: Split, tmp_path: Path) -> None:
    folder = save(parts, tmp_path / "model")
    (folder / artifact.ITEMS).write_text("[]")
    with pytest.raises(ArtifactDamaged, match=r"'items\.json' changed"):
        artifact.load(folder)


def test_a_missing_file_is_named(parts: Split, tmp_path: Path) -> None:
    folder = save(parts, tmp_path / "model")
    (folder / artifact.WEIGHTS).unlink()
    with pytest.raises(ArtifactDamaged, match=r"weights\.safetensors"):
        artifact.load(folder)


@pytest.mark.parametrize(("version", "shown"), [(2, "2"), (None, "None")])
def test_an_artifact_of_another_version_is_told(
    parts: Split, tmp_path: Path, version: int | None, shown: str
) -> None:
    folder = save(parts, tmp_path / "model")
    head = json.loads((folder / artifact.HEAD).read_text())
    (folder / artifact.HEAD).write_text(json.dumps(head | {"version": version}))
    with pytest.raises(ArtifactVersion, match=f"format version {shown}, this code reads 1"):
        artifact.load(folder)


def test_weights_that_are_no_numbers_are_refused(parts: Split, tmp_path: Path) -> None:
    model = Popularity.fit(parts.train)
    broken = Popularity(model.config, model.item_ids, model.counts * np.float32(np.nan))
    artifact.save(broken, tmp_path / "model")
    with pytest.raises(ArtifactDamaged, match="'counts' holds NaN"):
        artifact.load(tmp_path / "model")


def test_a_list_of_files_cannot_point_outside(parts: Split, tmp_path: Path) -> None:
    folder = save(parts, tmp_path / "model")
    head = json.loads((folder / artifact.HEAD).read_text())
    (folder / artifact.HEAD).write_text(json.dumps(head | {"files": {"../secret": "0"}}))
    with pytest.raises(ArtifactDamaged, match=r"'\.\./secret'"):
        artifact.load(folder)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="no model in"):
        artifact.load(tmp_path)


def test_an_unknown_kind_names_those_that_exist() -> None:
    with pytest.raises(
        UnknownStage, match=r"'os\.system'.*als, ann, co_listening, content, item2vec, item_knn, popularity"
    ):
        stage("candidates", "os.system")


def test_an_unknown_key_is_named_with_its_value() -> None:
    with pytest.raises(InvalidConfig, match=r"neighbors = 5: no such key.*Known keys: kind, neighbours"):
        configure("candidates", {"kind": "item_knn", "neighbors": 5}, where="run.json")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0, -1])
def test_an_impossible_number_is_refused(value: float) -> None:
    with pytest.raises(InvalidConfig, match="alpha"):
        configure("candidates", {"kind": "als", "alpha": value}, where="run.json")


def test_a_missing_library_is_refused_with_its_install_command() -> None:
    with pytest.raises(LibraryMissing, match="pip install no-such-library"):
        library("no-such-library", module="no_such_library")
