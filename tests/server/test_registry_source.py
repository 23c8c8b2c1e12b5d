"""MLflow as a source, and the registry as a history: what others wrote is read, what was made and moved is told."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.changes import Period, is_change_path, opened
from ingest.entities import Entity, EntityRef
from ingest.registry_pages import MODEL
from ingest.sources import Source, read_sources
from recsys_core.registry import Registry
from recsys_core.registry.mlflow_store import MlflowStore
from server.registry_history import RegistryHistory
from server.registry_source import RegistrySource
from server.settings import Settings
from server.sources import opened_sources
from tests.recsys_core.test_others import registered as register
from tools.models import ModelBook

REF = EntityRef("resource", "default", "knn-model")
STANDS = Entity(
    REF, "Resource", "v1", {"name": "knn-model", "annotations": {MODEL: "knn@production"}}, {"type": "model"}
)
NOW = datetime.now(UTC)


@pytest.fixture
def theirs(fresh: Path, tmp_path: Path) -> Any:
    shutil.copytree(fresh, tmp_path / "mlflow")
    return MlflowStore(f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}", artifacts="").client


def test_what_others_wrote_is_a_page_a_model(theirs: Any, tmp_path: Path) -> None:
    run = register(theirs, "churn", auc=0.9)
    uri = f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}"
    settings = Settings.model_validate(
        {"home": tmp_path / "ours", "sources": (), "models": {"tracking_uri": uri}}
    )
    source: Source
    (source,) = opened_sources((Path("mlflow+registry"),), settings)

    corpus = read_sources([source])
    (page,) = corpus.pages
    assert (str(page.entity), page.path, page.revision) == (
        "resource:default/mlflow",
        "churn.md",
        f"run:{run}",
    )
    assert "tuned by hand" in page.markdown
    assert "auc 0.9" in page.markdown
    assert page.untrusted
    assert corpus == read_sources([source])


def test_versions_and_aliases_are_changes_of_the_entity_that_stands_for_the_model(
    registered: Path, tmp_path: Path
) -> None:
    home = shutil.copytree(registered, tmp_path / "home")
    Registry.open(home).set_alias("knn", "production", 1, expected=None, by="user:default/ada")
    history = RegistryHistory(ModelBook(home))

    found = history.changes([STANDS], Period(since=NOW - timedelta(days=3_650)))
    told = [change.what for change in found.found]
    assert found.total == 3
    assert any(
        "alias `production` of `knn` was moved from nothing to `knn:1` by `user:default/ada`" in one
        for one in told
    )
    assert sum("was made by run" in one for one in told) == 2
    for change in found.found:
        page = opened(f"change:{change.id}", STANDS, history)
        assert is_change_path(page.path)
        assert change.what in page.markdown


def test_a_period_bounds_them_and_a_home_without_registry_has_none(registered: Path, tmp_path: Path) -> None:
    history = RegistryHistory(ModelBook(registered))
    assert history.changes([STANDS], Period(since=NOW + timedelta(days=1))).total == 0
    assert RegistryHistory(ModelBook(tmp_path)).changes([STANDS], Period()).total == 0
    assert not (tmp_path / "registry.sqlite").exists()


def test_it_is_named_as_a_source(tmp_path: Path) -> None:
    assert RegistrySource(ModelBook(tmp_path)).address == "mlflow+registry"
