import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_core import evaluate_model, load_protocol, models
from recsys_core.__main__ import main
from recsys_core.candidates.popularity import Popularity
from recsys_core.data import Dataset, Histories, Item
from recsys_core.data.readers import read
from recsys_core.errors import InvalidConfig, UnknownStage
from recsys_core.judge import judge
from recsys_core.judge.split import Split, split

# Zhou et al. 2020, full-rank table, R@5 N@5 R@10 N@10
PUBLISHED = {
    "Toys_and_Games": (0.0066, 0.0046, 0.0113, 0.0061),
    "Sports_and_Outdoors": (0.0056, 0.0041, 0.0094, 0.0053),
}
METRICS = ("recall@5", "ndcg@5", "recall@10", "ndcg@10")


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = [" ".join(map(str, [user + 1, *(1 + rng.permutation(30)[:6])])) for user in range(50)]
    path = tmp_path / "Small.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_models_are_the_kinds_and_the_pipeline() -> None:
    assert models() == (
        *("als", "ann", "co_listening", "content", "item2vec", "item_knn", "popularity", "sequential"),
        "pipeline",
    )


def test_popularity_equals_the_published_row(public: Path) -> None:
    data = read(public / "s3rec" / "Toys_and_Games.txt", "s3rec")
    protocol = load_protocol("s3rec-table")
    parts = split(data, protocol)
    values = judge(Popularity.fit(parts.counted), parts, protocol)["masked"].values
    assert tuple(round(float(values[metric].mean()), 4) for metric in METRICS) == PUBLISHED["Toys_and_Games"]


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_honest_row_stands_beside_the_published_one_and_is_lower(public: Path, name: str) -> None:
    result = evaluate_model(public / "s3rec" / f"{name}.txt", "s3rec", "popularity", protocol="s3rec-table")
    assert tuple(round(result.metrics["masked"][metric], 4) for metric in METRICS) == PUBLISHED[name]
    assert result.beside is not None
    assert result.beside.protocol.name == "loo-full"
    assert result.beside.metrics["masked"]["recall@10"] < result.metrics["masked"]["recall@10"]


@pytest.mark.slow
def test_item_knn_reaches_its_reference_on_toys(public: Path) -> None:
    result = evaluate_model(public / "s3rec" / "Toys_and_Games.txt", "s3rec", "item_knn")
    assert result.metrics["masked"]["recall@10"] == pytest.approx(0.0763, abs=0.0005)
    assert result.metrics["masked"]["ndcg@10"] == pytest.approx(0.0458, abs=0.0005)


@pytest.mark.slow
def test_twenty_two_thousand_users_by_twelve_thousand_items_take_eight_seconds() -> None:
    """A dense scorer: CPU seconds of the whole judging, scores included."""
    rng = np.random.default_rng(0)
    users, items = 22_000, 12_000
    factors = rng.standard_normal((items, 64)).astype("f4")
    people = rng.standard_normal((users, 64)).astype("f4")

    class Dense:
        def score(self, histories: Histories) -> NDArray[np.float32]:
            return np.asarray(people[histories.users] @ factors.T, dtype=np.float32)

    drawn = rng.integers(items, size=(users, 9))
    past = Histories(np.arange(users), np.arange(users + 1) * 8, drawn[:, :8].ravel(), items)
    wanted = Histories(np.arange(users), np.arange(users + 1), drawn[:, 8].copy(), items)
    train = Dataset(
        "drawn", tuple(map(str, range(users))), tuple(Item(str(each)) for each in range(items)), past
    )
    start = time.process_time()
    judge(Dense(), Split(train, train, past, wanted, 0.0), load_protocol("loo-full"))
    seconds = time.process_time() - start
    print(f"{seconds:.1f} CPU-s")
    assert seconds <= 8


def test_the_json_has_the_shape_scripts_rely_on(sequences: Path) -> None:
    found = json.loads(evaluate_model(sequences, "s3rec", "item_knn", seeds=2).to_json())
    assert set(found["metrics"]) == {"masked", "unmasked"} == set(found["intervals"])
    assert {*METRICS, "recall@20", "ndcg@50", "mrr", "coverage@10"} <= set(found["metrics"]["masked"])
    low, high = found["intervals"]["masked"]["recall@10"]
    assert low <= found["metrics"]["masked"]["recall@10"] <= high
    assert found["protocol"]["name"] == "loo-full"
    assert found["protocol"]["hash"] == load_protocol("loo-full").hash
    assert set(found["seconds"]) == {"train", "evaluate"}
    assert (found["users"], found["items"], found["interactions"], found["seeds"]) == (50, 30, 300, 2)


def test_seeds_split_again_where_the_holdout_is_random(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [f"{user}\t{artist}\t1" for user in range(1, 40) for artist in 1 + rng.permutation(50)[:10]]
    (tmp_path / "user_artists.dat").write_text("userID\tartistID\tweight\n" + "\n".join(rows) + "\n")
    result = evaluate_model(tmp_path, "hetrec", "popularity", seeds=3)
    assert result.protocol.name == "holdout-random"
    assert result.spread["masked"]["recall@10"] > 0


def test_an_unknown_model_names_those_that_exist(sequences: Path) -> None:
    with pytest.raises(UnknownStage, match="no model 'bert'; known are als, ann, co_listening"):
        evaluate_model(sequences, "s3rec", "bert")


def test_a_config_of_another_kind_is_refused(sequences: Path) -> None:
    with pytest.raises(InvalidConfig, match="of kind 'als', and the model asked for is 'item_knn'"):
        evaluate_model(sequences, "s3rec", "item_knn", config={"kind": "als"})


def test_no_seed_at_all_is_refused(sequences: Path) -> None:
    with pytest.raises(InvalidConfig, match="seeds = 0"):
        evaluate_model(sequences, "s3rec", "popularity", seeds=0)


def test_the_command_prints_the_published_and_the_honest_row(
    sequences: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "--data", str(sequences), "--format", "s3rec", "--model", "popularity"]
    assert main([*arguments, "--protocol", "s3rec-table"]) == 0
    shown = capsys.readouterr().out
    assert "popularity, s3rec-table" in shown
    assert "popularity, loo-full" in shown
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["kind"] == "popularity"


def test_wrong_input_ends_with_two_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.txt").write_text("1 2\n3 four\n")
    assert main(["evaluate", "--data", str(tmp_path / "x.txt"), "--format", "s3rec", "--model", "als"]) == 2
    assert capsys.readouterr().err == (
        "x.txt line 2: 'four' is not a user or item id, a whole number from 1; correct the line and read again\n"
    )


def test_the_world_prints_its_ceiling_and_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "world.json"
    config.write_text('{"users": 40, "tracks": 30, "episodes": 10, "audiobooks": 5, "playlists": 0}')
    assert main(["world", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "oracle, loo-full" in shown
    assert "popularity, loo-full" in shown
    assert main(["evaluate", "--data", str(config), "--format", "world", "--model", "popularity"]) == 0


def test_protocols_are_listed_with_their_hashes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocols"]) == 0
    assert json.loads(capsys.readouterr().out)["loo-full"]["hash"] == load_protocol("loo-full").hash


def test_importing_the_package_imports_no_library_that_only_some_models_need() -> None:

    code = "import sys, recsys_core; print([m for m in ('scipy', 'implicit', 'gensim', 'voyager', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
