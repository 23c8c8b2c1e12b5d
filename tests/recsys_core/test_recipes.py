import fcntl
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from recsys_core.__main__ import main
from recsys_core.errors import (
    ArtifactDamaged,
    ArtifactVersion,
    DataMissing,
    HeldOutSeen,
    InvalidConfig,
    InvalidData,
    OutputBusy,
    OutputExists,
    UnknownProtocol,
    UnknownStage,
)
from recsys_core.evaluation import configured, evaluate
from recsys_core.judge import load_protocol
from recsys_core.manifest import Manifest, read_manifest
from recsys_core.recipes import prepare, recipes, run_recipe
from recsys_core.world import WorldConfig, generate
from recsys_core.world.outcomes import outcomes_of

WORLD = {"users": 60, "tracks": 40, "episodes": 20, "audiobooks": 10, "playlists": 10}
KNN = 'name = "knn"\ndata = {path = "world.json", format = "world"}\nmodel = {kind = "item_knn", neighbours = 20}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "world.json").write_text(json.dumps(WORLD))
    (tmp_path / "train.toml").write_text(KNN)
    (tmp_path / "evaluate.toml").write_text('model = "knn"\n')
    return tmp_path


@pytest.fixture
def trained(folder: Path) -> Manifest:
    return run_recipe("train", folder / "train.toml", folder / "knn")


def test_the_recipes_are_the_files() -> None:
    assert recipes() == ("embed", "evaluate", "learn_semantic_ids", "train")


def test_a_manifest_says_what_an_artifact_is_and_comes_from(folder: Path, trained: Manifest) -> None:
    assert read_manifest(folder / "knn") == trained
    assert (trained.kind, trained.name, trained.recipe, trained.parents) == ("model", "knn", "train", ())
    assert trained.data.hash == generate(WorldConfig(**WORLD)).data.hash
    assert trained.config["model"] == {"kind": "item_knn", "neighbours": 20, "weighting": "cosine"}
    assert trained.requires == ("numpy", "safetensors", "scipy")
    assert trained.environment.libraries["numpy"] == np.__version__
    assert set(trained.files) == {
        f"model/{name}" for name in ("items.json", "model.json", "weights.safetensors")
    }


def test_the_same_training_elsewhere_has_the_same_digest(folder: Path, trained: Manifest) -> None:
    assert run_recipe("train", folder / "train.toml", folder / "again").digest == trained.digest


def test_a_second_run_returns_the_first_result(folder: Path, trained: Manifest) -> None:
    stages: list[str] = []
    again = run_recipe(
        "train", folder / "train.toml", folder / "knn", progress=lambda *event: stages.append(event[0])
    )
    assert again == trained
    assert stages == []


def test_an_evaluation_measures_what_the_evaluator_measures(folder: Path, trained: Manifest) -> None:
    found = run_recipe("evaluate", folder / "evaluate.toml", folder / "evaluation")
    data = generate(WorldConfig(**WORLD)).data
    config = configured("item_knn", {"neighbours": 20})
    outcomes = partial(outcomes_of, folder / "world.json", "world")
    expected = evaluate(data, config, protocol=load_protocol("loo-full"), outcomes=outcomes)
    assert {"engagement@10", "satisfaction@10", "discovery@10"} <= expected.metrics["masked"].keys()
    measured = found.metrics[0]
    assert (measured.protocol, measured.hash) == ("loo-full", load_protocol("loo-full").hash)
    assert {name: figure.mean for name, figure in measured.quoted().items()} == expected.metrics["masked"]
    span = expected.intervals["masked"]["ndcg@10"]
    assert (measured.quoted()["ndcg@10"].low, measured.quoted()["ndcg@10"].high) == (span.low, span.high)
    assert found.parents == (trained.digest,)
    values = load_file(folder / "evaluation" / "values.safetensors")["masked/ndcg@10"]
    assert values.mean() == pytest.approx(expected.metrics["masked"]["ndcg@10"], abs=1e-6)


def test_item_vectors_become_an_artifact_with_the_model_as_parent(folder: Path) -> None:
    (folder / "als.json").write_text(
        json.dumps(
            {
                "name": "als",
                "data": {"path": "world.json", "format": "world"},
                "model": {"kind": "als", "factors": 4},
            }
        )
    )
    model = run_recipe("train", folder / "als.json", folder / "als")
    (folder / "embed.toml").write_text('model = "als"\n')
    found = run_recipe("embed", folder / "embed.toml", folder / "vectors")
    assert found.parents == (model.digest,)
    assert (found.name, found.facts["search"], found.facts["dimensions"]) == ("als-embedding", "exact", 4)
    vectors = load_file(folder / "vectors" / "vectors.safetensors")["vectors"]
    assert vectors.shape == (len(json.loads((folder / "vectors" / "placed.json").read_text())), 4)


