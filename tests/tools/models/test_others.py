"""What others registered in an MLflow that was there before, through the action and the command line."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from recsys_core.registry.mlflow_store import MlflowStore
from recsys_core.registry.others import SyncState
from server.cli import main
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import InvalidArguments, NotFound
from tools.fakes import FakePorts
from tools.models import ModelBook
from tools.models.others import OtherModels
from tools.state import State

pytestmark = pytest.mark.integration  # a real MLflow store beside ours


@pytest.fixture
def uri(fresh: Path, tmp_path: Path) -> str:
    """An MLflow database with three versions of two models, written through MLflow's own client."""
    shutil.copy(fresh / "mlflow.db", tmp_path / "theirs.db")
    uri = f"sqlite:///{tmp_path / 'theirs.db'}"
    client = MlflowStore(uri, artifacts="").client
    for name, value in (("churn", 0.9), ("churn", 0.8), ("ranker", 0.3)):
        run = client.create_run("0")
        client.log_metric(run.info.run_id, "auc", value)
        client.set_terminated(run.info.run_id)
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)
        client.create_model_version(name, "s3://models", run_id=run.info.run_id)
    client.set_registered_model_alias("churn", "champion", "1")
    return uri


@pytest.fixture
def caller(
    *,
    actions: Actions,
    ports: FakePorts,
    state: State,
    audit: Audit,
    uri: str,
    registered: Path,
    tmp_path: Path,
) -> Caller:
    """Over a home whose own models stand beside theirs."""
    shutil.copytree(registered, tmp_path / "ours")
    return Caller(actions, ports, state, audit, models=ModelBook(tmp_path / "ours", tracking_uri=uri))


async def test_they_are_read_at_the_first_question_and_listed_apart(caller: Caller, ada: Principal) -> None:
    judged = await caller.call("query_model_catalog", {}, ada)
    assert (judged["total"], judged["unjudged"]["total"], judged["unjudged"]["items"]) == (4, 3, [])
    found = await caller.call("query_model_catalog", {"judged": False, "sort_by": "name", "limit": 2}, ada)
    assert (found["total"], found["items"], found["next_offset"]) == (3, [], 2)
    first, second = found["unjudged"]["items"]
    assert (second["ref"], second["aliases"], second["unjudged_metrics"]) == (
        "churn:1",
        ["champion"],
        {"auc": 0.9},
    )
    assert first["ref"] == "churn:2"
    assert (found["unjudged"]["problem"], found["unjudged"]["unread"]) == ("", 0)
    assert found["unjudged"]["synced_at"]
    rest = await caller.call("query_model_catalog", {"judged": False, "sort_by": "name", "offset": 2}, ada)
    assert [row["ref"] for row in rest["unjudged"]["items"]] == ["ranker:1"]


async def test_what_is_not_known_of_them_is_no_filter(caller: Caller, ada: Principal) -> None:
    for asked in ({"protocol": "loo-full"}, {"sort_by": "ndcg@10"}, {"owner": "group:default/radio"}):
        with pytest.raises(
            InvalidArguments, match="nothing of that is known of versions that others registered"
        ):
            await caller.call("query_model_catalog", {"judged": False, **asked}, ada)
    found = await caller.call("query_model_catalog", {"judged": False, "alias": "champion"}, ada)
    assert [row["ref"] for row in found["unjudged"]["items"]] == ["churn:1"]


async def test_describing_one_says_where_it_is(caller: Caller, ada: Principal) -> None:
    await caller.call("query_model_catalog", {}, ada)
    with pytest.raises(NotFound, match=r"only versions that others registered in MLflow.*judged=false"):
        await caller.call("describe_model", {"model": "churn:1"}, ada)


async def test_a_damaged_copy_leaves_judged_models_alone(
    caller: Caller, ada: Principal, tmp_path: Path
) -> None:
    (tmp_path / "ours" / "others.sqlite").write_text("damaged" * 1_000)
    found = await caller.call("query_model_catalog", {}, ada)
    assert (found["total"], found["unjudged"]["total"]) == (4, 0)
    assert "it is a copy, so delete it" in found["unjudged"]["problem"]


def _state(*, tried: float | None, problem: str = "") -> SyncState:
    return SyncState(synced_at=None, tried=tried, problem=problem, unread=0)


def test_a_reading_is_started_when_the_last_is_old_and_once_at_a_time() -> None:
    now, states, begun, go_on = [100.0], [_state(tried=None)], list[int](), threading.Event()

    def sync() -> SyncState:
        begun.append(1)
        go_on.wait(30)
        states[0] = _state(tried=now[0], problem="refused")
        return states[0]

    others = OtherModels(sync, lambda: states[0], stale_after=60, clock=lambda: now[0])
    go_on.set()
    assert others.look().problem == "refused"
    now[0] = 159.0
    assert (others.look().problem, len(begun)) == ("refused", 1)
    now[0] = 161.0
    go_on.clear()
    assert others.look().tried == others.look().tried == 100.0
    assert len(begun) == 2
    go_on.set()


def test_a_first_reading_that_takes_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.models.others._FIRST", 0.0)
    go_on = threading.Event()
    never = _state(tried=None)

    def sync() -> SyncState:
        go_on.wait(30)
        return never

    others = OtherModels(sync, lambda: never, stale_after=60)
    assert others.look().problem == "MLflow is being read for the first time; ask again in a moment"
    go_on.set()


def test_the_command_line_reads_and_lists_them(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUEBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUEBOOK_MODELS__TRACKING_URI", uri)

    def run(*arguments: str) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["models", *arguments])
        printed = capsys.readouterr()
        return left.value.code, printed.out, printed.err

    assert run("sync") == (0, "3 versions that others registered\n", "")
    assert "note: others registered 3 more; see them with --unjudged" in run("list")[2]
    code, out, _ = run("list", "--unjudged")
    assert code == 0
    assert "churn:1 @champion" in out
    assert "auc 0.9" in out
    assert "3 of 3; MLflow was read 20" in out
    (tmp_path / "theirs.db").write_text("damaged" * 1_000)
    code, _, err = run("sync")
    assert (code, "MLflow (sqlite) does not answer" in err) == (8, True)
    assert "does not answer" in run("list", "--unjudged")[2]
