"""MLflow, and the only file that imports it: runs, versions and aliases, in process on SQLite or on a server.

Writing is idempotent by the artifact's digest, which every run and version carries as a tag, so whatever was cut off
can be done again. Nothing here changes a tag that is there.
"""

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys_core.errors import RegistryNewer, RegistryUnavailable
from recsys_core.manifest import Manifest
from recsys_core.registry.lock import sole_writer

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

DIGEST, KIND, OWNER, SOURCE, NAME = (
    f"cuebook.{key}" for key in ("digest", "kind", "owner", "source", "name")
)
# MLflow's own defaults let a server that is gone hold a caller up for minutes
_PATIENCE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
_CREATING = 120.0  # seconds that another process may take to make the tables
LONGEST = 6_000  # characters of a parameter; MLflow refuses longer ones


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A version as MLflow lists it. digest: empty where cuebook did not register it. Times are milliseconds."""

    name: str
    version: int
    digest: str
    run_id: str
    by: str
    description: str
    created: int
    updated: int


class MlflowStore:
    """uri: a SQLAlchemy URI or the address of a tracking server. artifacts: where MLflow's own files would go."""

    def __init__(self, uri: str, *, artifacts: str) -> None:
        self.uri, self.artifacts = uri, artifacts

    @cached_property
    def client(self) -> "MlflowClient":
        """Opened when it is first needed: importing takes seconds, and a new file one more for its tables."""
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        with _translated(self.uri), warnings.catch_warnings():
            # mlflow's own tables use an option that SQLAlchemy deprecates
            warnings.simplefilter("ignore")
            from mlflow.tracking import MlflowClient

            for name in ("mlflow", "alembic"):
                logging.getLogger(name).setLevel(logging.WARNING)
            path = _sqlite_file(self.uri)
            if path is not None and not path.exists():
                _create(path, artifacts=self.artifacts or "mlruns")
            return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def log_run(self, manifest: Manifest, *, name: str, owner: str, source: str) -> str:
        """Id of the finished run that describes this artifact, made now if it is not there."""
        with _translated(self.uri):
            experiment = self._experiment(name)
            run = self._run(experiment, manifest.digest)
            moment = int(manifest.created_at.timestamp() * 1_000)
            if run is None:
                tags = _tags(manifest) | {OWNER: owner, SOURCE: source, NAME: name}
                run = self.client.create_run(experiment, start_time=moment, tags=tags, run_name=manifest.name)
            if run.info.status != "FINISHED":
                self._fill(run.info.run_id, manifest, moment)
                self.client.set_terminated(run.info.run_id, "FINISHED", moment)
            return str(run.info.run_id)

    def add_version(self, manifest: Manifest, *, name: str, owner: str, source: str, run_id: str) -> int:
        """Number of the version that holds this artifact, made now if it is not there."""
        with _translated(self.uri):
            for found in self.versions(name):
                if found.tags.get(DIGEST) == manifest.digest:
                    return int(found.version)
            if not self.client.search_registered_models(f"name = '{name}'"):
                self.client.create_registered_model(name)
            tags = _tags(manifest) | {OWNER: owner}
            return int(self.client.create_model_version(name, source, run_id=run_id, tags=tags).version)

    def alias(self, name: str, alias: str) -> int | None:
        """The version an alias points to."""
        with _translated(self.uri):
            version = self.client.get_registered_model(name).aliases.get(alias)
            return None if version is None else int(version)

    def set_alias(self, name: str, alias: str, version: int | None) -> None:
        """Point an alias to a version, or take it away."""
        with _translated(self.uri):
            if version is None:
                self.client.delete_registered_model_alias(name, alias)
            else:
                self.client.set_registered_model_alias(name, alias, str(version))

    def models(self) -> Iterator[tuple[str, dict[str, int]]]:
        """Name and aliases of every model that cuebook registered or somebody else did."""
        with _translated(self.uri):
            token = None
            while True:
                page = self.client.search_registered_models(max_results=100, page_token=token)
                for model in page:
                    yield model.name, {alias: int(version) for alias, version in model.aliases.items()}
                if not (token := page.token):
                    return

    def versions(self, name: str) -> "Iterator[ModelVersion]":
        """Every version of a model."""
        token = None
        while True:
            page = self.client.search_model_versions(f"name = '{name}'", max_results=1_000, page_token=token)
            yield from page
            if not (token := page.token):
                return

    def every_version(self, *, most: int) -> "tuple[list[OtherVersion], bool]":
        """Up to `most` versions of all models, whoever registered them, and whether there are more."""
        found: list[OtherVersion] = []
        with _translated(self.uri):
            token = None
            while len(found) <= most:
                page = self.client.search_model_versions(max_results=1_000, page_token=token)
                found += [_other(version) for version in page]
                if not (token := page.token):
                    break
        return found[:most], len(found) > most

    def run_metrics(self, run_id: str) -> tuple[str, dict[str, float]]:
        """A run's status, and its metrics' last values; `GONE` and none for a run that is not there."""
        with _translated(self.uri):
            from mlflow.exceptions import MlflowException

            try:
                run = self.client.get_run(run_id)
            except MlflowException as error:
                if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                    raise
                return "GONE", {}
        return str(run.info.status), dict(run.data.metrics)

    def evaluations(self) -> "Iterator[Run]":
        """Finished runs that describe an evaluation; found by tag, so that the search stays quick."""
        with _translated(self.uri):
            experiments = [found.experiment_id for found in self.client.search_experiments()]
            query, token = f"tags.`{KIND}` = 'evaluation' and attributes.status = 'FINISHED'", None
            while experiments:
                page = self.client.search_runs(experiments, query, max_results=1_000, page_token=token)
                yield from page
                if not (token := page.token):
                    return

    def _experiment(self, name: str) -> str:
        """One experiment a model: searches then read the runs of one model only."""
        found = self.client.get_experiment_by_name(f"cuebook/{name}")
        if found is not None:
            return str(found.experiment_id)
        return str(self.client.create_experiment(f"cuebook/{name}", artifact_location=self.artifacts or None))

    def _run(self, experiment: str, digest: str) -> "Run | None":
        return next(iter(self.client.search_runs([experiment], f"tags.`{DIGEST}` = '{digest}'")), None)

    def _fill(self, run_id: str, manifest: Manifest, moment: int) -> None:
        from mlflow.entities import Metric, Param

        # one moment and one step: the same figure logged again is the same row
        metrics = [Metric(key, value, moment, 0) for key, value in _figures(manifest)]
        params = [Param(key, value[:LONGEST]) for key, value in _flat(manifest.config)]
        for start in range(
            0, max(len(metrics), len(params)), 100
        ):  # MLflow's limit for params is 100 a batch
            part = slice(start, start + 100)
            self.client.log_batch(run_id, metrics=metrics[part], params=params[part])


