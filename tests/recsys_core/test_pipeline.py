import json
from pathlib import Path

import numpy as np
import pytest

from recsys_core import Pipeline, PipelineConfig, Situation, World, load_pipeline, save_pipeline
from recsys_core.asking import asking, indices
from recsys_core.candidates.als import Als, AlsConfig
from recsys_core.candidates.popularity import Popularity
from recsys_core.config import parse
from recsys_core.data import Dataset, Interactions, Item
from recsys_core.errors import (
    ArtifactDamaged,
    ArtifactVersion,
    EmptyHistory,
    InvalidConfig,
    InvalidScores,
    UnknownItem,
    UnknownStage,
    UnknownUser,
)
from recsys_core.judge import Split, judge, load_protocol, paired_difference
from recsys_core.ranking.features import features
from recsys_core.ranking.features_at import Listener, features_at

LOO = load_protocol("loo-refit")
RULES = [{"kind": "seen"}, {"kind": "market"}, {"kind": "creator_cap", "most": 1}]


@pytest.fixture(scope="module")
def pipeline(parts: Split) -> Pipeline:
    return Pipeline.fit(parts.train, config=parse(PipelineConfig, {"rules": RULES}, where="test"))


def test_the_ranker_beats_its_best_source(pipeline: Pipeline, parts: Split) -> None:
    ours = judge(pipeline, parts, LOO)["masked"].values["ndcg@10"]
    sources = [judge(source, parts, LOO)["masked"].values["ndcg@10"] for source in pipeline.sources.values()]
    best = max(sources, key=np.mean)
    assert paired_difference(ours, best).low > 0


def test_the_weights_can_be_read(pipeline: Pipeline) -> None:
    assert pipeline.ranker is not None
    lines = pipeline.ranker.table().splitlines()
    assert len(lines) == len(pipeline.ranker.weights)
    assert any(line.endswith("  item_knn") for line in lines)


def test_what_each_feature_adds_sums_to_the_score(pipeline: Pipeline, parts: Split) -> None:
    past = parts.histories.slice(3, 4)
    assert pipeline.ranker is not None
    listener = pipeline.proposed(past, Situation()).listener
    shares = pipeline.ranker.explain(listener, 11, shelf=pipeline.shelf)
    assert sum(shares.values()) == pytest.approx(pipeline.score(past)[0, 11], abs=1e-4)


def test_features_of_a_few_items_are_those_of_the_catalogue(pipeline: Pipeline, parts: Split) -> None:
    few = np.array([3, 77, 5, 301, 479])
    ready = {name: asking(source) for name, source in pipeline.sources.items()}
    for row in (0, 9, 400):
        past = parts.histories.slice(row, row + 1)
        whole = dict(features(past, sources=pipeline.sources, shelf=pipeline.shelf, ordered=True))
        partial = dict(features_at(Listener.of(past, ready, ordered=True), few, shelf=pipeline.shelf))
        assert list(partial) == list(whole)
        for name, values in partial.items():
            np.testing.assert_allclose(values, whole[name][0, few], rtol=1e-3, atol=1e-5, err_msg=name)


def test_rules_decide_what_is_shown_and_say_so(pipeline: Pipeline) -> None:
    user = pipeline.data.user_ids[0]
    shown = pipeline.recommend(user, Situation(size=8, market="SE"))
    assert len(shown.items) == 8
    seen = {pipeline.data.item_ids[item] for item in pipeline.data.histories.row(0)}
    assert not seen & {item.id for item in shown.items}
    assert len({item.creator for item in shown.items}) == 8
    assert all(item.markets is None or "SE" in item.markets for item in shown.items)
    assert {change.rule for change in shown.changes} == {"seen", "market", "creator_cap"}
    assert all(candidate.sources for candidate in shown.shown)


def test_the_same_request_gets_the_same_answer(pipeline: Pipeline) -> None:
    user = pipeline.data.user_ids[5]
    assert pipeline.recommend(user) == pipeline.recommend(user)


def test_a_guest_is_served_from_the_history_she_brings(pipeline: Pipeline) -> None:
    history = [pipeline.data.item_ids[item] for item in pipeline.data.histories.row(0)]
    known = pipeline.recommend(pipeline.data.user_ids[0])
    assert pipeline.recommend("guest", history=history).items == known.items


def test_who_and_what_is_unknown_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(UnknownUser, match="'nobody'"):
        pipeline.recommend("nobody")
    with pytest.raises(UnknownItem, match="'track-99999'"):
        pipeline.recommend("guest", history=["track-99999"])


