"""An MLflow that others write to: their versions are listed, with their runs' figures, and never among judged ones."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from recsys_core.errors import RegistryUnavailable
from recsys_core.registry import Registry
from recsys_core.registry.mlflow_store import MlflowStore
from recsys_core.registry.others import Others
from tests.registered_models import OWNER

pytestmark = pytest.mark.integration  # a real MLflow store beside ours


@pytest.fixture
def theirs(home: Path) -> Any:
    """MLflow's own client on a database of its own, as another team's scripts have it."""
    return MlflowStore(f"sqlite:///{home / 'mlflow.db'}", artifacts="").client


@pytest.fixture
def registry(home: Path, tmp_path: Path) -> Registry:
    return Registry.open(tmp_path / "ours", tracking_uri=f"sqlite:///{home / 'mlflow.db'}")


def registered(client: Any, name: str, **metrics: float) -> str:
    """A version of `name` with a finished run; returns the run's id."""
    run_id = str(client.create_run("0").info.run_id)
    for metric, value in metrics.items():
        client.log_metric(run_id, metric, value / 2, step=0)
        client.log_metric(run_id, metric, value, step=1)
    client.set_terminated(run_id, "FINISHED")
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    client.create_model_version(name, f"s3://models/{name}", run_id=run_id, description="tuned by hand")
    return run_id


def test_versions_of_others_are_listed_with_their_own_figures(theirs: Any, registry: Registry) -> None:
    run_id = registered(theirs, "Churn Model", auc=0.9, loss=0.25)
    registered(theirs, "Churn Model", auc=0.8)
    registered(theirs, "ranker", ndcg=0.3)
    theirs.set_registered_model_alias("Churn Model", "champion", "1")
    state = registry.sync_others()
    assert (state.problem, state.unread) == ("", 0)
    total, found = registry.others.query(by_name=True)
    assert (total, [version.ref for version in found]) == (3, ["Churn Model:2", "Churn Model:1", "ranker:1"])
    first = found[1]
    assert (first.run_id, first.aliases, first.metrics) == (run_id, ("champion",), {"auc": 0.9, "loss": 0.25})
    assert (first.run_status, first.description) == ("FINISHED", "tuned by hand")
    assert registry.query().total == 0
    assert registry.projection.protocols() == []


def test_they_are_found_by_text_name_and_alias_in_pages(theirs: Any, registry: Registry) -> None:
    for name in ("a-ranker", "b-ranker", "c-other"):
        registered(theirs, name, m=1.0)
    theirs.set_registered_model_alias("b-ranker", "live", "1")
    registry.sync_others()
    others = registry.others
    assert others.query(text="RANKER")[0] == 2
    assert [version.name for version in others.query(name="c-other")[1]] == ["c-other"]
    assert [version.name for version in others.query(alias="live")[1]] == ["b-ranker"]
    pages = [others.query(by_name=True, limit=2, offset=offset)[1] for offset in (0, 2)]
    assert [version.name for page in pages for version in page] == ["a-ranker", "b-ranker", "c-other"]


def test_what_cuebook_registered_is_not_among_them(theirs: Any, registry: Registry, artifacts: Path) -> None:
    registered(theirs, "ranker", ndcg=0.3)
    registry.register(artifacts / "knn", name="knn", owner=OWNER)
    registry.sync_others()
    assert [version.ref for version in registry.others.query()[1]] == ["ranker:1"]
    assert [version.ref for version in registry.query().rows] == ["knn:1"]


def test_a_name_of_theirs_can_be_used_for_ours(theirs: Any, registry: Registry, artifacts: Path) -> None:
    registered(theirs, "knn", ndcg=0.3)
    assert registry.register(artifacts / "knn", name="knn", owner=OWNER).ref == "knn:2"
    registry.sync_others()
    assert [version.ref for version in registry.others.query()[1]] == ["knn:1"]


