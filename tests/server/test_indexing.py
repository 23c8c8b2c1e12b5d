"""Which sources an index is built from, and that a refresh reads the same ones."""

from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.settings import EmbedderSettings
from server.composition import compose
from server.indexing import chosen_sources, index_sources
from server.settings import Settings, load

COMPONENT = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}, annotations: {{backstage.io/techdocs-ref: "dir:."}}}}
spec: {{type: service, lifecycle: production, owner: team}}
"""


def source(folder: Path, name: str) -> Path:
    (folder / "docs").mkdir(parents=True)
    (folder / "catalog-info.yaml").write_text(COMPONENT.format(name=name))
    (folder / "docs/index.md").write_text(f"# {name}\n\nThe {name} pages the night shift.\n")
    return folder


def settings(home: Path, **values: Any) -> Settings:
    return Settings(home=home, embedder=EmbedderSettings(kind="hashing"), **{"sources": (), **values})


def test_named_sources_are_read_again_by_a_refresh(tmp_path: Path) -> None:
    here = settings(tmp_path / "home")
    org = source(tmp_path / "org", "ranker")
    first = index_sources([org], settings=here)
    (org / "docs/index.md").write_text("# ranker\n\nThe ranker pages nobody.\n")

    cuebook = compose(here)
    report = cuebook.parts.indexer.refresh()
    found = cuebook.library.page(
        "component:default/ranker", "index.md", principal=cuebook.local_principal(door="test")
    )
    cuebook.close()

    assert first["counts"]["pages"] == 1
    assert report.changed
    assert "nobody" in found.markdown


def test_one_catalog_file_is_read_without_what_lies_beside_it(tmp_path: Path) -> None:
    project = source(tmp_path / "project", "cuebook")
    source(project / "tests/data", "fixture")

    report = index_sources([project / "catalog-info.yaml"], settings=settings(tmp_path / "home"))

    assert report["counts"]["entities"] == 1
    assert report["counts"]["pages"] == 1


def test_an_entity_of_two_sources_is_told(tmp_path: Path) -> None:
    first, second = source(tmp_path / "a", "ranker"), source(tmp_path / "b", "ranker")

    report = index_sources([first, second], settings=settings(tmp_path / "home"))

    assert report["counts"]["entities"] == 1
    assert any("already defined" in skipped["reason"] for skipped in report["skipped"])


def test_nothing_to_index_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cuebook ingest PATH"):
        index_sources(None, settings=settings(tmp_path / "home"))


def test_a_missing_source_leaves_no_note_of_it(tmp_path: Path) -> None:
    here = settings(tmp_path / "home")

    with pytest.raises(SourceError, match="does not exist"):
        index_sources([tmp_path / "nowhere"], settings=here)

    assert not (here.home / "index/sources.json").exists()


def test_set_sources_win_over_noted_ones_and_those_over_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUEBOOK_EMBEDDER__KIND", "hashing")
    org = source(tmp_path / "org", "ranker")

    index_sources([org], settings=load())
    assert chosen_sources(load()) == (org,)

    monkeypatch.setenv("CUEBOOK_SOURCES", str(tmp_path / "other"))
    assert chosen_sources(load()) == (tmp_path / "other",)