def test_an_empty_history_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(EmptyHistory, match="'guest' has no history"):
        pipeline.recommend("guest", history=[])


def test_a_source_that_returns_nan_is_caught_before_anything_is_shown(pipeline: Pipeline) -> None:
    class Broken:
        item_ids = pipeline.item_ids

        def score(self, histories: object) -> object:
            return np.full((1, len(self.item_ids)), np.nan)

    broken = Pipeline(pipeline.config, pipeline.data, {"broken": Broken()}, None)  # type: ignore[dict-item]
    with pytest.raises(InvalidScores, match="nan"):
        broken.recommend(pipeline.data.user_ids[0])


def test_a_large_catalogue_is_searched_by_neighbours_and_shows_nearly_the_same(parts: Split) -> None:
    model = Als.fit(parts.train, config=AlsConfig(factors=16))
    found = indices({"als": model, "popularity": Popularity.fit(parts.train)}, items=480, exact_below=100)
    assert list(found) == ["als"]
    assert found["als"].graph is not None
    past = parts.histories.slice(0, 1)
    scanned, searched = (asking(model, index=index).ask(past).best(50)[0] for index in (None, found["als"]))
    assert len(set(scanned) & set(searched)) >= 49
    assert indices({"als": model}, items=480) == {}


def test_one_source_needs_no_ranker(parts: Split) -> None:
    config = parse(
        PipelineConfig, {"sources": [{"kind": "popularity"}], "ranker": None, "rules": []}, where="test"
    )
    model = Pipeline.fit(parts.train, config=config)
    best = int(parts.train.counts.argmax())
    assert (
        parts.train.counts[best]
        == parts.train.counts[model.data.item_index(model.recommend("user-00001").items[0].id)]
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": []}, "source = .*no such key"),
        ({"sources": []}, "at least 1 item"),
        ({"sources": [{"kind": "item_knn", "k": 3}]}, "k = 3: no such key"),
        (
            {"sources": [{"kind": "item_knn"}, {"kind": "als"}], "ranker": None},
            "several sources need a ranker",
        ),
        ({"rules": [{"most": 3}]}, "kind = None"),
        ({"take": 0}, "take = 0"),
    ],
)
def test_a_wrong_configuration_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidConfig, match=message):
        parse(PipelineConfig, values, where="pipeline.json")


def test_a_dotted_path_is_no_stage() -> None:
    with pytest.raises(UnknownStage, match=r"no kind 'os\.path' in candidates"):
        parse(PipelineConfig, {"sources": [{"kind": "os.path"}]}, where="pipeline.json")


def test_a_stored_pipeline_answers_as_before(pipeline: Pipeline, tmp_path: Path) -> None:
    loaded = load_pipeline(save_pipeline(pipeline, tmp_path / "p"))
    user = pipeline.data.user_ids[2]
    assert loaded.recommend(user).shown == pipeline.recommend(user).shown
    assert loaded.config == pipeline.config


def test_a_pipeline_of_another_version_is_told(pipeline: Pipeline, tmp_path: Path) -> None:
    folder = save_pipeline(pipeline, tmp_path / "p")
    head = json.loads((folder / "pipeline.json").read_text())
    (folder / "pipeline.json").write_text(json.dumps(head | {"version": 7}))
    with pytest.raises(ArtifactVersion, match="version 7, this code reads 1"):
        load_pipeline(folder)


def test_changed_data_beside_a_pipeline_is_noticed(pipeline: Pipeline, tmp_path: Path) -> None:
    folder = save_pipeline(pipeline, tmp_path / "p")
    names = json.loads((folder / "data.json").read_text())
    names["items"][0]["title"] = "another"
    (folder / "data.json").write_text(json.dumps(names))
    with pytest.raises(ArtifactDamaged, match="changed"):
        load_pipeline(folder)


def test_a_user_who_was_never_active_has_no_history(world: World) -> None:
    data = Dataset.build("x", Interactions(["a", "a", "b"], ["1", "2", "1"]), items=[Item("3")], ordered=True)
    config = parse(PipelineConfig, {"sources": [{"kind": "popularity"}], "ranker": None}, where="test")
    without_b = data.keep(np.array([True, True, False]))
    with pytest.raises(EmptyHistory, match="'b'"):
        Pipeline.fit(without_b, config=config).recommend("b")
