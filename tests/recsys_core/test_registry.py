import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys_core.errors import (
    AlreadyRegistered,
    ArtifactDamaged,
    Conflict,
    DataMissing,
    HeldOutSeen,
    InvalidConfig,
    NotComparable,
    OutputBusy,
    RegistryNewer,
    RegistryUnavailable,
    UnknownVersion,
)
from recsys_core.judge import protocol as protocol_files
from recsys_core.manifest import read_manifest
from recsys_core.recipes import run_recipe
from recsys_core.registry import AliasMove, Registry
from recsys_core.registry.projection import Projection
from recsys_core.registry.rebuilding import analyze
from tests.registered_models import OWNER, WORLD, trained


@pytest.fixture
def registry(home: Path) -> Registry:
    return Registry.open(home)


@pytest.fixture
def filled(registered: Path, tmp_path: Path) -> Registry:
    """knn:1, knn:2, als:1 judged by loo-full, refit:1 by loo-refit; their files stay with the shared home."""
    shutil.copytree(registered, tmp_path / "filled")
    return Registry.open(tmp_path / "filled")


def test_a_registered_model_is_found_by_metric_with_its_lineage(filled: Registry, artifacts: Path) -> None:
    filled.register(artifacts / "vectors", name="als-vectors", owner=OWNER)
    page = filled.query(kind="model", protocol="loo-full", sort_by="ndcg@10")
    scores = [next(f.value.mean for f in row.metrics if f.metric == "ndcg@10") for row in page.rows]
    assert page.total == 3
    assert scores == sorted(scores, reverse=True)
    assert {row.ref for row in page.rows} == {"knn:1", "knn:2", "als:1"}
    card = filled.describe("als", 1)
    measured = read_manifest(artifacts / "als-judged").metrics
    assert card.evaluations[0].metrics == measured
    assert {(node.kind, node.name, node.version) for node in card.lineage if node.relation == "child"} == {
        ("evaluation", "als", None),
        ("embedding", "als-vectors", 1),
    }
    vectors = filled.describe("als-vectors", 1)
    assert [(node.relation, node.name, node.version, node.depth) for node in vectors.lineage] == [
        ("parent", "als", 1, 1)
    ]
    assert filled.query(owner="group:default/radio").rows[0].ref == "knn:2"


def test_the_same_artifact_is_registered_once(filled: Registry, artifacts: Path) -> None:
    before = filled.query()
    assert filled.register(artifacts / "knn", name="knn", owner=OWNER).version == 1
    assert filled.record(artifacts / "knn-judged", owner=OWNER).ref == "knn:1"
    assert filled.query() == before
    with pytest.raises(AlreadyRegistered, match="is knn:1 already"):
        filled.register(artifacts / "knn", name="other", owner=OWNER)


def test_mlflow_holds_run_metrics_and_tags(filled: Registry) -> None:
    evaluation = filled.evaluations("knn", 1)[0]
    run = filled.store.client.get_run(evaluation.run_id)
    measured = evaluation.metrics[0].quoted()["ndcg@10"]
    assert run.data.metrics["loo-full/masked/ndcg_at_10"] == measured.mean
    assert run.data.metrics["loo-full/masked/ndcg_at_10/low"] == measured.low
    assert run.data.tags["cuebook.protocol.loo-full"] == evaluation.metrics[0].hash
    assert run.data.tags["cuebook.parents"] == filled.describe("knn", 1).version.digest
    version = filled.store.client.get_model_version("knn", "2")
    assert version.tags["cuebook.owner"] == "group:default/radio"
    assert filled.store.client.get_run(str(version.run_id)).data.params["model.neighbours"] == "20"


def test_an_alias_moves_only_from_where_it_was_expected(filled: Registry) -> None:
    filled.set_alias("knn", "production", 1, expected=None, by="user:default/ann")
    with pytest.raises(Conflict, match="knn@production points to version 1, and nothing was expected"):
        filled.set_alias("knn", "production", 2, expected=None, by="user:default/bo")
    filled.set_alias("knn", "production", 2, expected=1, by="user:default/bo")
    assert [row.ref for row in filled.query(alias="production").rows] == ["knn:2"]
    assert filled.describe("knn", "production").version.aliases == ("production",)
    filled.set_alias("knn", "production", None, expected=2, by="user:default/ann")
    assert [(change.old, change.new, change.by[-3:]) for change in filled.history("knn")] == [
        (None, 1, "ann"),
        (1, 2, "/bo"),
        (2, None, "ann"),
    ]
    with pytest.raises(UnknownVersion, match="no knn:9 in the registry; knn has :1, :2"):
        filled.set_alias("knn", "production", 9, expected=None, by="user:default/ann")