def test_a_model_without_vectors_cannot_be_embedded(folder: Path, trained: Manifest) -> None:
    with pytest.raises(InvalidConfig, match="'knn': a ItemKnn has no item vectors"):
        run_recipe("embed", folder / "evaluate.toml", folder / "vectors")
    assert not (folder / "vectors").exists()


def test_a_pipeline_trains_is_judged_and_embedded_by_source(folder: Path) -> None:
    text = KNN.replace('"knn"', '"mix"').replace(
        '{kind = "item_knn", neighbours = 20}',
        '{kind = "pipeline", sources = [{kind = "popularity"}, {kind = "als", factors = 4}]}',
    )
    (folder / "mix.toml").write_text(text)
    run_recipe("train", folder / "mix.toml", folder / "mix")
    (folder / "judge.toml").write_text('model = "mix"\n')
    assert run_recipe("evaluate", folder / "judge.toml", folder / "judged").metrics
    with pytest.raises(InvalidConfig, match="source = None; 'mix' has popularity, als"):
        run_recipe("embed", folder / "judge.toml", folder / "vectors")
    (folder / "embed.toml").write_text('model = "mix"\nsource = "als"\n')
    assert run_recipe("embed", folder / "embed.toml", folder / "vectors").facts["dimensions"] == 4


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("model =", "modle =", InvalidConfig, "modle = .*the nearest key is 'model'"),
        ("neighbours", "neighbors", InvalidConfig, "neighbors = 20.*the nearest key is 'neighbours'"),
        ("item_knn", "os.system", UnknownStage, r"no model 'os\.system'; known are als"),
        ('"knn"', '"../knn"', InvalidConfig, r"name = '\.\./knn'"),
        ('path = "', 'paht = "', InvalidConfig, "data.paht = .*the nearest key is 'path'"),
        ("world.json", "absent.json", DataMissing, "no data at .*absent.json"),
        ('format = "world"', 'format = "csv"', UnknownStage, "no format 'csv'; known are"),
        ('name = "knn"', 'name = "knn"\nprotocol = "mine"', UnknownProtocol, "no protocol 'mine'; known are"),
        ("neighbours = 20", "neighbours = nan", InvalidConfig, "neighbours = nan"),
        ("name =", "name", InvalidConfig, "train.toml is no TOML"),
        (
            '{kind = "item_knn", neighbours = 20}',
            '{kind = "pipeline", sources = [{kind = "item_knn", neighbors = 5}]}',
            InvalidConfig,
            r"^train.toml: model: pipeline config: sources.0: candidates \(item_knn\): neighbors = 5: no such key; "
            "the nearest key is 'neighbours'. Known keys: kind, neighbours, weighting$",
        ),
    ],
)
def test_a_wrong_configuration_is_named_and_leaves_nothing(
    folder: Path, old: str, new: str, error: type[Exception], message: str
) -> None:
    (folder / "train.toml").write_text(KNN.replace(old, new, 1))
    with pytest.raises(error, match=message):
        run_recipe("train", folder / "train.toml", folder / "out")
    assert {path.name for path in folder.iterdir()} == {"world.json", "train.toml", "evaluate.toml"}


def test_an_unknown_recipe_names_those_there_are(folder: Path) -> None:
    with pytest.raises(
        UnknownStage, match="no recipe 'serve'; known are embed, evaluate, learn_semantic_ids, train"
    ):
        prepare("serve", folder / "train.toml")


