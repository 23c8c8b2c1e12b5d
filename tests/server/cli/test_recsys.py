"""`cuebook recsys evaluate` over lists of a model that was trained elsewhere."""

import json
from pathlib import Path

from tests.server.cli.conftest import Cuebook


def _data(folder: Path) -> Path:
    path = folder / "Small.txt"
    path.write_text("".join(f"{user} {user + 9} {user} {user + 1} {user + 2}\n" for user in range(1, 9)))
    return path


def test_lists_are_judged_with_the_same_json_as_a_model(cuebook: Cuebook, tmp_path: Path) -> None:
    lists = tmp_path / "lists.jsonl"
    lists.write_text("".join(json.dumps({"user": user, "items": [user + 2]}) + "\n" for user in range(1, 8)))
    given = ("recsys", "evaluate", "--data", str(_data(tmp_path)), "--format", "s3rec")
    judged = cuebook(*given, "--predictions", str(lists), "--json").json
    trained = cuebook(*given, "--model", "popularity", "--json").json
    assert judged["metrics"]["masked"]["recall@10"] == 7 / 8
    assert judged.keys() - trained.keys() == {"predictions"}
    assert judged["protocol"] == trained["protocol"]
    assert judged["predictions"]["users_without_a_list"] == {"count": 1, "examples": ["8"]}
    assert "counted as missed (such as 8)" in cuebook(*given, "--predictions", str(lists)).out


def test_a_configuration_may_be_toml_and_progress_leaves_the_json_alone(
    cuebook: Cuebook, tmp_path: Path
) -> None:
    config = tmp_path / "pipeline.toml"
    config.write_text('sources = [{kind = "popularity"}]\nranker = {kind = "linear_ranker", random = 3}\n')
    given = (
        "recsys",
        "evaluate",
        "--data",
        str(_data(tmp_path)),
        "--format",
        "s3rec",
        "--config",
        str(config),
    )
    judged = cuebook(*given, "--model", "pipeline", "--seeds", "2", "--json")
    assert (judged.code, judged.json["model"]["config"]["ranker"]["random"], judged.json["seeds"]) == (
        0,
        3,
        2,
    )
    assert "Training and judging by loo-full (2)" in judged.err
    config.write_text("popularty = 1\n")
    refused = cuebook(*given, "--model", "pipeline")
    assert (refused.code, "pipeline config: popularty = 1" in refused.err) == (2, True)


def test_a_folder_in_place_of_a_file_names_the_files_in_it(cuebook: Cuebook, tmp_path: Path) -> None:
    _data(tmp_path)
    given = ("recsys", "evaluate", "--data", str(tmp_path), "--format", "s3rec", "--model", "popularity")
    assert "is a folder; name a file in it, such as Small.txt" in cuebook(*given).err


def test_either_a_model_or_lists(cuebook: Cuebook, tmp_path: Path) -> None:
    given = ("recsys", "evaluate", "--data", str(_data(tmp_path)), "--format", "s3rec")
    assert "either --model to train one or --predictions" in cuebook(*given).err
    both = cuebook(*given, "--predictions", "x.jsonl", "--seeds", "2")
    assert (both.code, "--seeds, --minutes and --config belong to --model" in both.err) == (2, True)
    missing = cuebook(*given, "--predictions", "x.jsonl")
    assert (missing.code, "no file 'x.jsonl'" in missing.err) == (2, True)
