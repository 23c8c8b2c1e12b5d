from pathlib import Path

import pytest

from recsys_core import demo
from recsys_core.__main__ import main
from recsys_core.registry import Registry

SMALL = {"users": 60, "tracks": 40, "episodes": 20, "audiobooks": 10, "playlists": 0}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "WORLD", SMALL)
    sources = '[{kind = "popularity"}, {kind = "item_knn"}]'
    models = {
        "popularity": '{kind = "popularity"}',
        "als": '{kind = "als", factors = 4}',
        "pipeline": f'{{kind = "pipeline", sources = {sources}}}',
    }
    monkeypatch.setattr(demo, "MODELS", models)
    monkeypatch.setattr(demo, "EMBEDDINGS", {"podcast-index": "als"})
    monkeypatch.setattr(demo, "SERVED", ("pipeline", "podcast-index"))


def test_the_demo_registers_judged_models_and_serves_the_pipeline(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--home", str(home)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == ["popularity:1", "als:1", "pipeline:1", "podcast-index:1"]
    assert shown[2].endswith("@production")
    registry = Registry.open(home)
    (served,) = registry.query(alias="production", protocol="loo-full", sort_by="ndcg@10").rows
    assert served.ref == "pipeline:1"
    assert registry.compare("pipeline@production", "popularity:1").paired
    index = registry.describe("podcast-index", "production")
    assert index.version.owner == "group:default/podcasts-and-audiobooks"
    assert [(node.relation, node.name) for node in index.lineage] == [("parent", "als")]


def test_building_the_demo_again_changes_nothing_and_opens_no_mlflow(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = demo.build(home)

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("recsys_core.recipes.run_recipe", refuse)
    monkeypatch.setattr("recsys_core.registry.mlflow_store.MlflowStore.client", property(refuse))
    assert demo.build(home) == first


def test_an_alias_that_was_moved_stays_where_it_is(home: Path) -> None:
    demo.build(home)
    registry = Registry.open(home)
    registry.set_alias("pipeline", "production", None, expected=1, by="user:default/ann")
    demo.build(home)
    assert [row.ref for row in registry.query(alias="production").rows] == ["podcast-index:1"]


def test_the_demo_goes_on_where_it_was_cut_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Registry.record

    def cut(self: Registry, artifact_folder: Path, *, owner: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Registry, "record", cut)
    with pytest.raises(KeyboardInterrupt):
        demo.build(home)
    monkeypatch.setattr(Registry, "record", record)
    assert [version.ref for version in demo.build(home)] == [
        "popularity:1",
        "als:1",
        "pipeline:1",
        "podcast-index:1",
    ]


def test_the_demo_finds_its_models_again_after_the_projection_was_lost(home: Path) -> None:
    made = demo.build(home)
    (home / "registry.sqlite").unlink()
    assert not demo.is_built(home)
    assert demo.build(home) == made