def _sqlite_file(uri: str) -> Path | None:
    """The file that a SQLite URI names."""
    from sqlalchemy import make_url

    database = make_url(uri).database if uri.startswith("sqlite:") else None
    return Path(database) if database and database != ":memory:" else None


def _create(path: Path, *, artifacts: str) -> None:
    """Make MLflow's tables in a draft, which gets the file's name once it is whole.

    MLflow makes them one by one over seconds; killed meanwhile it leaves a file that it never opens again.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    lock, draft = f".{path.name}.lock", path.with_name(f".{path.name}.draft")
    with sole_writer(path.parent, patience=_CREATING, lock=lock):
        if path.exists():
            return  # another process made it while this one waited
        for left in path.parent.glob(f"{draft.name}*"):  # of one that was killed: the draft and its journal
            left.unlink()
        store = SqlAlchemyStore(f"sqlite:///{draft}", artifacts)  # type: ignore[no-untyped-call]
        store.engine.dispose()
        draft.replace(path)


def _other(found: "ModelVersion") -> OtherVersion:
    return OtherVersion(
        name=found.name,
        version=int(found.version),
        digest=found.tags.get(DIGEST, ""),
        run_id=found.run_id or "",
        by=found.user_id or "",
        description=found.description or "",
        created=int(found.creation_timestamp),
        updated=int(found.last_updated_timestamp or found.creation_timestamp),
    )


def _tags(manifest: Manifest) -> dict[str, str]:
    protocols = {f"cuebook.protocol.{found.protocol}": found.hash for found in manifest.metrics}
    return {
        DIGEST: manifest.digest,
        KIND: manifest.kind,
        "cuebook.data": manifest.data.hash,
        "cuebook.parents": ",".join(manifest.parents),
        "cuebook.code": manifest.code.revision or manifest.code.version or "",
        **protocols,
    }


def _figures(manifest: Manifest) -> Iterator[tuple[str, float]]:
    for found in manifest.metrics:
        for view, metrics in found.views.items():
            for metric, value in metrics.items():
                key = f"{found.protocol}/{view}/{metric.replace('@', '_at_')}"  # MLflow allows no @
                yield key, value.mean
                if value.low is not None and value.high is not None:
                    yield f"{key}/low", value.low
                    yield f"{key}/high", value.high


def _flat(values: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(values, dict | list | tuple) and values:
        pairs = values.items() if isinstance(values, dict) else enumerate(values)
        for key, value in pairs:
            yield from _flat(value, f"{place}.{key}" if place else str(key))
    elif values is not None:
        yield place, str(values)


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    """MLflow's errors as ours; a URI may carry a password, so only its scheme is told."""
    try:
        yield
    except ImportError as error:
        raise RegistryUnavailable(
            "the registry needs mlflow; install it with: pip install mlflow-skinny"
        ) from error
    except Exception as error:
        if not _from_below(error):
            raise
        place = f"MLflow ({uri.partition(':')[0]})"
        if "out-of-date database schema" in str(error) or "Can't locate revision" in str(error):
            raise RegistryNewer(
                f"{place} has a schema of another version: {error}; update mlflow-skinny, or restore the backup"
            ) from error
        raise RegistryUnavailable(
            f"{place} does not answer: {str(error)[:300]}; nothing was changed"
        ) from error


def _from_below(error: Exception) -> bool:
    module = type(error).__module__.partition(".")[0]
    return isinstance(error, sqlite3.Error | OSError) or module in {
        "mlflow",
        "sqlalchemy",
        "alembic",
        "requests",
    }
