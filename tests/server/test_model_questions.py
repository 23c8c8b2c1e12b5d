"""Questions about models over REST, with a real registry: what is told, opened again, and seen after it changed."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.settings import EmbedderSettings
from ingest.sources import read_folders
from recsys_core.judge import load_protocol
from recsys_core.recipes import run_recipe
from recsys_core.registry import Registry
from server.composition import Cuebook, compose
from server.model_book import RegistryBook
from server.settings import Settings
from tools.models import ModelBook

MODEL, TEAM = "resource:default/feed-model", "group:default/home-ranking"
QUESTION = "Which model serves episodes, how good is it, on what protocol, and who owns it?"
WORLD = {"users": 60, "tracks": 40, "episodes": 20, "audiobooks": 10, "playlists": 0}
CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  name: feed-model
  annotations:
    backstage.io/techdocs-ref: dir:.
    cuebook.dev/model: feed@production
    cuebook.dev/serves: tracks, episodes
    cuebook.dev/surface: the feed
spec: {type: model, owner: home-ranking}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: home-ranking, title: Home Ranking}
spec: {type: team, children: []}
"""
PAGE = "# Feed model\n\nThe feed model serves episodes of the last year only.\n"


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an index and without a registry."""
    org, home = tmp_path_factory.mktemp("org"), tmp_path_factory.mktemp("indexed")
    (org / "docs").mkdir()
    for name, text in (
        ("catalog-info.yaml", CATALOG),
        ("mkdocs.yml", "site_name: Feed\n"),
        ("docs/index.md", PAGE),
    ):
        (org / name).write_text(text)
    build_index(read_folders((org,)), home=home, embedder=HashingEmbedder())
    return home


@pytest.fixture(scope="session")
def registered(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a registry: feed:1, judged and in production, and feed:2, not judged."""
    home, folder = tmp_path_factory.mktemp("registered"), tmp_path_factory.mktemp("artifacts")
    shutil.copytree(fresh, home, dirs_exist_ok=True)
    (folder / "world.json").write_text(json.dumps(WORLD))
    registry = Registry.open(home)
    for name, model in (("one", 'kind = "popularity"'), ("two", 'kind = "popularity", half_life_days = 9')):
        train = f'name = "feed"\ndata = {{path = "world.json", format = "world"}}\nmodel = {{{model}}}\n'
        (folder / f"{name}.toml").write_text(train)
        run_recipe("train", folder / f"{name}.toml", folder / name)
        registry.register(folder / name, name="feed", owner=TEAM)
    (folder / "judge.toml").write_text('model = "one"\n')
    run_recipe("evaluate", folder / "judge.toml", folder / "judged")
    registry.record(folder / "judged", owner=TEAM)
    registry.set_alias("feed", "production", 1, expected=None, by=TEAM)
    return home


@pytest.fixture
def cuebook(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuebook]:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    shutil.copytree(indexed, tmp_path / "home")
    composed = compose(
        Settings(home=tmp_path / "home", sources=(), embedder=EmbedderSettings(kind="hashing"))
    )
    yield composed
    composed.close()


async def asked(client: httpx.AsyncClient, question: str, **more: str) -> dict[str, Any]:
    response = await client.post("/api/v1/actions/ask", json={"question": question, **more})
    found: dict[str, Any] = response.json()["result"] if "result" in response.json() else response.json()
    return found


def add_registry(cuebook: Cuebook, registered: Path) -> Registry:
    """As a first training does, while the server runs."""
    shutil.copytree(registered, cuebook.settings.home, dirs_exist_ok=True)
    return Registry.open(cuebook.settings.home)


