"""A registered pipeline shows what it would recommend, and why."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from recsys_core import load_pipeline
from recsys_core.registry import Registry
from tools import Principal
from tools.call import Caller
from tools.errors import InvalidArguments, NotAllowed, NotFound, StateDamaged, Unavailable
from tools.models import ModelBook


@pytest.fixture(scope="session")
def users(mixed: Path) -> tuple[str, ...]:
    return load_pipeline(mixed / "model").data.user_ids


@pytest.fixture
def own(served: Path, tmp_path: Path) -> Path:
    """A home of this test's own, to damage."""
    shutil.copytree(served, tmp_path / "own")
    return tmp_path / "own"


async def _shown(caller: Caller, ada: Principal, **asked: Any) -> dict[str, Any]:
    return await caller.call("preview_recommendations", {"model": "mixed@production"} | asked, ada)


async def test_a_slate_comes_with_proposals_scores_and_what_each_rule_changed(
    caller: Caller, ada: Principal, mixed: Path, users: tuple[str, ...]
) -> None:
    found = await _shown(caller, ada, user=users[0], k=5, market="SE", explicit_allowed=False)
    pipeline = load_pipeline(mixed / "model")
    seen = {pipeline.data.items[item].id for item in pipeline.data.histories.row(0)}
    assert (found["model"], found["history"]) == ("mixed:1", len(seen))
    assert [item["rank"] for item in found["items"]] == [1, 2, 3, 4, 5]
    scores = [item["score"] for item in found["items"]]
    assert scores == sorted(scores, reverse=True)
    assert not seen & {item["item"] for item in found["items"]}
    for item in found["items"]:
        assert item["title"]
        assert item["vertical"] in {"track", "episode", "audiobook"}
        assert item["proposed_by"]
    assert [rule["rule"] for rule in found["rules"]] == ["seen", "market", "explicit", "creator_cap"]
    assert found["rules"][0]["removed"] == len(seen)
    assert found["changes_total"] == sum(rule["removed"] + rule["moved"] for rule in found["rules"])
    [capped, *_] = [change for change in found["changes"] if change["rule"] == "creator_cap"]
    assert (capped["action"], capped["after"]) == ("removed", None)
    assert "already has 1" in capped["reason"]


async def test_the_rank_is_the_place_in_the_sources_own_list(
    caller: Caller, ada: Principal, mixed: Path, users: tuple[str, ...]
) -> None:
    from recsys_core.asking import asking

    pipeline = load_pipeline(mixed / "model")
    source = pipeline.sources["item_knn"]
    best, _ = asking(source).ask(pipeline.data.histories.slice(0, 1)).best(300)
    order = [pipeline.data.items[item].id for item in best]
    found = await _shown(caller, ada, user=users[0], k=10)
    checked = 0
    for item in found["items"]:
        for proposal in item["proposed_by"]:
            if proposal["source"] == "item_knn":
                assert order[proposal["rank"] - 1] == item["item"]
                checked += 1
    assert checked


async def test_a_history_of_item_ids_stands_for_a_user(
    caller: Caller, ada: Principal, mixed: Path, users: tuple[str, ...]
) -> None:
    pipeline = load_pipeline(mixed / "model")
    history = [pipeline.data.items[item].id for item in pipeline.data.histories.row(0)]
    by_user, by_history = (
        await _shown(caller, ada, user=users[0]),
        await _shown(caller, ada, history=history),
    )
    assert by_user == by_history


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({}, InvalidArguments, "user, history: give one of them"),
        ({"user": "user-1", "history": ["track-1"]}, InvalidArguments, "user, history: give one of them"),
        ({"user": "nobody"}, NotFound, "no user 'nobody' in world-0; it has 60 users; ids look like user-"),
        ({"history": ["track-nope"]}, NotFound, "no item 'track-nope' in world-0; it has 70 items; ids look"),
        ({"user": "user-1", "market": "germany"}, InvalidArguments, "market = 'germany'"),
        ({"user": "user-1", "at": "soon"}, InvalidArguments, "at: 'soon' is no moment"),
        ({"user": "user-1", "k": 51}, InvalidArguments, "k = 51"),
        (
            {"user": "user-1", "model": "als"},
            InvalidArguments,
            "als:1 is no pipeline but model of kind 'als'",
        ),
        ({"user": "user-1", "model": "als"}, InvalidArguments, "the pipelines there are: mixed:1"),
        ({"user": "user-1", "model": "mixd"}, NotFound, "did you mean mixed"),
    ],
)
async def test_what_cannot_be_shown_is_named(
    caller: Caller, ada: Principal, asked: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        await _shown(caller, ada, **asked)


async def test_a_user_without_a_history_is_told(
    caller: Caller, ada: Principal, book: ModelBook, users: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = book.pipeline(book.version("mixed"))
    monkeypatch.setattr(type(pipeline.data.histories), "row", lambda _self, _row: ())
    with pytest.raises(InvalidArguments, match=f"user: '{users[0]}' has an empty history; give item ids"):
        await _shown(caller, ada, user=users[0])


async def test_an_artifact_that_cannot_be_read_is_named(
    *, caller: Caller, ada: Principal, own: Path, users: tuple[str, ...]
) -> None:
    folder = Registry.open(own).folder("mixed", 1)
    manifest = folder / "manifest.json"
    text = manifest.read_text()
    caller._models = ModelBook(own)
    manifest.write_text(json.dumps(json.loads(text) | {"version": 9}))
    with pytest.raises(Unavailable, match="has manifest version 9, this code reads 1"):
        await _shown(caller, ada, user=users[0])
    manifest.write_text(text)
    weights = folder / "model" / "data.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(StateDamaged, match=r"'model/data\.safetensors' changed since it was written"):
        await _shown(caller, ada, user=users[0])


async def test_a_pipeline_is_loaded_once_and_few_are_kept(
    caller: Caller, ada: Principal, book: ModelBook, users: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Path] = []
    real = load_pipeline

    def counted(folder: Path) -> Any:
        loads.append(folder)
        return real(folder)

    monkeypatch.setattr("recsys_core.pipeline_folder.load_pipeline", counted)
    for _ in range(3):
        await _shown(caller, ada, user=users[1])
    assert len(loads) == 1
    folder = book.folder(book.version("mixed"))
    for digest in ("a", "b", "c"):
        book._pipelines.get(digest, folder)
    assert list(book._pipelines._loaded) == ["b", "c"]


async def test_it_takes_a_scope_of_its_own(caller: Caller, users: tuple[str, ...]) -> None:
    reader = Principal(ref="user:default/eve", scopes=frozenset({"models:read"}), door="rest")
    with pytest.raises(NotAllowed, match="models:preview"):
        await _shown(caller, reader, user=users[0])
