"""`cuebook models` over a home with really registered models."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.server.cli.conftest import Cuebook


@pytest.fixture
def models(served: Path, tmp_path: Path) -> str:
    shutil.copytree(served, tmp_path / "models")
    return str(tmp_path / "models")


def test_models_are_listed_best_first_with_interval_and_protocol(cuebook: Cuebook, models: str) -> None:
    shown = cuebook("models", "list", "--sort", "ndcg@10", "--protocol", "loo-full", "--home", models)
    assert shown.code == 0
    header, *rows = shown.out.splitlines()
    assert header.split() == ["model", "kind", "owner", "data", "ndcg@10", "(interval)", "protocol"]
    [mixed] = [row for row in rows if row.startswith("mixed:1 @production")]
    assert "loo-full" in mixed
    assert "4 of 4" in rows
    assert "left out, because ndcg@10 was not measured so: 1" in rows
    asked = cuebook("models", "list", "radio", "--home", models, "--json")
    assert [row["ref"] for row in asked.json["items"]] == ["knn:2"]


def test_the_rest_of_a_list_is_named(cuebook: Cuebook, models: str) -> None:
    shown = cuebook("models", "list", "--limit", "2", "--home", models)
    assert shown.out.splitlines()[-1] == "2 of 5; the rest with --offset 2"


def test_one_model_is_shown_with_owner_run_figures_and_alias_history(cuebook: Cuebook, models: str) -> None:
    shown = cuebook("models", "show", "mixed@production", "--home", models)
    assert shown.code == 0
    for told in (
        "owner        group:default/home-ranking",
        "MLflow run   ",
        "  ndcg@10          0.",
        "@production: nothing -> version 1 by user:default/ann",
    ):
        assert told in shown.out


def test_reading_the_registry_again_is_recorded(cuebook: Cuebook, models: str) -> None:
    assert cuebook("models", "sync", "--home", models).code == 0
    (row,) = cuebook("audit", "query", "--kind", "sync", "--home", models, "--json").json["items"]
    assert (row["principal"], row["door"], row["outcome"]) == ("user:default/local", "cli", "ok")
    assert row["on_behalf_of"].startswith("account:")


def test_two_models_are_compared_or_it_is_said_why_not(cuebook: Cuebook, models: str) -> None:
    shown = cuebook("models", "compare", "knn:1", "knn:2", "--home", models)
    assert (shown.code, "config.model.neighbours: 100 | 20" in shown.out) == (0, True)
    assert {"audiobook", "cold users", "head", "track"} <= {
        line.split("  ")[0] for line in shown.out.splitlines()
    }
    refused = cuebook("models", "compare", "knn", "refit", "--home", models)
    assert (refused.code, "no protocol measured both" in refused.err) == (2, True)
    unknown = cuebook("models", "show", "knm", "--home", models)
    assert (unknown.code, "did you mean knn?" in unknown.err) == (7, True)


def test_a_preview_names_who_proposed_each_item(cuebook: Cuebook, models: str) -> None:
    unknown = cuebook("models", "preview", "mixed", "--user", "nobody", "--home", models)
    assert unknown.code == 7
    user = unknown.err.rpartition("ids look like ")[2].split(",")[0]
    shown = cuebook("models", "preview", "mixed", "--user", user, "-k", "3", "--home", models)
    assert shown.code == 0
    assert "proposed by" in shown.out
    assert "rule seen: removed " in shown.out


def test_an_empty_registry_is_a_hint(cuebook: Cuebook, tmp_path: Path) -> None:
    shown = cuebook("models", "list", "--home", str(tmp_path / "none"))
    assert (shown.code, shown.out) == (
        0,
        "No models yet. Train one with `cuebook actions call launch_training`.\n",
    )


def test_doctor_checks_every_file_of_the_registry(cuebook: Cuebook, models: str) -> None:
    def finding() -> dict[str, object]:
        shown = cuebook("doctor", "--json", "--home", models).json
        return next(each for each in shown if each["check"] == "registry")

    assert finding()["detail"] == "5 versions, 5 evaluations, every file whole"
    artifact = Path(models) / cuebook("models", "show", "knn:1", "--json", "--home", models).json["folder"]
    (artifact / "model" / "items.json").write_text("[]")
    assert (finding()["ok"], "knn:1" in str(finding()["detail"])) == (False, True)
    with sqlite3.connect(Path(models) / "registry.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    assert finding()["detail"] == (
        "registry.sqlite has version 99, this code reads 1; update cuebook, or restore the backup from before the "
        "update"
    )
    refused = cuebook("models", "list", "--home", models)
    assert (refused.code, "has version 99" in refused.err) == (1, True)
    assert cuebook("jobs", "list", "--home", models).code == 0


SERVING = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: shelf
  annotations: {cuebook.dev/surface: home, cuebook.dev/uses-models: "mixed@production, gone"}
spec: {type: service, lifecycle: production, owner: ranking}
"""


def test_a_promotion_is_planned_and_the_present_state_checked(
    cuebook: Cuebook, models: str, tmp_path: Path
) -> None:
    unknowing = cuebook("models", "check", "--home", models)
    assert (unknowing.code, "cuebook ingest" in unknowing.err) == (8, True)
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving" / "catalog-info.yaml").write_text(SERVING)
    assert cuebook("ingest", str(tmp_path / "serving"), "--home", models).code == 0
    checked = cuebook("models", "check", "--home", models)
    assert checked.code == 0
    assert checked.out.splitlines() == [
        "fits   component:default/shelf (home), owner group:default/ranking",
        "         mixed@production: mixed:1",
        "         gone: not registered",
        "         not checked: component:default/shelf uses gone, which is not registered",
    ]
    planned = cuebook("models", "promote", "knn:1", "--alias", "staging", "--home", models)
    assert (planned.code, planned.json["status"]) == (3, "waiting")
    assert "Point knn@staging to knn:1, its first version." in planned.err
    refused = cuebook("models", "promote", "knn:1", "--protocol", "loo-refit", "--home", models)
    assert (refused.code, "Judge it first" in refused.err) == (4, True)
    nothing = cuebook("models", "rollback", "mixed", "--home", models)
    assert (nothing.code, "names no version before mixed:1" in nothing.err) == (7, True)


def test_a_lost_catalogue_of_models_is_told_and_rebuilt(cuebook: Cuebook, models: str) -> None:
    (Path(models) / "registry.sqlite").unlink()
    cuebook("models", "list", "--home", models)  # which makes an empty one
    found = cuebook("doctor", "--home", models)
    told = "MLflow holds 5 versions that the catalogue of models lacks"
    assert (found.code, told in found.out) == (1, True)
    assert cuebook("models", "rebuild", "--home", models).out == "5 versions, 5 evaluations, 1 aliases\n"
    assert "FAIL registry" not in cuebook("doctor", "--home", models).out
