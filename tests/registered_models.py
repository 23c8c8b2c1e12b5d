"""Tiny models that are really trained, judged and registered: made once a session, shared by tests of every package."""

import json
import shutil
from pathlib import Path

import pytest

from recsys_core.recipes import run_recipe
from recsys_core.registry import Registry

WORLD = {"users": 60, "tracks": 40, "episodes": 20, "audiobooks": 10, "playlists": 10}
OWNER = "group:default/discovery"


def trained(folder: Path, name: str, model: str, more: str = "") -> Path:
    """Artifacts `name` and `name-judged` in `folder`."""
    (folder / "world.json").write_text(json.dumps(WORLD))
    (folder / f"{name}.toml").write_text(
        f'name = "{name}"\ndata = {{path = "world.json", format = "world"}}\nmodel = {{{model}}}\n{more}'
    )
    (folder / f"{name}-judge.toml").write_text(f'model = "{name}"\n')
    run_recipe("train", folder / f"{name}.toml", folder / name)
    run_recipe("evaluate", folder / f"{name}-judge.toml", folder / f"{name}-judged")
    return folder / name


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with knn, knn20, als and strict, each with NAME-judged; and vectors, of als."""
    folder = tmp_path_factory.mktemp("artifacts")
    trained(folder, "knn", 'kind = "item_knn"')
    trained(folder, "knn20", 'kind = "item_knn", neighbours = 20')
    trained(folder, "als", 'kind = "als", factors = 4')
    trained(folder, "strict", 'kind = "popularity"', 'protocol = "loo-strict"\n')
    (folder / "embed.toml").write_text('model = "als"\n')
    run_recipe("embed", folder / "embed.toml", folder / "vectors")
    return folder


@pytest.fixture(scope="session")
def mixed(artifacts: Path) -> Path:
    """The artifact of a pipeline; `mixed-judged` lies beside it."""
    sources = '{kind = "popularity"}, {kind = "item_knn"}'
    rules = '{kind = "seen"}, {kind = "market"}, {kind = "explicit"}, {kind = "creator_cap", most = 1}'
    return trained(artifacts, "mixed", f'kind = "pipeline", sources = [{sources}], rules = [{rules}]')


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose MLflow tables exist: making them takes seconds."""
    home = tmp_path_factory.mktemp("fresh")
    _ = Registry.open(home).store.client
    return home


@pytest.fixture(scope="session")
def registered(fresh: Path, artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with knn:1, knn:2, als:1 judged by loo-full, strict:1 by loo-strict. Copy it before you write."""
    home = tmp_path_factory.mktemp("registered") / "home"
    shutil.copytree(fresh, home)
    registry = Registry.open(home)
    for name in ("knn", "als", "strict"):
        registry.register(artifacts / name, name=name, owner=OWNER)
        registry.record(artifacts / f"{name}-judged", owner=OWNER)
    registry.register(artifacts / "knn20", name="knn", owner="group:default/radio")
    registry.record(artifacts / "knn20-judged", owner=OWNER)
    return home


@pytest.fixture(scope="session")
def served(registered: Path, mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registered home with the pipeline mixed:1, to which production points."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(registered, home)
    registry = Registry.open(home)
    registry.register(mixed, name="mixed", owner="group:default/home-ranking")
    registry.record(mixed.with_name("mixed-judged"), owner="group:default/home-ranking")
    registry.set_alias("mixed", "production", 1, expected=None, by="user:default/ann")
    return home