async def test_model_figures_protocol_run_and_owner_are_answered_with_sources_that_open(
    client: httpx.AsyncClient, cuebook: Cuebook, registered: Path
) -> None:
    (card, evaluation) = _served(add_registry(cuebook, registered))

    answer = await asked(client, QUESTION)

    ndcg = next(one.value for one in card.metrics if one.metric == "ndcg@10")
    for told in (
        f"ndcg@10 {ndcg.mean:.4f} [{ndcg.low:.4f}, {ndcg.high:.4f}]", "loo-full", load_protocol("loo-full").hash[:12],
        card.run_id, evaluation, TEAM, "episodes of the last year",
    ):  # fmt: skip
        assert told in answer["answer"]
    assert (answer["facts"], answer["produced_by"], answer["note"]) == ([MODEL], "registry", "")
    for citation in answer["citations"]:
        place = {key: citation[key] or "" for key in ("entity", "path", "anchor")}
        opened = (await client.post("/api/v1/actions/read_doc_section", json=place)).json()
        opened = opened.get("result", opened)
        assert citation["quote"] in opened["markdown"]
        assert (citation["revision"], citation["link"]) == (opened["revision"], opened["link"])
    links = {one["link"] for one in answer["citations"] if one["heading"] == "Registry"}
    assert links == {"/models/feed/1"}


async def test_a_follow_up_asks_about_the_same_model(
    client: httpx.AsyncClient, cuebook: Cuebook, registered: Path
) -> None:
    add_registry(cuebook, registered)
    first = await asked(client, "Which model serves episodes?")

    owner = await asked(client, "And who owns it?", context=first["context"])
    data = await asked(client, "What is it trained on?", context=owner["context"])

    assert owner["facts"] == [TEAM]
    assert data["facts"][0].startswith("world-0 ")


async def test_before_the_first_training_the_answer_says_that_the_registry_has_nothing(
    client: httpx.AsyncClient, cuebook: Cuebook, registered: Path
) -> None:
    before = await asked(client, QUESTION)
    assert not (cuebook.settings.home / "registry.sqlite").exists()
    add_registry(cuebook, registered)
    after = await asked(client, QUESTION)

    assert (before["facts"], after["facts"]) == ([MODEL], [MODEL])
    assert "feed@production" in before["note"]
    assert "ndcg@10" not in before["answer"]
    assert "ndcg@10" in after["answer"]


async def test_an_alias_that_moves_is_followed_at_the_next_question(
    client: httpx.AsyncClient, cuebook: Cuebook, registered: Path
) -> None:
    registry = add_registry(cuebook, registered)
    await asked(client, QUESTION)

    registry.set_alias("feed", "production", 2, expected=1, by=TEAM)
    answer = await asked(client, QUESTION)

    assert "`feed:2` has not been judged yet" in answer["answer"]
    assert "/models/feed/2" in {one["link"] for one in answer["citations"]}


async def test_a_registry_from_a_newer_version_is_named_and_the_catalog_still_answers(
    client: httpx.AsyncClient, cuebook: Cuebook, registered: Path
) -> None:
    add_registry(cuebook, registered)
    with sqlite3.connect(cuebook.settings.home / "registry.sqlite") as db:
        db.execute("PRAGMA user_version = 99")

    answer = await asked(client, QUESTION)

    assert answer["facts"] == [MODEL]
    assert "has version 99" in answer["note"]


@pytest.mark.parametrize("path", ["registry:other/1", "registry:feed/9", "registry:feed/1/../2", "registry:"])
async def test_no_other_page_of_the_registry_is_opened_through_an_entity(
    path: str, client: httpx.AsyncClient, cuebook: Cuebook, registered: Path
) -> None:
    add_registry(cuebook, registered)

    response = await client.post("/api/v1/actions/read_doc_section", json={"entity": MODEL, "path": path})

    assert response.status_code == 404


@pytest.mark.parametrize("ref", ["feed@production", "feed:1", "feed", "feed@none", "feed:x", "nobody", ""])
def test_looking_a_model_up_loads_neither_mlflow_nor_numpy(ref: str, registered: Path) -> None:
    book = RegistryBook(ModelBook(registered))
    found = book.find(ref)

    assert found is None if ref in {"feed@none", "feed:x", "nobody", ""} else found is not None
    if ref == "feed@production":
        code = (
            "import sys; from pathlib import Path\n"
            "from server.model_book import RegistryBook; from tools.models import ModelBook\n"
            f"assert RegistryBook(ModelBook(Path({str(registered)!r}))).find({ref!r}).version == 1\n"
            "assert not {'mlflow', 'numpy', 'torch'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


def _served(registry: Registry) -> tuple[Any, str]:
    card = registry.describe("feed", "production")
    return card.version, card.evaluations[0].run_id