def test_an_alias_that_somebody_moved_in_mlflow_is_a_conflict(filled: Registry) -> None:
    filled.store.set_alias("knn", "production", 2)
    with pytest.raises(Conflict, match="points to version 2, and nothing was expected"):
        filled.set_alias("knn", "production", 1, expected=None, by="user:default/ann")
    filled.rebuild()
    assert filled.describe("knn", "production").version.version == 2


def test_several_aliases_move_as_one_or_not_at_all(filled: Registry) -> None:
    moves = [AliasMove("knn", "production", 1, None), AliasMove("als", "production", 1, None)]
    filled.set_aliases(moves, by="user:default/ann")
    assert {row.ref for row in filled.query(alias="production").rows} == {"knn:1", "als:1"}
    with pytest.raises(Conflict, match="als@production points to version 1, and nothing was expected"):
        filled.set_aliases([AliasMove("knn", "production", 2, 1), moves[1]], by="user:default/ann")
    with pytest.raises(UnknownVersion, match="no als:9"):
        filled.set_aliases(
            [AliasMove("knn", "production", 2, 1), AliasMove("als", "production", 9, 1)],
            by="user:default/ann",
        )
    assert {row.ref for row in filled.query(alias="production").rows} == {"knn:1", "als:1"}
    assert (len(filled.history("knn")), len(filled.history("als"))) == (1, 1)


@pytest.mark.parametrize("read_again", [Registry.sync_aliases, Registry.rebuild])
def test_what_was_moved_in_mlflow_is_taken_over_with_a_line_in_the_history(
    filled: Registry, read_again: Callable[[Registry], object]
) -> None:
    filled.set_alias("knn", "production", 1, expected=None, by="user:default/ann")
    filled.store.set_alias("knn", "production", 2)
    read_again(filled)
    assert filled.describe("knn", "production").version.version == 2
    ours, outside = filled.history("knn")
    assert (ours.by, outside.old, outside.new, outside.by) == ("user:default/ann", 1, 2, "mlflow")
    read_again(filled)
    assert len(filled.history("knn")) == 2


def test_a_rebuild_gives_the_same_answers_and_keeps_the_history(filled: Registry) -> None:
    filled.set_alias("knn", "production", 1, expected=None, by="user:default/ann")
    before, card = filled.query(protocol="loo-full", sort_by="ndcg@10"), filled.describe("knn", 1)
    rebuilt = filled.rebuild()
    assert (rebuilt.versions, rebuilt.evaluations, rebuilt.aliases, rebuilt.skipped) == (4, 4, 1, ())
    assert filled.query(protocol="loo-full", sort_by="ndcg@10") == before
    assert filled.describe("knn", 1) == card
    assert len(filled.history("knn")) == 1


def test_a_rebuild_says_what_it_cannot_show(registry: Registry, artifacts: Path) -> None:
    registry.register(artifacts / "als", name="als", owner=OWNER)
    shutil.rmtree(registry.folder("als", 1))
    registry.store.client.create_registered_model("foreign")
    registry.store.client.create_model_version("foreign", "somewhere")
    skipped = registry.rebuild().skipped
    assert any(line.startswith("als:1: no artifact in") for line in skipped)
    assert any(line.startswith("foreign:1 was not registered by cuebook") for line in skipped)


def test_versions_compare_with_a_paired_interval_and_what_made_them(filled: Registry) -> None:
    filled.set_alias("als", "production", 1, expected=None, by="user:default/ann")
    found = filled.compare("knn:2", "als@production")
    assert (found.a.ref, found.b.ref, found.protocol, found.paired) == ("knn:2", "als:1", "loo-full", True)
    row = next(row for row in found.metrics if (row.view, row.metric) == ("masked", "ndcg@10"))
    assert row.difference.mean == pytest.approx(row.a.mean - row.b.mean, abs=1e-6)
    assert row.difference.low is not None
    assert row.difference.low < row.difference.mean
    assert found.differs["config.model.kind"] == ("item_knn", "als")
    assert filled.compare("knn:1", "knn:2").differs == {"config.model.neighbours": (100, 20)}


def test_versions_of_different_protocols_are_not_compared(filled: Registry) -> None:
    with pytest.raises(NotComparable) as refused:
        filled.compare("knn:1", "refit:1")
    assert "knn:1 was judged by loo-full" in str(refused.value)
    assert "refit:1 by loo-refit" in str(refused.value)
    assert "loo-full and loo-refit differ in train ('all-but-two', 'all-but-target')." in str(refused.value)
    assert "config.model.kind" in str(refused.value)


