"""What the registry answers through actions."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import Principal
from tools.call import Caller
from tools.errors import InvalidArguments, NotAllowed, NotComparable, NotFound, StateNewer, Unavailable
from tools.models import ModelBook


async def _refs(caller: Caller, ada: Principal, **filters: Any) -> list[str]:
    return [row["ref"] for row in (await caller.call("query_model_catalog", filters, ada))["items"]]


async def test_models_are_ranked_by_a_metric_with_interval_protocol_and_owner(
    caller: Caller, ada: Principal
) -> None:
    asked = {"sort_by": "ndcg@20", "protocol": "loo-full"}
    found = await caller.call("query_model_catalog", asked, ada)
    means = [row["measured"][0]["metrics"]["ndcg@20"]["mean"] for row in found["items"]]
    assert means == sorted(means, reverse=True)
    assert (found["total"], len(means), found["next_offset"], found["unmeasured"]) == (4, 4, None, 1)
    assert (found["ranked_by"]["view"], found["ranked_by"]["metric"]) == ("masked", "ndcg@20")
    mixed = next(row for row in found["items"] if row["name"] == "mixed")
    assert (mixed["kind"], mixed["owner"], mixed["aliases"]) == (
        "pipeline",
        "group:default/home-ranking",
        ["production"],
    )
    [measured] = mixed["measured"]
    assert measured["protocol_hash"] == found["ranked_by"]["hash"]
    figure = measured["metrics"]["ndcg@10"]
    assert figure["low"] < figure["mean"] < figure["high"]
    assert len(mixed["run_id"]) == 32


async def test_every_filter_narrows(caller: Caller, ada: Principal) -> None:
    everything = await _refs(caller, ada)
    assert len(everything) == 5
    assert await _refs(caller, ada, text="RADIO knn") == ["knn:2"]
    assert await _refs(caller, ada, name="knn") == ["knn:2", "knn:1"]
    assert await _refs(caller, ada, kind="popularity") == ["refit:1"]
    assert await _refs(caller, ada, kind="embedding") == []
    assert await _refs(caller, ada, alias="production") == ["mixed:1"]
    assert await _refs(caller, ada, owner="group:default/radio") == ["knn:2"]
    assert await _refs(caller, ada, protocol="loo-refit") == ["refit:1"]
    data = (await caller.call("query_model_catalog", {"limit": 1}, ada))["data"][0]
    assert await _refs(caller, ada, data=data["hash"][:12]) == await _refs(caller, ada, data=data["name"])
    assert await _refs(caller, ada, data="ml-100k") == []


async def test_pages_lead_to_every_version_once(caller: Caller, ada: Principal) -> None:
    refs: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = await caller.call("query_model_catalog", {"limit": 2, "offset": offset}, ada)
        assert page["total"] == 5
        refs += [row["ref"] for row in page["items"]]
        offset = page["next_offset"]
    assert sorted(refs) == ["als:1", "knn:1", "knn:2", "mixed:1", "refit:1"]


async def test_a_sort_that_would_mix_protocols_is_refused_with_those_there_are(
    caller: Caller, ada: Principal
) -> None:
    with pytest.raises(NotComparable, match=r"needs one protocol.*loo-full [0-9a-f]{12}, loo-refit"):
        await caller.call("query_model_catalog", {"sort_by": "ndcg@10"}, ada)
    with pytest.raises(NotFound, match="'loo-fool' has measured no registered model; those that have are"):
        await caller.call("query_model_catalog", {"sort_by": "ndcg@10", "protocol": "loo-fool"}, ada)
    with pytest.raises(InvalidArguments, match="has never measured masked/auc; what it measures: masked/cov"):
        await caller.call("query_model_catalog", {"sort_by": "auc", "protocol": "loo-full"}, ada)


async def test_one_version_is_described_by_number_alias_or_name(caller: Caller, ada: Principal) -> None:
    found = await caller.call("describe_model", {"model": "Mixed@production"}, ada)
    assert found["model"]["ref"] == "mixed:1"
    assert found["config"]["model"]["sources"][1]["kind"] == "item_knn"
    assert set(found["code"]) == {"version", "revision"}
    assert found["environment"]["libraries"]["numpy"]
    assert "numpy" in found["requires"]
    [judged] = found["evaluations"]
    assert set(judged["protocols"][0]["views"]) == {"masked", "unmasked"}
    assert [(node["relation"], node["kind"], node["name"]) for node in found["lineage"]] == [
        ("child", "evaluation", "mixed")
    ]
    [moved] = found["alias_history"]
    assert (moved["alias"], moved["old"], moved["new"], moved["by"]) == (
        "production",
        None,
        1,
        "user:default/ann",
    )
    assert found["folder"] == f"artifacts/{found['model']['digest']}"
    newest = await caller.call("describe_model", {"model": "knn"}, ada)
    assert (newest["model"]["ref"], newest["versions"]) == ("knn:2", 2)


@pytest.mark.parametrize(
    ("ref", "told", "near"),
    [
        ("mixd", "there is no model 'mixd'", ["mixed"]),
        ("knn:9", "no knn:9 in the registry", ["knn:2", "knn:1"]),
        ("mixed@staging", "no mixed@staging in the registry", ["mixed@production", "mixed:1"]),
        ("../../etc/passwd", "there is no model '../../etc/passwd'", []),
        ("knn:99999999999999999999", "there is no model 'knn:99999999999999999999'", ["knn"]),
        ("ｋｎｎ", "there is no model 'ｋｎｎ'", []),
    ],
)
async def test_a_wrong_ref_is_told_with_near_ones(
    caller: Caller, ada: Principal, ref: str, told: str, near: list[str]
) -> None:
    for action, arguments in (("describe_model", {"model": ref}), ("compare_models", {"a": ref, "b": "knn"})):
        with pytest.raises(NotFound, match=told.replace(".", r"\.")) as error:
            await caller.call(action, arguments, ada)
        assert list(error.value.near) == near


async def test_two_versions_are_compared_by_user_with_what_differs(caller: Caller, ada: Principal) -> None:
    found = await caller.call("compare_models", {"a": "knn:1", "b": "knn:2"}, ada)
    assert (found["protocol"], found["paired"]) == ("loo-full", True)
    metrics = {(each["view"], each["metric"]): each for each in found["metrics"]}
    assert next(iter(metrics))[0] == "masked"
    each = metrics["masked", "ndcg@10"]
    assert each["difference"]["mean"] == pytest.approx(each["a"]["mean"] - each["b"]["mean"])
    assert each["difference"]["low"] <= each["difference"]["high"]
    assert {"key": "config.model.neighbours", "a": 100, "b": 20} in found["differs"]
    parts = {(each["slice"], each["metric"]): each for each in found["slices"]}
    assert {"audiobook", "episode", "track", "head", "torso", "tail", "cold users"} <= {
        name for name, _ in parts
    }
    part = parts["track", "ndcg@10"]
    assert part["difference"]["mean"] == pytest.approx(part["a"] - part["b"])
    assert part["difference"]["low"] <= part["difference"]["high"]
    assert ("track", "ndcg@20") not in parts
    users = {each["slice"]: each["users"] for each in found["slices"]}
    verticals = [users[name] for name in ("audiobook", "episode", "track")]
    popularity = [users[name] for name in ("head", "torso", "tail")]
    assert (sum(verticals), sum(popularity)) == (60, 60)  # one held-out item each
    same = await caller.call("compare_models", {"a": "knn:1", "b": "knn:1"}, ada)
    assert (same["differs"], same["differs_total"]) == ([], 0)
    assert {each["better"] for each in (*same["metrics"], *same["slices"])} == {"undecided"}


async def test_versions_of_different_protocols_are_not_compared(caller: Caller, ada: Principal) -> None:
    told = r"knn:2 was judged by loo-full [0-9a-f]{12}, and refit:1 by loo-refit .* differ in config\."
    with pytest.raises(NotComparable, match=told):
        await caller.call("compare_models", {"a": "knn", "b": "refit"}, ada)
    with pytest.raises(NotComparable, match="no protocol under 'loo-refit' measured both"):
        await caller.call("compare_models", {"a": "knn:1", "b": "knn:2", "protocol": "loo-refit"}, ada)


async def test_a_registry_of_a_newer_version_is_named_and_the_rest_goes_on(
    served: Path, book: ModelBook, caller: Caller, ada: Principal, tmp_path: Path
) -> None:
    newer = ModelBook(tmp_path)
    newer.registry.projection.rows("PRAGMA user_version = 99")
    caller._models = ModelBook(tmp_path)
    with pytest.raises(
        StateNewer, match=r"registry\.sqlite' has version 99, this code reads 1; update cuebook"
    ):
        await caller.call("query_model_catalog", {}, ada)
    docs = Principal(ref=ada.ref, scopes=frozenset({"catalog:read"}), door="rest")
    assert (await caller.call("query_catalog", {}, docs))["total"] == 5


async def test_without_the_scope_or_a_registry_it_is_refused(
    caller: Caller, ada: Principal, bob: Principal
) -> None:
    with pytest.raises(NotAllowed, match="models:read"):
        await caller.call("query_model_catalog", {}, bob)
    caller._models = None
    with pytest.raises(Unavailable, match="has no model registry"):
        await caller.call("query_model_catalog", {}, ada)


def test_asking_imports_neither_mlflow_nor_numpy(served: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom tools.models import ModelBook\n"
        f"book = ModelBook(Path({str(served)!r}))\n"
        "book.card(book.version('mixed@production'))\nassert book.query(sort_by='ndcg@10', protocol='loo-full', limit=5).total\n"
        "print(__import__('json').dumps([name for name in ('mlflow', 'numpy', 'sqlalchemy') if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []
