"""Ranked lists of a model that was not trained here are judged like any model, and every doubt is counted."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recsys_core import evaluate_model, load_protocol
from recsys_core.candidates.item_knn import ItemKnn
from recsys_core.candidates.popularity import Popularity
from recsys_core.data import Dataset
from recsys_core.data.readers import read
from recsys_core.errors import BrokenLine, DataMissing, InvalidData, LibraryMissing, UnknownProtocol
from recsys_core.judge import EvaluationResult, Split, split
from recsys_core.judge.table import table
from recsys_core.judging_lists import evaluate_predictions


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = [" ".join(map(str, [user + 1, *(1 + rng.permutation(30)[:6])])) for user in range(50)]
    path = tmp_path / "Small.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def split_of(path: Path) -> tuple[Dataset, Split]:
    data = read(path, "s3rec")
    return data, split(data, load_protocol("loo-full"))


def written(folder: Path, rows: Sequence[Any]) -> Path:
    path = folder / "lists.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def lists_of(
    path: Path, model: type[Popularity] | type[ItemKnn], *, with_scores: bool
) -> list[dict[str, Any]]:
    """What a model would list for each tested user: the whole catalogue, best first."""
    data, parts = split_of(path)
    scores = model.fit(parts.train).score(parts.histories)
    rows = []
    for user, row in zip(parts.histories.users, scores, strict=True):
        order = np.argsort(-row, kind="stable")
        listed: dict[str, Any] = {
            "user": data.user_ids[user],
            "items": [data.item_ids[item] for item in order],
        }
        rows.append(listed | ({"scores": [float(row[item]) for item in order]} if with_scores else {}))
    return rows


def judged(sequences: Path, rows: Sequence[Any]) -> EvaluationResult:
    return evaluate_predictions(sequences, "s3rec", written(sequences.parent, rows))


@pytest.mark.parametrize(("name", "model"), [("popularity", Popularity), ("item_knn", ItemKnn)])
def test_lists_with_scores_give_the_figures_of_the_model_that_made_them(
    sequences: Path, name: str, model: type[Popularity] | type[ItemKnn]
) -> None:
    ours = evaluate_model(sequences, "s3rec", name)
    lists = judged(sequences, lists_of(sequences, model, with_scores=True))
    mine, theirs = lists.to_dict(), ours.to_dict()
    for part in ("metrics", "intervals", "ties", "protocol", "data", "tested_users", "unwinnable_targets"):
        assert mine[part] == theirs[part], part
    assert mine.keys() - theirs.keys() == {"predictions"}
    assert theirs.keys() <= mine.keys()
    json.loads(lists.to_json())


def test_a_perfect_list_is_perfect_and_an_absent_item_is_missed(sequences: Path) -> None:
    data, parts = split_of(sequences)
    held = {
        data.user_ids[user]: data.item_ids[item]
        for user, item in zip(parts.targets.users, parts.targets.items, strict=True)
    }
    perfect = judged(sequences, [{"user": user, "items": [item]} for user, item in held.items()])
    assert perfect.metrics["masked"]["ndcg@10"] == perfect.metrics["unmasked"]["mrr"] == 1.0
    nothing = judged(sequences, [{"user": user, "items": []} for user in held])
    assert set(nothing.metrics["masked"].values()) == {0.0}


def test_masking_moves_up_what_follows_the_history(sequences: Path) -> None:
    data, parts = split_of(sequences)
    rows = []
    for row, user in enumerate(parts.histories.users):
        past = [data.item_ids[item] for item in parts.histories.row(row)]
        rows.append({"user": data.user_ids[user], "items": [*past, data.item_ids[parts.targets.row(row)[0]]]})
    result = judged(sequences, rows)
    assert result.metrics["masked"]["mrr"] == 1.0
    assert result.metrics["unmasked"]["mrr"] == pytest.approx(1 / 6)


@pytest.mark.parametrize("filler", [["nowhere"], ["twice", "twice"]])
def test_an_unknown_or_repeated_item_keeps_its_place(sequences: Path, filler: list[str]) -> None:
    data, parts = split_of(sequences)
    user, target = data.user_ids[parts.targets.users[0]], data.item_ids[parts.targets.items[0]]
    known = next(
        id for id in data.item_ids if id != target and data.item_index(id) not in parts.histories.row(0)
    )
    items = [known if each == "twice" else each for each in filler] + [target]
    result = judged(sequences, [{"user": user, "items": items}])
    assert result.values["masked"]["mrr"][0] == pytest.approx(1 / len(items))


def test_every_doubt_is_counted_and_named(sequences: Path) -> None:
    data, parts = split_of(sequences)
    (first, second, third) = (data.user_ids[user] for user in parts.targets.users[:3])
    item = data.item_ids[0]
    rows = [
        {"user": first, "items": [item, "ghost", item], "scores": [3, 1, 1]},
        {"user": int(second), "items": [int(item)]},
        {"user": first, "items": []},
        {"user": "stranger", "items": [item]},
        {"user": third, "items": list(data.item_ids) + [f"x{n}" for n in range(30)]},
    ]
    result = judged(sequences, rows)
    assert result.predictions is not None
    counts = {name: met["count"] for name, met in result.predictions.items() if isinstance(met, dict)}
    assert counts == {
        "unknown_users": 1,
        "untested_users": 0,
        "repeated_users": 1,
        "users_without_a_list": 47,
        "unknown_items": 31,
        "repeated_items": 1,
        "short_lists": 2,
        "lists_with_ties": 1,
    }
    assert (result.predictions["lists"], result.predictions["judged_users"]) == (5, 3)
    assert result.predictions["unknown_items"]["examples"][0] == f"ghost of {first}"
    text = table({"lists.jsonl": result})
    assert "3 of 5 lists judged" in text
    assert "1 users that the data does not hold; left out (such as stranger)" in text


def test_a_user_with_nothing_held_out_is_left_out_and_told(sequences: Path) -> None:
    with sequences.open("a") as file:
        file.write("77 5\n")
    data, parts = split_of(sequences)
    user = data.user_ids[parts.targets.users[0]]
    result = judged(sequences, [{"user": "77", "items": ["5"]}, {"user": user, "items": ["5"]}])
    assert result.predictions is not None
    assert result.predictions["untested_users"] == {"count": 1, "examples": ["77"]}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "is not JSON such as"),
        ("[1]", "is not an object with `user`, `items`"),
        ('{"user": "1"}', "is not an object with `user`, `items`"),
        ('{"user": "1", "items": [], "rank": 1}', "is not an object with `user`, `items`"),
        ('{"user": null, "items": []}', "`user` that is a text or a whole number"),
        ('{"user": 1.5, "items": []}', "`user` that is a text or a whole number"),
        ('{"user": "1", "items": "5"}', "texts or whole numbers"),
        ('{"user": "1", "items": [true]}', "texts or whole numbers"),
        ('{"user": "1", "items": ["5"], "scores": []}', "one finite number in `scores` for each item"),
        ('{"user": "1", "items": ["5"], "scores": [NaN]}', "one finite number in `scores`"),
        ('{"user": "1", "items": ["5"], "scores": ["1"]}', "one finite number in `scores`"),
        ('{"user": "1", "items": ["5", "6"], "scores": [1, 2]}', "whose `scores` go down"),
        ('{"user": "1", "items": [' + "1," * 10_000 + "1]}", "at most 10,000"),
    ],
)
def test_a_line_that_is_no_list_is_named(sequences: Path, line: str, expected: str) -> None:
    path = sequences.parent / "lists.jsonl"
    path.write_text(f'{{"user": "1", "items": []}}\n{line}\n')
    with pytest.raises(BrokenLine) as broken:
        evaluate_predictions(sequences, "s3rec", path)
    assert "lists.jsonl line 2: " in str(broken.value)
    assert expected in str(broken.value)
    assert len(str(broken.value)) < 400


def test_lists_of_nobody_that_is_tested_are_an_error(sequences: Path) -> None:
    with pytest.raises(
        InvalidData, match=r"has 1 lists and none of a tested user .*such as zoe.*called like '1'"
    ):
        judged(sequences, [{"user": "zoe", "items": ["1"]}])
    with pytest.raises(InvalidData, match="it is empty"):
        judged(sequences, [])


def test_a_file_that_is_not_there_and_an_unknown_protocol_are_named(sequences: Path) -> None:
    with pytest.raises(DataMissing, match=r"no file '.*no\.jsonl'"):
        evaluate_predictions(sequences, "s3rec", sequences.parent / "no.jsonl")
    with pytest.raises(UnknownProtocol, match="known are"):
        evaluate_predictions(sequences, "s3rec", sequences, protocol="mine")


def test_a_protocol_with_a_companion_judges_under_both(sequences: Path) -> None:
    rows = lists_of(sequences, Popularity, with_scores=False)
    path = written(sequences.parent, rows)
    result = evaluate_predictions(sequences, "s3rec", path, protocol="s3rec-table")
    assert result.beside is not None
    assert result.beside.protocol.name == "loo-full"
    assert result.beside.predictions is not None


def test_a_line_that_names_something_twice_is_an_error(sequences: Path) -> None:
    path = sequences.parent / "lists.jsonl"
    path.write_text('{"user": "1", "user": "2", "items": ["3"]}\n')
    with pytest.raises(BrokenLine, match="line 1"):
        evaluate_predictions(sequences, "s3rec", path)


def test_parquet_without_pyarrow_says_what_to_install(
    sequences: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(
        LibraryMissing, match=r"reading 'lists\.parquet' needs pyarrow; install it with: pip install"
    ):
        evaluate_predictions(sequences, "s3rec", sequences.parent / "lists.parquet")


def test_parquet_gives_what_jsonl_gives(sequences: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = lists_of(sequences, ItemKnn, with_scores=True)
    path = sequences.parent / "lists.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", ModuleType("pyarrow"))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", _parquet_of(rows))
    assert evaluate_predictions(sequences, "s3rec", path).metrics == judged(sequences, rows).metrics
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", _parquet_of([{"who": 1, "items": []}]))
    with pytest.raises(InvalidData, match="has the columns who, items; `user` and `items` are needed"):
        evaluate_predictions(sequences, "s3rec", path)


def _parquet_of(rows: list[dict[str, Any]]) -> Any:
    """Stands for pyarrow, which is no part of the installation."""

    class File:
        schema_arrow = SimpleNamespace(names=list(rows[0]))

        def __init__(self, _path: Path) -> None:
            pass

        def __enter__(self) -> "File":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def iter_batches(self, *, columns: list[str], batch_size: int) -> Any:
            for start in range(0, len(rows), 7):
                part = [{name: row[name] for name in columns} for row in rows[start : start + 7]]
                yield SimpleNamespace(to_pylist=lambda part=part: part)

    module = ModuleType("pyarrow.parquet")
    module.ParquetFile = File  # type: ignore[attr-defined]  # a module made here
    return module
