"""Run by `test_registry.py` in a process of its own: `python -m tests.recsys_core.kill_a_registry FOLDER STRIDE`.

FOLDER holds a home with fresh tables, a model in `model` and its evaluation in `evaluation`.
"""

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recsys_core.registry import AliasMove, Registry
from recsys_core.registry.projection import Projection
from tests.recsys_core.killing import Steps, ended_at_every_step


class SteppingClient:
    """Takes a step before and after each call of the client."""

    def __init__(self, client: Any, steps: Steps) -> None:
        self.client, self.steps = client, steps

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.steps.take()
            result = getattr(self.client, name)(*arguments, **named)
            self.steps.take()
            return result

        return call


def stepping(registry: Registry, steps: Steps) -> None:
    registry.store.__dict__["client"] = SteppingClient(registry.store.client, steps)
    changed = Projection.changed

    @contextmanager
    def stepped(self: Projection) -> Iterator[Any]:
        steps.take()
        with changed(self) as db:
            yield db
            steps.take()
        steps.take()

    Projection.changed = stepped  # type: ignore[method-assign]  # in a fork that ends here


def write_all(registry: Registry, folder: Path) -> None:
    registry.register(folder / "model", name="knn", owner="group:default/a")
    registry.record(folder / "evaluation", owner="group:default/a")
    if not registry.query(name="knn", alias="production").total:
        moves = [AliasMove("knn", alias, 1, None) for alias in ("production", "staging")]
        registry.set_aliases(moves, by="user:default/b")


def in_a_fork(work: Callable[[], None]) -> None:
    """MLflow keeps its engine for the life of a process, and an engine must not be carried over a fork."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main(folder: Path, stride: int) -> None:
    for module in ("tracking", "store.tracking.sqlalchemy_store", "store.model_registry.sqlalchemy_store"):
        importlib.import_module(f"mlflow.{module}")  # paid once, before the forks
    home, fresh = folder / "home", folder / "fresh"
    shutil.copytree(home, fresh)

    def work(steps: Steps) -> None:
        steps.paused = True  # nothing is written before the client is there
        registry = Registry.open(home)
        stepping(registry, steps)
        steps.paused = False
        write_all(registry, folder)

    def visible_is_whole() -> None:
        projection = Projection(home / "registry.sqlite")
        for row in projection.query().rows:
            assert (row.name, row.version, row.owner) == ("knn", 1, "group:default/a")
            assert row.aliases in {(), ("production", "staging")}
            assert Registry(home, None, projection).describe("knn", 1).version.data_name == "world-0"  # type: ignore[arg-type]

    def repeats_add_nothing() -> None:
        visible_is_whole()
        registry = Registry.open(home)
        assert not registry.projection.rows("SELECT * FROM intents")
        write_all(registry, folder)
        (row,) = registry.query(alias="production", protocol="loo-full", sort_by="ndcg@10").rows
        assert len(registry.evaluations("knn", 1)) == 1
        assert [change.new for change in registry.history("knn")] == [1, 1]
        client = registry.store.client
        runs = client.search_runs([found.experiment_id for found in client.search_experiments()])
        assert [run.info.status for run in runs] == ["FINISHED"] * 2
        assert len(list(registry.store.versions("knn"))) == 1
        assert not [path for path in (home / "artifacts").iterdir() if path.name.startswith(".")]
        rebuilt = registry.rebuild()
        assert (rebuilt.versions, rebuilt.evaluations, rebuilt.aliases, rebuilt.skipped) == (1, 1, 2, ())
        assert registry.query().rows == (row,)

    def check() -> None:
        in_a_fork(repeats_add_nothing)
        shutil.rmtree(home)
        shutil.copytree(fresh, home)

    sys.stdout.write(f"{ended_at_every_step(work, check, stride=stride)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
