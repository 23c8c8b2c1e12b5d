"""What jobs made gets into the registry, once, and launching an evaluation finds it there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recsys_core.registry import Registry
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import InvalidArguments, NotFound
from tools.fakes import FakePorts
from tools.jobs import FakeJobs, JobState
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import CoreRecipes
from tools.models import ModelBook
from tools.models.results import RegisteredResults
from tools.state import State
from tools.state.jobs import JobRow

_SCOPES = frozenset({"models:read", "scaffold:write", "jobs:launch", "jobs:read", "jobs:at-once"})
Done = Callable[[str, str], None]


@pytest.fixture
def ada() -> Principal:
    return Principal(ref="user:default/ada", scopes=_SCOPES, door="rest")


@pytest.fixture
def home(tmp_path: Path, registered: Path) -> Path:
    shutil.copytree(registered, tmp_path / "home", dirs_exist_ok=True)
    return tmp_path / "home"


@pytest.fixture
def book(home: Path) -> ModelBook:
    return ModelBook(home)


@pytest.fixture
def backend() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def desk(backend: FakeJobs, state: State, home: Path, book: ModelBook) -> JobDesk:
    return JobDesk(backend, state.jobs, CoreRecipes(), home=home, results=RegisteredResults(book))


@pytest.fixture
def caller(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, book: ModelBook, desk: JobDesk
) -> Caller:
    return Caller(actions, ports, state, audit, models=book, jobs=desk)


@pytest.fixture
def done(backend: FakeJobs, home: Path, artifacts: Path) -> Done:
    """The job has succeeded and left this artifact."""

    def succeed(job: str, artifact: str) -> None:
        shutil.copytree(artifacts / artifact, home / "jobs" / job / "out")
        backend.advance(job, JobState.SUCCEEDED)

    return succeed


async def _launched(caller: Caller, ada: Principal, action: str, **arguments: Any) -> str:
    planned = await caller.call(action, arguments, ada)
    return str((await caller.apply(planned["digest"], ada))["job"])


async def test_a_trained_model_is_registered_once_and_its_evaluation_goes_with_it(
    *, caller: Caller, ada: Principal, done: Done, mixed: Path, book: ModelBook
) -> None:
    trained = await _launched(caller, ada, "launch_training", name="radio", model="pipeline")
    before = await caller.call("get_job", {"job": trained}, ada)
    assert (before["model"], before["registered"], before["unregistered"]) == (None, None, "")
    done(trained, "mixed")
    card = await caller.call("get_job", {"job": trained}, ada)
    assert (card["state"], card["model"], card["registered"]["ref"]) == ("succeeded", "radio:1", "radio:1")
    assert (card["registered"]["owner"], card["registered"]["measured"]) == (ada.ref, [])
    judged = await _launched(caller, ada, "launch_eval", model="radio")
    done(judged, "mixed-judged")
    found = (await caller.call("get_job", {"job": judged}, ada))["registered"]
    [measured] = found["measured"]
    figure = measured["metrics"]["ndcg@10"]
    assert (found["ref"], measured["protocol"], len(measured["protocol_hash"])) == ("radio:1", "loo-full", 64)
    assert figure["low"] < figure["mean"] < figure["high"]
    assert found["run_id"] != card["registered"]["run_id"]
    again = await caller.call("get_job", {"job": trained}, ada)
    assert again["registered"]["measured"] == found["measured"]
    assert {row["model"] for row in (await caller.call("list_jobs", {}, ada))["items"]} == {"radio:1"}
    described = await caller.call("describe_model", {"model": "radio"}, ada)
    assert (described["versions"], described["evaluations_total"]) == (1, 1)
    assert described["evaluations"][0]["run_id"] == found["run_id"]


async def test_data_that_moved_is_named_and_what_is_not_the_same_is_refused(
    *,
    caller: Caller,
    ada: Principal,
    book: ModelBook,
    desk: JobDesk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = book.manifest(book.version("knn:1"))
    gone = manifest.model_copy(
        update={"data": manifest.data.model_copy(update={"path": str(tmp_path / "gone")})}
    )
    monkeypatch.setattr(book, "manifest", lambda _: gone)
    with pytest.raises(
        NotFound, match=r"knn:1 was trained on '.*gone', where nothing is any more; .* are: world$"
    ):
        await caller.call("launch_eval", {"model": "knn:1"}, ada)
    planned = await caller.call("launch_eval", {"model": "knn:1", "data": "world"}, ada)
    assert planned["plan"]["details"]["spec"]["config"]["data"] == desk.data("world").model_dump(mode="json")


async def test_the_catalog_has_a_model_whose_job_nobody_looked_at(
    caller: Caller, ada: Principal, done: Done
) -> None:
    job = await _launched(caller, ada, "launch_training", name="knn-new")
    done(job, "vectors")
    found = await caller.call("query_model_catalog", {"name": "knn-new"}, ada)
    assert [row["ref"] for row in found["items"]] == ["knn-new:1"]


async def test_what_two_jobs_made_alike_is_one_version(caller: Caller, ada: Principal, done: Done) -> None:
    jobs = [await _launched(caller, ada, "launch_training", name="knn", seed=seed) for seed in (0, 1)]
    for job in jobs:
        done(job, "knn")
    cards = [await caller.call("get_job", {"job": job}, ada) for job in jobs]
    assert [card["model"] for card in cards] == ["knn:1", "knn:1"]
    assert (await caller.call("query_model_catalog", {"name": "knn"}, ada))["total"] == 2


async def test_the_owner_is_the_one_that_the_scaffold_names(
    *, caller: Caller, ada: Principal, done: Done, desk: JobDesk, mixed: Path
) -> None:
    plan = await caller.call(
        "scaffold_training_job", {"name": "radio", "owner": "discovery", "model": "pipeline"}, ada
    )
    await caller.apply(plan["digest"], ada)
    planned = await caller.call("launch_training", {"scaffold": "radio"}, ada)
    assert "next version of radio, owned by group:default/discovery" in " ".join(planned["plan"]["steps"])
    job = str((await caller.apply(planned["digest"], ada))["job"])
    done(job, "mixed")
    card = await caller.call("get_job", {"job": job}, ada)
    assert (card["registered"]["owner"], card["owner"]) == ("group:default/discovery", ada.ref)
    (desk.scaffold_root / "radio" / "catalog-info.yaml").write_text("spec: {owner: '$(id)'}")
    with pytest.raises(InvalidArguments, match=r"spec\.owner = '\$\(id\)' is no group or user"):
        await caller.call("launch_training", {"scaffold": "radio"}, ada)


async def test_a_registry_that_fails_is_told_on_the_job_and_tried_again(
    *,
    caller: Caller,
    ada: Principal,
    done: Done,
    book: ModelBook,
    mixed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = await _launched(caller, ada, "launch_training", name="radio", model="pipeline")
    done(job, "mixed")
    with monkeypatch.context() as patched:
        patched.setattr(book.registry.store, "uri", "sqlite:////dev/null/mlflow.db")
        patched.delitem(book.registry.store.__dict__, "client", raising=False)
        card = await caller.call("get_job", {"job": job}, ada)
    assert (card["state"], card["registered"]) == ("succeeded", None)
    assert card["unregistered"].startswith("MLflow (sqlite) does not answer")
    book.registry.store.__dict__.pop("client", None)
    card = await caller.call("get_job", {"job": job}, ada)
    assert (card["model"], card["unregistered"]) == ("radio:1", "")


async def test_a_result_that_was_damaged_is_named_and_blocks_no_other(
    *, caller: Caller, ada: Principal, done: Done, home: Path
) -> None:
    broken = await _launched(caller, ada, "launch_training", name="als-new", model="als")
    done(broken, "als")
    (home / "jobs" / broken / "out" / "model" / "items.json").write_text("[]")
    whole = await _launched(caller, ada, "launch_training", name="knn-new")
    done(whole, "vectors")
    assert (await caller.call("get_job", {"job": whole}, ada))["model"] == "knn-new:1"
    card = await caller.call("get_job", {"job": broken}, ada)
    assert card["state"] == "succeeded"
    assert "'model/items.json' changed since it was written" in card["unregistered"]


async def test_an_eval_takes_a_registered_name_version_or_alias(
    caller: Caller, ada: Principal, home: Path
) -> None:
    Registry.open(home).set_alias("knn", "best", 1, expected=None, by="user:default/ann")
    digests = {}
    for ref in ("knn", "knn:1", "knn@best", "als"):
        plan = (await caller.call("launch_eval", {"model": ref}, ada))["plan"]
        digests[ref] = {target["ref"]: target["revision"] for target in plan["targets"]}["model of evaluate"]
        assert plan["details"]["spec"]["config"]["model"] == str(home / "artifacts" / digests[ref])
    assert digests["knn:1"] == digests["knn@best"] != digests["knn"]
    with pytest.raises(NotFound, match="there is no model 'kn' in the registry; did you mean knn"):
        await caller.call("launch_eval", {"model": "kn"}, ada)
    with pytest.raises(NotFound, match="there is no job 'job-00'"):
        await caller.call("launch_eval", {"model": "job-00"}, ada)


async def test_a_process_that_ended_after_registering_and_before_noting_it_registers_nothing_twice(
    *,
    caller: Caller,
    ada: Principal,
    done: Done,
    home: Path,
    book: ModelBook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = await _launched(caller, ada, "launch_training", name="knn-new")
    done(job, "vectors")

    def ended(*_: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", ended)
        with pytest.raises(KeyboardInterrupt):
            RegisteredResults(book)._registered(_row(caller, job, ada), home / "jobs" / job / "out")
    assert not (home / "jobs" / job / "registered.json").exists()
    assert book.version("knn-new").ref == "knn-new:1"
    assert (await caller.call("get_job", {"job": job}, ada))["model"] == "knn-new:1"
    assert (await caller.call("query_model_catalog", {"name": "knn-new"}, ada))["total"] == 1


async def test_a_job_whose_folder_was_removed_says_so_and_blocks_no_other(
    *, caller: Caller, ada: Principal, done: Done, backend: FakeJobs
) -> None:
    gone = await _launched(caller, ada, "launch_training", name="gone")
    backend.advance(gone, JobState.SUCCEEDED)
    whole = await _launched(caller, ada, "launch_training", name="knn-new")
    done(whole, "vectors")
    assert (await caller.call("query_model_catalog", {"name": "knn-new"}, ada))["total"] == 1
    card = await caller.call("get_job", {"job": gone}, ada)
    assert card["unregistered"] == f"jobs/{gone}/out holds no artifact: it was removed, or never written"


def _row(caller: Caller, job: str, ada: Principal) -> JobRow:
    assert caller._jobs is not None
    return caller._jobs.get(job, ada)
