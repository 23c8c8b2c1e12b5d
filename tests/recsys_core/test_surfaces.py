"""Surfaces over one pipeline, by their files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys_core import Pipeline, PipelineConfig, Situation, World
from recsys_core.config import parse
from recsys_core.data import Vertical
from recsys_core.errors import EmptyHistory, InvalidConfig, InvalidSituation, UnknownSurface
from recsys_core.surface import SHIPPED, load_surface, surfaces


@pytest.fixture(scope="module")
def pipeline(world: World) -> Pipeline:
    ranker = {"kind": "linear_ranker", "users": 100}
    return Pipeline.fit(world.data, config=parse(PipelineConfig, {"ranker": ranker}, where="test"))


def _written(folder: Path, **changes: Any) -> Path:
    values = json.loads((SHIPPED / "home.json").read_text()) | changes
    (folder / "home.json").write_text(json.dumps(values))
    return folder


def test_four_surfaces_with_owners_are_shipped() -> None:
    assert list(surfaces()) == ["home", "playlist-continuation", "podcasts", "search"]
    assert all(surface.owner.startswith("group:default/") for surface in surfaces().values())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rule": []}, "home.json: rule = .*no such key; the nearest key is 'rules'"),
        ({"rules": []}, "name at least one rule"),
        ({"rules": [{"kind": "sen"}]}, "no kind 'sen' in rules"),
        ({"owner": "ranking"}, "owner = 'ranking'"),
        ({"continues": "album"}, "continues = 'album'"),
        ({"keep": 5}, "keep = 5 cannot fill places = 10"),
        ({"name": "start"}, "name = 'start'; a surface is named as its file"),
    ],
)
def test_a_wrong_file_is_named_with_the_key(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises((InvalidConfig, LookupError), match=told):
        load_surface("home", _written(tmp_path, **changes))


def test_a_surface_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownSurface, match="no surface 'radio'; there are home, playlist-continuation"):
        load_surface("radio")
    with pytest.raises(InvalidConfig, match=r"no surface in .*; put one NAME\.json"):
        surfaces(tmp_path)


def test_podcasts_show_episodes_only_and_as_many_as_there_are_places(pipeline: Pipeline) -> None:
    found = pipeline.recommend("user-00001", surface=load_surface("podcasts"))
    assert len(found.shown) == 10
    assert {item.vertical for item in found.items} == {Vertical.EPISODE}
    assert {candidate.item.vertical for candidate in found.ranked} == {Vertical.EPISODE}


def test_a_playlist_is_gone_on_from_and_not_its_owner(pipeline: Pipeline) -> None:
    surface = load_surface("playlist-continuation")
    playlist = [pipeline.item_ids[item] for item in pipeline.data.playlists[0].items[:5]]
    found = pipeline.recommend("user-00001", history=playlist, surface=surface)
    assert not {item.id for item in found.items} & set(playlist)
    assert {source for candidate in found.ranked for source in candidate.sources} == {"item_knn", "als"}
    with pytest.raises(InvalidSituation, match="goes on from a playlist; give its item ids"):
        pipeline.recommend("user-00001", surface=surface)


def test_search_shows_what_has_every_word_in_the_order_of_taste(pipeline: Pipeline) -> None:
    surface = load_surface("search")
    title = pipeline.data.items[0].title
    situation = Situation(size=20, market="SE", query=" ".join(reversed(title.upper().split())))
    found = pipeline.recommend("user-00001", situation, surface=surface)
    assert all(set(title.lower().split()) <= set(item.title.lower().split()) for item in found.items)
    assert found.ranked[0].sources == ("words",)
    adjective = replace(situation, query=title.split()[0])
    many = pipeline.recommend("user-00001", adjective, surface=surface)
    assert [each.score for each in many.shown] == sorted((each.score for each in many.shown), reverse=True)
    with pytest.raises(InvalidSituation, match="surface 'search' goes on from a query"):
        pipeline.recommend("user-00001", surface=surface)


def test_nobody_in_particular_gets_the_stated_fallback_or_a_clear_refusal(pipeline: Pipeline) -> None:
    found = pipeline.recommend("guest", Situation(market="SE"), history=[], surface=load_surface("home"))
    assert found.cold == "popularity"
    best = {pipeline.item_ids[item] for item in (-pipeline.data.counts).argsort(kind="stable")[:100]}
    assert len(found.shown) == 10
    assert {item.id for item in found.items} <= best
    with pytest.raises(EmptyHistory, match="'guest' has no history"):
        pipeline.recommend("guest", history=[], surface=load_surface("playlist-continuation"))


def test_a_source_that_the_pipeline_has_not_is_named(pipeline: Pipeline) -> None:
    surface = load_surface("home").model_copy(update={"sources": ("als", "two_tower")})
    with pytest.raises(
        InvalidConfig, match="'two_tower', which this pipeline has not; its sources are popul"
    ):
        pipeline.recommend("user-00001", surface=surface)


def test_the_trace_tells_who_proposed_an_item_where_and_with_which_score(pipeline: Pipeline) -> None:
    found = pipeline.recommend("user-00001", surface=load_surface("home"))
    history = pipeline.past("user-00001", None)
    for candidate in found.shown:
        assert candidate.sources
        for source, rank, score in zip(candidate.sources, candidate.ranks, candidate.scores, strict=True):
            row = pipeline.sources[source].score(history)[0]
            index = pipeline.data.item_index(candidate.item.id)
            assert score == pytest.approx(row[index], rel=1e-4)
            assert rank <= (row >= row[index] - 1e-6).sum()
