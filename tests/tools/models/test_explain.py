"""The action explains an item over a registered pipeline, and compares with the version that was served before."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from recsys_core import load_pipeline
from recsys_core.recipes import run_recipe
from recsys_core.registry import Registry
from tools import Principal
from tools.call import Caller
from tools.errors import InvalidArguments, NotAllowed, NotFound
from tools.models import ModelBook


@pytest.fixture(scope="session")
def users(mixed: Path) -> tuple[str, ...]:
    return load_pipeline(mixed / "model").data.user_ids


async def _explained(caller: Caller, ada: Principal, **asked: Any) -> dict[str, Any]:
    return await caller.call("explain_recommendation", {"model": "mixed@production"} | asked, ada)


async def test_what_the_preview_shows_is_explained_at_its_place(
    caller: Caller, ada: Principal, users: tuple[str, ...]
) -> None:
    where = {"model": "mixed", "user": users[0], "surface": "home", "market": "SE"}
    shown = await caller.call("preview_recommendations", where, ada)
    assert (shown["surface"], shown["owner"]) == ("home", "group:default/home-ranking")
    for item in shown["items"][::4]:
        found = await _explained(caller, ada, user=users[0], item=item["item"], market="SE")
        assert found["now"]["place"] == item["rank"]
        assert {(each["source"], each["rank"]) for each in found["now"]["sources"] if each["proposes"]} == {
            (each["source"], each["rank"]) for each in item["proposed_by"]
        }
        assert f"is shown at place {item['rank']}." in found["text"]
    assert found["note"] == "mixed@production pointed to no version before mixed:1, so nothing is compared."
    titled = await _explained(caller, ada, user=users[0], item=found["title"].upper(), market="SE")
    assert titled == found


async def test_a_heard_item_is_explained_by_the_rule_that_removed_it(
    caller: Caller, ada: Principal, mixed: Path, users: tuple[str, ...]
) -> None:
    data = load_pipeline(mixed / "model").data
    heard = data.items[data.histories.row(0)[0]].id
    found = await _explained(caller, ada, user=users[0], item=heard)
    assert (found["now"]["stopped_at"], found["now"]["heard"]) == ("rules", True)
    assert "already in the history" in found["text"]


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        (
            {"user": "nobody"},
            NotFound,
            "no user 'nobody' in world-0; .* ids look like user-",
        ),
        ({"item": "track-0000"}, NotFound, "no item 'track-0000' in world-0; .* ids look like track-000"),
        (
            {"item": "track-1", "surface": "radio"},
            NotFound,
            "no surface 'radio'; there are home, playlist-cont",
        ),
        ({"item": "track-1", "user": ""}, InvalidArguments, "user, history: give one of them"),
        ({"surface": "search"}, InvalidArguments, "surface 'search' goes on from a query; give its words"),
        (
            {"surface": "playlist-continuation"},
            InvalidArguments,
            "goes on from a playlist; give its item ids",
        ),
        ({"against": "mixed:1"}, InvalidArguments, "against: 'mixed:1' is mixed:1 itself"),
        ({"model": "als"}, InvalidArguments, "als:1 is no pipeline"),
        ({"model": ""}, NotFound, "there is no model 'pipeline@production' in the registry"),
        ({"at": "soon"}, InvalidArguments, "at: 'soon' is no moment"),
    ],
)
async def test_what_cannot_be_explained_is_named(
    *,
    caller: Caller,
    ada: Principal,
    users: tuple[str, ...],
    mixed: Path,
    asked: dict[str, Any],
    error: type[Exception],
    told: str,
) -> None:
    item = load_pipeline(mixed / "model").item_ids[0]
    with pytest.raises(error, match=told):
        await _explained(caller, ada, **{"user": users[0], "item": item, **asked})


async def test_a_version_without_what_a_surface_asks_cannot_serve_it(
    caller: Caller, ada: Principal, mixed: Path
) -> None:
    items = load_pipeline(mixed / "model").item_ids
    with pytest.raises(
        InvalidArguments, match="asks 'als', which this pipeline has not; its sources are pop"
    ):
        await _explained(caller, ada, history=items[:2], item=items[3], surface="playlist-continuation")


async def test_a_team_has_surfaces_of_its_own(
    caller: Caller, ada: Principal, served: Path, users: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "radio.json").write_text(
        '{"name": "radio", "about": "A.", "owner": "group:default/radio", "model": "mixed", '
        '"rules": [{"kind": "seen"}], "places": 3}'
    )
    caller._models = ModelBook(served, surfaces=tmp_path)
    shown = await caller.call("preview_recommendations", {"surface": "radio", "user": users[0]}, ada)
    assert (shown["model"], shown["owner"], len(shown["items"])) == ("mixed:1", "group:default/radio", 3)
    with pytest.raises(NotFound, match="no surface 'home'; there are radio"):
        await _explained(caller, ada, user=users[0], item=shown["items"][0]["item"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"user": "u"}, "model, surface: give a pipeline, or a surface whose pipeline it is"),
        ({"user": "u", "model": "mixed", "query": "blue"}, "query: 'blue' is for a search surface"),
    ],
)
async def test_a_preview_says_what_it_lacks(
    caller: Caller, ada: Principal, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArguments, match=told):
        await caller.call("preview_recommendations", asked, ada)


async def test_it_takes_the_scope_of_a_preview(caller: Caller, users: tuple[str, ...]) -> None:
    reader = Principal(ref="user:default/eve", scopes=frozenset({"models:read"}), door="rest")
    with pytest.raises(NotAllowed, match="models:preview"):
        await _explained(caller, reader, user=users[0], item="track-1")


async def test_the_version_that_was_served_before_is_compared_with(
    *, caller: Caller, ada: Principal, served: Path, artifacts: Path, users: tuple[str, ...], tmp_path: Path
) -> None:
    home, folder = tmp_path / "moved", tmp_path / "new"
    shutil.copytree(served, home)
    folder.mkdir()
    (folder / "world.json").write_text((artifacts / "world.json").read_text())
    (folder / "one.toml").write_text(
        'name = "mixed"\ndata = {path = "world.json", format = "world"}\n'
        'model = {kind = "pipeline", sources = [{kind = "popularity"}, {kind = "item_knn", neighbours = 2}]}\n'
    )
    run_recipe("train", folder / "one.toml", folder / "one")
    registry = Registry.open(home)
    registry.register(folder / "one", name="mixed", owner="group:default/home-ranking")
    registry.set_alias("mixed", "production", 2, expected=1, by="user:default/ann")
    caller._models = ModelBook(home)
    pipeline = load_pipeline(folder / "one" / "model")
    parted = set()
    for user in users[:3]:
        for item in pipeline.item_ids[::9]:
            found = await _explained(caller, ada, user=user, item=item, market="SE")
            against = found["against"]
            assert (found["model"], against["model"], found["note"]) == ("mixed:2", "mixed:1", "")
            first, last = against["steps"][0], against["steps"][-1]
            assert (first["place"], last["place"]) == (against["before"]["place"], found["now"]["place"])
            assert bool(against["parted_at"]) == (first["place"] != last["place"])
            parted.add(against["parted_at"])
    assert parted <= {"", "candidates", "ranker"}
    assert parted & {"candidates", "ranker"}
