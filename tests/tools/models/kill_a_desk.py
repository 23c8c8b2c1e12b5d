"""Run by `test_killing.py` in a process of its own: `python -m tests.tools.models.kill_a_desk FOLDER STRIDE`.

FOLDER holds a home whose two jobs have ended by themselves, a training and the evaluation of its model, and nobody has
looked yet. The process that looks is ended before and after each change to a file, each transaction and each call of
MLflow; whatever it left, the next one finishes.
"""

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recsys_core.registry import Registry
from recsys_core.registry.health import examine
from tests.recsys_core.kill_a_registry import in_a_fork, stepping
from tests.recsys_core.killing import Steps, ended_at_every_step
from tools.jobs import FakeJobs, JobSpec, JobState
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import CoreRecipes
from tools.models import ModelBook
from tools.models.results import RegisteredResults
from tools.plan import Plan
from tools.policy.decision import Decision, Verdict
from tools.principal import Principal
from tools.state import State
from tools.state.jobs import JobRows

ADA = Principal(ref="user:default/ada", scopes=frozenset(), door="cli")
JOBS = {"job-1": ("train", "mixed"), "job-2": ("evaluate", "mixed-judged")}
OWNER = "group:default/radio"


def spec_of(recipe: str) -> JobSpec:
    return JobSpec(recipe=recipe, config={"name": "radio"}, owner=ADA.ref, model_owner=OWNER)


def opened(home: Path) -> tuple[State, JobDesk, ModelBook]:
    """A desk as a new process opens it; the backend knows that both jobs have succeeded."""
    backend, state, book = FakeJobs(), State.open(home / "state.db"), ModelBook(home)
    for id, (recipe, _) in JOBS.items():
        backend.submit(spec_of(recipe), id)
        backend.advance(id, JobState.SUCCEEDED)
    desk = JobDesk(backend, state.jobs, CoreRecipes(), home=home, results=RegisteredResults(book))
    return state, desk, book


def prepare(folder: Path) -> None:
    """Two launched jobs in the home, of which nobody knows that they have ended."""
    home = folder / "home"
    state = State.open(home / "state.db")
    for id, (recipe, artifact) in JOBS.items():
        planned = state.plans.add(
            action=f"launch_{recipe}",
            version="1",
            arguments={},
            plan=Plan(summary=id),
            principal=ADA.ref,
            decision=Decision(Verdict.ALLOW, "test", "it may"),
            now=0,
            lifetime=1_000,
        )
        state.jobs.add(id, spec_of(recipe), digest=planned.digest, now=float(id[-1]))
        shutil.copytree(folder / artifact, home / "jobs" / id / "out")
    state.close()


def stepping_rows(steps: Steps) -> None:
    observe = JobRows.observe

    def stepped(self: JobRows, job: Any) -> None:
        steps.take()
        observe(self, job)
        steps.take()

    JobRows.observe = stepped  # type: ignore[method-assign]  # in a fork that ends here


@contextmanager
def looked(home: Path) -> Iterator[tuple[JobDesk, ModelBook]]:
    state, desk, book = opened(home)
    yield desk, book
    state.close()


def visible_is_whole(home: Path) -> None:
    """What somebody sees who looks at nothing but the registry."""
    registry = Registry.open(home, settle=False)
    for row in registry.query().rows:
        assert (row.ref, row.owner) == ("radio:1", OWNER)
        assert registry.describe("radio", 1).config["model"]["kind"] == "pipeline"
        assert (registry.folder("radio", 1) / "manifest.json").exists()
    for note in home.glob("jobs/*/registered.json"):
        assert json.loads(note.read_text())["ref"] == "radio:1"
        assert registry.query().total == 1


def repeats_add_nothing(home: Path) -> None:
    visible_is_whole(home)
    for _ in range(2):
        with looked(home) as (desk, book):
            desk.keep_results()
            rows = {id: desk.get(id, ADA) for id in JOBS}
            assert {row.job.state for row in rows.values()} == {JobState.SUCCEEDED}
            kept = {id: desk.kept(row) for id, row in rows.items()}
            assert {found.ref for found in kept.values() if found} == {"radio:1"}, kept
            assert len({found.run_id for found in kept.values() if found}) == 2
    registry = book.registry
    (row,) = registry.query(protocol="loo-full", sort_by="ndcg@10").rows
    (judged,) = registry.evaluations("radio", 1)
    assert {row.run_id, judged.run_id} == {found.run_id for found in kept.values() if found}
    client = registry.store.client
    runs = client.search_runs([found.experiment_id for found in client.search_experiments()])
    assert [run.info.status for run in runs] == ["FINISHED"] * 2
    assert len(list(registry.store.versions("radio"))) == 1
    assert not registry.projection.rows("SELECT * FROM intents")
    health = examine(home)
    assert health is not None
    assert (health.versions, health.evaluations, health.fault) == (1, 1, "")


def main(folder: Path, stride: int) -> None:
    for module in ("tracking", "store.tracking.sqlalchemy_store", "store.model_registry.sqlalchemy_store"):
        importlib.import_module(f"mlflow.{module}")  # paid once, before the forks
    home, fresh = folder / "home", folder / "fresh"
    in_a_fork(lambda: prepare(folder))
    shutil.copytree(home, fresh)

    def work(steps: Steps) -> None:
        steps.paused = True  # nothing is written before everything is open
        with looked(home) as (desk, book):
            stepping(book.registry, steps)
            stepping_rows(steps)
            steps.paused = False
            desk.keep_results()

    def check() -> None:
        in_a_fork(lambda: repeats_add_nothing(home))
        shutil.rmtree(home)
        shutil.copytree(fresh, home)

    sys.stdout.write(f"{ended_at_every_step(work, check, stride=stride)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
