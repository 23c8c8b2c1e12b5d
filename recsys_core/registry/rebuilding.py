"""Rebuild the projection's catalogue from MLflow and the kept artifacts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recsys_core.errors import RecsysError
from recsys_core.manifest import Manifest, read_manifest
from recsys_core.registry.mlflow_store import DIGEST, OWNER, SOURCE, MlflowStore
from recsys_core.registry.projection import CATALOGUE, Projection, add_evaluation, add_version


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found. skipped: versions and runs that could not be shown, and why."""

    versions: int
    evaluations: int
    aliases: int
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    version: int
    owner: str
    run_id: str
    source: str
    manifest: Manifest


def rebuild(projection: Projection, store: MlflowStore) -> Rebuilt:
    """Replace the catalogue in one transaction: readers see the old one or the new one."""
    skipped: list[str] = []
    models = dict(store.models())
    versions = [found for name in models for found in _versions(store, name, skipped)]
    by_digest = {found.manifest.digest: found for found in versions}
    evaluations = list(_evaluations(store, by_digest, skipped))
    shown = {(found.name, found.version) for found in versions}
    aliases = [
        (name, alias, version)
        for name, held in models.items()
        for alias, version in held.items()
        if (name, version) in shown
    ]
    with projection.changed() as db:
        for table in CATALOGUE:
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names
        for add, rows in ((add_version, versions), (add_evaluation, evaluations)):
            for found in sorted(rows, key=lambda each: each.manifest.created_at):
                add(
                    db,
                    found.manifest,
                    name=found.name,
                    version=found.version,
                    owner=found.owner,
                    run_id=found.run_id,
                    source=found.source,
                )
        db.executemany("INSERT INTO aliases VALUES (?, ?, ?)", aliases)
    analyze(projection)
    return Rebuilt(len(versions), len(evaluations), len(aliases), tuple(skipped))


def analyze(projection: Projection) -> None:
    """Let SQLite count: without it the planner picks the wrong index after a load."""
    with projection.changed() as db:
        db.execute("ANALYZE")


def _versions(store: MlflowStore, name: str, skipped: list[str]) -> Iterator[_Found]:
    for found in store.versions(name):
        tags = found.tags
        if DIGEST not in tags:
            skipped.append(f"{name}:{found.version} was not registered by cuebook: it has no tag {DIGEST}")
            continue
        if (manifest := _manifest(str(found.source), f"{name}:{found.version}", skipped)) is not None:
            yield _Found(
                name, int(found.version), tags.get(OWNER, ""), str(found.run_id), str(found.source), manifest
            )


def _evaluations(store: MlflowStore, judged: dict[str, _Found], skipped: list[str]) -> Iterator[_Found]:
    for run in store.evaluations():
        tags, run_id = run.data.tags, str(run.info.run_id)
        manifest = _manifest(tags.get(SOURCE, ""), f"run {run_id}", skipped)
        if manifest is None:
            continue
        model = next((judged[parent] for parent in manifest.parents if parent in judged), None)
        if model is None:
            skipped.append(f"run {run_id} judged a model that is not shown")
            continue
        yield _Found(model.name, model.version, tags.get(OWNER, ""), run_id, tags[SOURCE], manifest)


def _manifest(source: str, what: str, skipped: list[str]) -> Manifest | None:
    try:
        return read_manifest(Path(source), verify=False)
    except RecsysError as error:
        skipped.append(f"{what}: {error}")
        return None