def test_a_second_sync_reads_only_what_is_new_or_still_running(
    theirs: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(theirs, "done", m=1.0)
    running = theirs.create_run("0").info.run_id
    theirs.create_registered_model("live")
    theirs.create_model_version("live", "s3://live", run_id=running)
    registry.sync_others()
    new = registered(theirs, "new", m=2.0)
    theirs.log_metric(running, "m", 5.0)
    read: list[str] = []
    before = registry.store.run_metrics

    def noted(run_id: str) -> tuple[str, dict[str, float]]:
        read.append(run_id)
        return before(run_id)

    monkeypatch.setattr(registry.store, "run_metrics", noted)
    registry.sync_others()
    assert set(read) == {running, new}
    assert registry.others.query(name="live")[1][0].metrics == {"m": 5.0}


def test_what_changed_or_went_away_is_followed(theirs: Any, registry: Registry) -> None:
    registered(theirs, "ranker", m=1.0)
    registered(theirs, "gone", m=1.0)
    theirs.set_registered_model_alias("ranker", "live", "1")
    registry.sync_others()
    theirs.delete_registered_model("gone")
    theirs.delete_registered_model_alias("ranker", "live")
    theirs.update_model_version("ranker", "1", description="second words")
    registry.sync_others()
    (version,) = registry.others.query()[1]
    assert (version.ref, version.aliases, version.description) == ("ranker:1", (), "second words")
    assert version.metrics == {"m": 1.0}


def test_a_sync_is_bounded_and_says_what_is_left(theirs: Any, registry: Registry) -> None:
    for number in range(5):
        registered(theirs, f"model-{number}", m=float(number))
    assert registry.others.sync((), read=2).unread == 3
    assert [bool(version.metrics) for version in registry.others.query()[1]] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert registry.others.sync((), seconds=-1).unread == 3
    assert registry.others.sync(()).unread == 0


def test_more_versions_than_are_listed_is_told(
    theirs: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        registered(theirs, f"model-{number}", m=1.0)
    monkeypatch.setattr("recsys_core.registry.others.MOST", 2)
    state = registry.sync_others()
    assert state.problem == "MLflow has more than 2 versions; the first 2 of them were read"
    assert registry.others.query()[0] == 2


def test_odd_figures_texts_and_runs_do_no_harm(theirs: Any, registry: Registry) -> None:
    registered(theirs, "odd", nan=float("nan"), inf=float("inf"), good=1.0)
    theirs.create_registered_model("bare")
    theirs.create_model_version("bare", "s3://x", description="\x1b[31mred\u202e\n" + "x" * 999)
    theirs.create_model_version("bare", "s3://y", run_id="0" * 32)
    registry.sync_others()
    odd = registry.others.query(name="odd")[1][0]
    assert (odd.metrics, odd.more_metrics) == ({"good": 1.0}, 2)
    gone, bare = registry.others.query(name="bare", by_name=True)[1]
    assert (gone.run_status, bare.run_status) == ("GONE", "NONE")
    assert bare.description.startswith("[31mred")
    assert (len(bare.description) <= 250, bare.description.isprintable()) == (True, True)


def test_a_failure_is_kept_and_what_was_read_stays(
    theirs: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(theirs, "ranker", m=1.0)
    before = registry.sync_others()

    def away(**_: object) -> None:
        raise RegistryUnavailable("MLflow (https) does not answer: refused; nothing was changed")

    monkeypatch.setattr(registry.store, "every_version", away)
    state = registry.sync_others()
    assert "MLflow (https) does not answer: refused" in state.problem
    assert state.synced_at == before.synced_at
    assert registry.others.query()[0] == 1
    monkeypatch.undo()
    assert registry.sync_others().problem == ""


def test_an_mlflow_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("this is no database, whatever its name says" * 20)
    registry = Registry.open(tmp_path / "ours", tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    state = registry.sync_others()
    assert "does not answer" in state.problem
    assert state.synced_at is None


def test_a_copy_of_another_layout_is_made_anew_and_a_damaged_one_named(tmp_path: Path) -> None:
    path = tmp_path / "others.sqlite"
    store = MlflowStore("sqlite:///x", artifacts="")
    Others(path, store)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
        db.execute(
            "INSERT INTO versions (name, version, run_id, by, description, created, updated) "
            "VALUES ('a', 1, '', '', '', 0, 0)"
        )
    db.close()
    assert Others(path, store).query()[0] == 0
    path.write_text("no database" * 100)
    with pytest.raises(RegistryUnavailable, match=r"others\.sqlite.* it is a copy, so delete it"):
        Others(path, store)


def test_rebuilding_leaves_them_alone(theirs: Any, registry: Registry) -> None:
    registered(theirs, "ranker", m=1.0)
    registry.sync_others()
    rebuilt = registry.rebuild()
    assert rebuilt.versions == 0
    assert registry.others.query()[0] == 1
