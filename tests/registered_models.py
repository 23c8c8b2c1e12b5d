"""Tiny models that are really trained, judged and registered: made once a run, shared by tests of every package."""

import json
import shutil
from pathlib import Path

import pytest

from recsys_core.recipes import run_recipe
from recsys_core.registry import Registry
from tests.once_a_run import once_a_run

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
    """A folder with knn, knn20, als, refit and mixed, each with NAME-judged; and vectors, of als."""

    def make(folder: Path) -> None:
        sources = '{kind = "popularity"}, {kind = "item_knn"}'
        rules = '{kind = "seen"}, {kind = "market"}, {kind = "explicit"}, {kind = "creator_cap", most = 1}'
        trained(folder, "mixed", f'kind = "pipeline", sources = [{sources}], rules = [{rules}]')
        trained(folder, "knn", 'kind = "item_knn"')
        trained(folder, "knn20", 'kind = "item_knn", neighbours = 20')
        trained(folder, "als", 'kind = "als", factors = 4')
        trained(folder, "refit", 'kind = "popularity"', 'protocol = "loo-refit"\n')
        (folder / "embed.toml").write_text('model = "als"\n')
        run_recipe("embed", folder / "embed.toml", folder / "vectors")

    return once_a_run(tmp_path_factory, "artifacts", make)


@pytest.fixture(scope="session")
def mixed(artifacts: Path) -> Path:
    """The artifact of a pipeline; `mixed-judged` lies beside it."""
    return artifacts / "mixed"


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose MLflow tables exist: making them takes seconds."""

    def make(home: Path) -> None:
        _ = Registry.open(home).store.client

    return once_a_run(tmp_path_factory, "fresh", make)


@pytest.fixture(scope="session")
def registered(fresh: Path, artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with knn:1, knn:2, als:1 judged by loo-full, refit:1 by loo-refit. Copy it before you write."""

    def make(home: Path) -> None:
        shutil.copytree(fresh, home, dirs_exist_ok=True)
        registry = Registry.open(home)
        for name in ("knn", "als", "refit"):
            registry.register(artifacts / name, name=name, owner=OWNER)
            registry.record(artifacts / f"{name}-judged", owner=OWNER)
        registry.register(artifacts / "knn20", name="knn", owner="group:default/radio")
        registry.record(artifacts / "knn20-judged", owner=OWNER)

    return once_a_run(tmp_path_factory, "registered", make)


@pytest.fixture(scope="session")
def served(registered: Path, mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registered home with the pipeline mixed:1, to which production points."""

    def make(home: Path) -> None:
        shutil.copytree(registered, home, dirs_exist_ok=True)
        registry = Registry.open(home)
        registry.register(mixed, name="mixed", owner="group:default/home-ranking")
        registry.record(mixed.with_name("mixed-judged"), owner="group:default/home-ranking")
        registry.set_alias("mixed", "production", 1, expected=None, by="user:default/ann")

    return once_a_run(tmp_path_factory, "served", make)