def test_figures_of_a_protocol_whose_name_means_something_else_today_are_not_compared(
    filled: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = shutil.copytree(protocol_files.FOLDER, tmp_path / "protocols")
    text = (former / "loo-refit.json").read_text().replace('"loo-refit"', '"loo-full"')
    (former / "loo-full.json").write_text(text)
    with monkeypatch.context() as patch:
        patch.setattr(protocol_files, "FOLDER", former)
        trained(tmp_path, "old", 'kind = "popularity"')
    filled.register(tmp_path / "old", name="old", owner=OWNER)
    filled.record(tmp_path / "old-judged", owner=OWNER)
    told = (
        "The protocol 'loo-full' changed: its hash was 43abf26a98ef and is 96caef8196a3 now; "
        "what it was is called 'loo-refit' today. Train and judge again"
    )
    for asked in (None, "loo-full"):
        with pytest.raises(NotComparable) as refused:
            filled.compare("knn:1", "old:1", protocol=asked)
        assert told in str(refused.value)
    with pytest.raises(NotComparable) as refused:
        filled.query(protocol="loo-full", sort_by="ndcg@10")
    assert told in str(refused.value)
    (tmp_path / "again.toml").write_text('model = "old"\n')
    with pytest.raises(HeldOutSeen) as unseen:
        run_recipe("evaluate", tmp_path / "again.toml", tmp_path / "again")
    assert told in str(unseen.value)


def test_versions_judged_on_different_data_are_not_compared(filled: Registry, tmp_path: Path) -> None:
    trained(tmp_path, "later", 'kind = "item_knn"')
    (tmp_path / "world.json").write_text(json.dumps(WORLD | {"seed": 3}))
    for name in ("later", "later-judged"):
        shutil.rmtree(tmp_path / name)
    run_recipe("train", tmp_path / "later.toml", tmp_path / "later")
    run_recipe("evaluate", tmp_path / "later-judge.toml", tmp_path / "later-judged")
    filled.register(tmp_path / "later", name="later", owner=OWNER)
    filled.record(tmp_path / "later-judged", owner=OWNER)
    with pytest.raises(NotComparable, match=r"knn:1 was judged on world-0 .* and later:1 on world-3"):
        filled.compare("knn:1", "later:1")


def test_metrics_are_sorted_within_one_protocol_only(filled: Registry) -> None:
    with pytest.raises(NotComparable, match=r"'ndcg@10' needs one protocol.*loo-full .*loo-refit"):
        filled.query(sort_by="ndcg@10")
    unmasked = filled.query(protocol="loo-full", sort_by="unmasked/ndcg@10")
    assert unmasked.total == 3
    assert filled.query(protocol="absent").total == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda r, a: r.register(a / "absent", name="x", owner=OWNER),
            DataMissing,
            "it has no manifest.json",
        ),
        (lambda r, a: r.register(a / "knn", name="../x", owner=OWNER), InvalidConfig, r"name = '\.\./x'"),
        (lambda r, a: r.register(a / "knn", name="x", owner=" "), InvalidConfig, "owner = ' '"),
        (
            lambda r, a: r.register(a / "knn-judged", name="x", owner=OWNER),
            InvalidConfig,
            "use `record` for it",
        ),
        (lambda r, a: r.record(a / "knn-judged", owner=OWNER), UnknownVersion, "register the model first"),
        (
            lambda r, _: r.describe("knn", 1),
            UnknownVersion,
            "no knn:1 in the registry; known models are none yet",
        ),
        (lambda r, _: r.compare("knn", "als:1"), UnknownVersion, "write name:version or name@alias"),
        (lambda r, _: r.query(limit=0), InvalidConfig, "limit = 0"),
        (lambda r, _: r.query(limit=10**6), InvalidConfig, "limit is 1 to 500"),
    ],
)
def test_wrong_input_is_named_and_changes_nothing(
    registry: Registry,
    artifacts: Path,
    call: Callable[[Registry, Path], object],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        call(registry, artifacts)
    assert registry.query().total == 0
    assert not list(registry.store.models())


def test_a_metric_that_is_no_number_is_refused(registry: Registry, artifacts: Path, tmp_path: Path) -> None:
    shutil.copytree(artifacts / "knn-judged", tmp_path / "judged")
    path = tmp_path / "judged" / "manifest.json"
    values = json.loads(path.read_text())
    values["metrics"][0]["views"]["masked"]["mrr"]["mean"] = float("nan")
    path.write_text(json.dumps(values))
    with pytest.raises(ArtifactDamaged, match=r"mrr\.mean = nan"):
        registry.record(tmp_path / "judged", owner=OWNER)


def test_a_version_outlives_the_folder_it_was_registered_from(
    registry: Registry, artifacts: Path, tmp_path: Path
) -> None:
    shutil.copytree(artifacts / "knn", tmp_path / "job")
    registry.register(tmp_path / "job", name="knn", owner=OWNER)
    shutil.rmtree(tmp_path / "job")
    assert read_manifest(registry.folder("knn", 1)).name == "knn"


def test_a_file_of_a_newer_version_is_told(home: Path) -> None:
    db = sqlite3.connect(home / "registry.sqlite")
    db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(RegistryNewer, match=r"registry.sqlite' has version 7, this code reads 1"):
        Registry.open(home)


def test_a_damaged_projection_is_told_and_a_rebuild_brings_it_back(filled: Registry) -> None:
    home = filled.home
    before = filled.query()
    (home / "registry.sqlite").write_bytes(b"not a database at all, but long enough to look like one" * 100)
    for tail in ("-wal", "-shm"):
        (home / f"registry.sqlite{tail}").unlink(missing_ok=True)
    with pytest.raises(RegistryUnavailable, match="move it away and run `cuebook models rebuild`"):
        Registry.open(home)
    (home / "registry.sqlite").unlink()
    again = Registry.open(home)
    again.rebuild()
    assert again.query() == before


def test_a_second_writer_is_told(registry: Registry) -> None:
    with (
        registry._writing(),
        pytest.raises(OutputBusy, match="another process is writing the registry"),
        registry._writing(patience=0),
    ):
        pass


def test_ten_thousand_versions_are_filtered_and_sorted_quickly(tmp_path: Path) -> None:
    """CPU time of the slowest of several questions; the bar is 50 ms."""
    projection = Projection(tmp_path / "registry.sqlite")
    metrics = [f"{name}@{k}" for name in ("recall", "ndcg") for k in (5, 10, 20)]
    protocol = "a" * 64
    with projection.changed() as db:
        db.execute("INSERT INTO protocols VALUES ('loo-full', ?, 'masked')", (protocol,))
        db.executemany(
            "INSERT INTO versions VALUES (?, ?, ?, 'model', 'als', ?, ?, 'world', ?, ?, '2026', 'x')",
            [
                (
                    n,
                    f"model-{n % 200:03d}",
                    n // 200,
                    f"{n:064d}",
                    f"group:default/t{n % 7}",
                    "d" * 64,
                    f"r{n}",
                )
                for n in range(10_000)
            ],
        )
        db.executemany(
            "INSERT INTO figures VALUES (?, ?, ?, ?, 'loo-full', ?, ?, .1, .9)",
            [
                (n, protocol, view, metric, view == "masked", (n * 7919 % 10_007) / 10_007)
                for n in range(10_000)
                for view in ("masked", "unmasked")
                for metric in metrics
            ],
        )
    analyze(projection)
    questions: list[dict[str, str | int]] = [
        {"protocol": "loo-full", "sort_by": "ndcg@10"},
        {"protocol": "loo-full", "sort_by": "unmasked/recall@10", "owner": "group:default/t3"},
        {"protocol": "loo-full", "sort_by": "ndcg@10", "offset": 9_000},
        {"protocol": "loo-full", "name": "model-007"},
        {"owner": "group:default/t5", "kind": "model"},
        {},
    ]
    taken: list[float] = []
    for question in questions:
        start = time.process_time()
        page = projection.query(**question)  # type: ignore[arg-type]  # keys are parameters
        taken.append(time.process_time() - start)
        assert page.rows
    print([f"{1_000 * seconds:.1f} ms" for seconds in taken])
    assert max(taken) < 0.05


@pytest.mark.parametrize(
    "stride",
    [
        pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
        pytest.param(16, marks=pytest.mark.integration),
    ],
)
def test_a_write_killed_at_any_step_is_invisible_or_whole(
    home: Path, artifacts: Path, tmp_path: Path, stride: int
) -> None:
    """Every step takes minutes; the integration suite takes every sixteenth."""
    shutil.copytree(artifacts / "knn", tmp_path / "model")
    shutil.copytree(artifacts / "knn-judged", tmp_path / "evaluation")
    done = subprocess.run(
        [sys.executable, "-m", "tests.recsys_core.kill_a_registry", str(tmp_path), str(stride)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * stride >= 40
    print(f"{done.stdout.strip()} kills")


def test_asking_imports_neither_mlflow_nor_numpy(filled: Registry) -> None:
    code = (
        "import sys, pathlib; from recsys_core.registry import Registry; "
        f"r = Registry.open(pathlib.Path({str(filled.home)!r})); "
        "assert r.query(protocol='loo-full', sort_by='ndcg@10').rows; r.describe('knn', 1); "
        "print([m for m in ('numpy', 'scipy', 'mlflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_home_that_was_moved_finds_its_artifacts(filled: Registry, tmp_path: Path) -> None:
    before = filled.compare("knn:1", "knn:2")
    here = tmp_path / "moved"
    shutil.move(filled.home, here)
    moved = Registry.open(here)
    assert moved.folder("knn", 1) == here / "artifacts" / moved.describe("knn", 1).version.digest
    assert before.paired
    assert moved.compare("knn:1", "knn:2") == before
    assert (moved.rebuild().versions, moved.rebuild().skipped) == (4, ())
    assert moved.compare("knn:1", "knn:2") == before