def test_a_place_that_cannot_be_written_is_told_in_one_line(
    folder: Path, trained: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {
        "train.toml": (2, "is a file; give a folder that a recipe wrote"),  # the file is in the way
        "train.toml/below": (1, "File exists: "),
    }
    for out, (code, message) in told.items():
        arguments = ["train", "--config", str(folder / "train.toml"), "--out", str(folder / out)]
        assert main(arguments) == code
        error = capsys.readouterr().err
        assert (message in error, error.count("\n")) == (True, 1)
    assert (folder / "train.toml").read_text() == KNN


def test_a_folder_with_anything_else_in_it_is_refused(folder: Path, trained: Manifest) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(OutputExists, match="is not empty and no artifact"):
        run_recipe("train", folder / "train.toml", folder / "mine")
    (folder / "train.toml").write_text(KNN.replace("20", "30"))
    with pytest.raises(OutputExists, match=r"another config .model = .*20.*30"):
        run_recipe("train", folder / "train.toml", folder / "knn")
    assert [path.name for path in (folder / "mine").iterdir()] == ["notes.txt"]


def test_changed_data_is_no_reason_to_return_the_old_model(folder: Path, trained: Manifest) -> None:
    (folder / "world.json").write_text(json.dumps(WORLD | {"seed": 1}))
    with pytest.raises(OutputExists, match=r"another inputs .data = "):
        run_recipe("train", folder / "train.toml", folder / "knn")
    with pytest.raises(InvalidData, match=r"is not what 'knn' was trained on"):
        run_recipe("evaluate", folder / "evaluate.toml", folder / "evaluation")


def test_a_changed_missing_or_added_file_is_noticed(folder: Path, trained: Manifest) -> None:
    extra = folder / "knn" / "model" / "extra.bin"
    extra.write_text("x")
    with pytest.raises(ArtifactDamaged, match=r"holds 'model/extra.bin', not listed"):
        read_manifest(folder / "knn")
    extra.unlink()
    (folder / "knn" / "model" / "items.json").write_text("[]")
    with pytest.raises(ArtifactDamaged, match=r"'model/items.json' changed"):
        run_recipe("evaluate", folder / "evaluate.toml", folder / "evaluation")
    (folder / "knn" / "model" / "items.json").unlink()
    with pytest.raises(ArtifactDamaged, match=r"lacks the file 'model/items.json'"):
        read_manifest(folder / "knn")


def test_a_manifest_of_another_version_or_altered_by_hand_is_told(folder: Path, trained: Manifest) -> None:
    path = folder / "knn" / "manifest.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"version": 9}))
    with pytest.raises(ArtifactVersion, match=r"manifest version 9, this code reads 1"):
        read_manifest(folder / "knn")
    path.write_text(json.dumps(values | {"name": "other"}))
    with pytest.raises(ArtifactDamaged, match=r"manifest.json changed"):
        read_manifest(folder / "knn")
    path.write_text(json.dumps(values | {"metrics": [{"protocol": "x"}]}))
    with pytest.raises(ArtifactDamaged, match=r"hash"):
        read_manifest(folder / "knn")
    with pytest.raises(DataMissing, match=r"it has no manifest.json"):
        read_manifest(folder)


def test_a_model_is_not_judged_on_what_it_learned_from(folder: Path, trained: Manifest) -> None:
    (folder / "evaluate.toml").write_text('model = "knn"\nprotocol = "loo-refit"\n')
    with pytest.raises(HeldOutSeen, match=r"trained for loo-full .* Train it with protocol = 'loo-refit'"):
        run_recipe("evaluate", folder / "evaluate.toml", folder / "evaluation")
    (folder / "train.toml").write_text(KNN + 'fit_on = "all"\n')
    run_recipe("train", folder / "train.toml", folder / "served")
    (folder / "evaluate.toml").write_text('model = "served"\n')
    with pytest.raises(HeldOutSeen, match="learned from all data"):
        run_recipe("evaluate", folder / "evaluate.toml", folder / "evaluation")


def test_two_writers_of_one_folder_are_told(folder: Path) -> None:
    draft = folder / ".out.draft"
    draft.mkdir()
    lock = os.open(draft, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputBusy, match="another process is writing 'out'"):
            run_recipe("train", folder / "train.toml", folder / "out")
    finally:
        os.close(lock)


def test_the_command_prints_an_event_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "--config", str(folder / "train.toml"), "--out", str(folder / "out")]
    assert main([*arguments, "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event["stage"], event["done"]) for event in events[:-1]] == [
        (stage, done) for stage in ("read", "train", "write") for done in (0, 1)
    ]
    assert events[-1]["event"] == "done"
    assert events[-1]["digest"] == read_manifest(folder / "out").digest
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("model knn ")


def test_evaluate_says_which_of_its_two_uses_lacks_what(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["evaluate", "--data", "x"]) == 2
    assert capsys.readouterr().err.startswith("evaluate lacks --format; give --data, --format and --model")
    assert main(["evaluate", "--out", str(folder / "x")]) == 2
    assert capsys.readouterr().err.startswith("evaluate lacks --config")


def test_a_recipe_ended_at_any_step_leaves_all_or_nothing(folder: Path) -> None:
    (folder / "train.toml").write_text(
        KNN.replace('{kind = "item_knn", neighbours = 20}', '{kind = "popularity"}')
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.recsys_core.kill_a_recipe", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert all(int(count) >= 10 for count in done.stdout.split())


def test_reading_a_manifest_or_asking_the_registry_imports_no_numpy() -> None:
    code = (
        "import sys, recsys_core.manifest, recsys_core.errors; "
        "print([m for m in ('numpy', 'scipy', 'mlflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
