"""Rebuild the projection's catalogue from MLflow and the kept artifacts."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recsys_core.errors import RecsysError
from recsys_core.manifest import Manifest, read_manifest
from recsys_core.registry.mlflow_store import DIGEST, OWNER, SOURCE, MlflowStore
from recsys_core.registry.projection import CATALOGUE, Projection, add_evaluation, add_move, add_version

OUTSIDE = "mlflow"  # who moved an alias, where it was not one of ours


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
    versions = [found for name in models for found in _versions(projection, store, name, skipped)]
    by_digest = {found.manifest.digest: found for found in versions}
    evaluations = list(_evaluations(projection, store, by_digest, skipped))
    shown = {(found.name, found.version) for found in versions}
    aliases = [
        (name, alias, version)
        for name, held in models.items()
        for alias, version in held.items()
        if (name, version) in shown
    ]
    with projection.changed() as db:
        _note_outside_moves(db, {name: models[name] for name in {found.name for found in versions}})
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


def read_aliases(projection: Projection, store: MlflowStore) -> int:
    """Take over where MLflow's aliases point now, of versions that are shown; how many had been moved there."""
    held = dict(store.models())
    with projection.changed() as db:
        shown = {(row["name"], row["version"]) for row in db.execute("SELECT name, version FROM versions")}
        names = {name for name, _ in shown}
        moved = _note_outside_moves(db, {name: held.get(name, {}) for name in names})
        db.execute("DELETE FROM aliases")
        rows = [
            (name, alias, version)
            for name in names
            for alias, version in held.get(name, {}).items()
            if (name, version) in shown
        ]
        db.executemany("INSERT INTO aliases VALUES (?, ?, ?)", rows)
    return moved


def _note_outside_moves(db: sqlite3.Connection, held: Mapping[str, Mapping[str, int]]) -> int:
    """Add to the history what was moved in MLflow itself since we looked; who did it is not known there."""
    before = {(row["name"], row["alias"]): row["version"] for row in db.execute("SELECT * FROM aliases")}
    after = {(name, alias): version for name, aliases in held.items() for alias, version in aliases.items()}
    moment = datetime.now(UTC).isoformat()
    moved = [place for place in sorted(before.keys() | after.keys()) if before.get(place) != after.get(place)]
    for place in moved:
        add_move(db, *place, old=before.get(place), new=after.get(place), by=OUTSIDE, at=moment)
    return len(moved)


def analyze(projection: Projection) -> None:
    """Let SQLite count: without it the planner picks the wrong index after a load."""
    with projection.changed() as db:
        db.execute("ANALYZE")


def _versions(projection: Projection, store: MlflowStore, name: str, skipped: list[str]) -> Iterator[_Found]:
    for found in store.versions(name):
        tags = found.tags
        if DIGEST not in tags:
            skipped.append(f"{name}:{found.version} was not registered by cuebook: it has no tag {DIGEST}")
            continue
        source = projection.folder(tags[DIGEST], str(found.source))
        if (manifest := _manifest(source, f"{name}:{found.version}", skipped)) is not None:
            yield _Found(
                name, int(found.version), tags.get(OWNER, ""), str(found.run_id), str(source), manifest
            )


def _evaluations(
    projection: Projection, store: MlflowStore, judged: dict[str, _Found], skipped: list[str]
) -> Iterator[_Found]:
    for run in store.evaluations():
        tags, run_id = run.data.tags, str(run.info.run_id)
        source = projection.folder(tags.get(DIGEST, ""), tags.get(SOURCE, ""))
        manifest = _manifest(source, f"run {run_id}", skipped)
        if manifest is None:
            continue
        model = next((judged[parent] for parent in manifest.parents if parent in judged), None)
        if model is None:
            skipped.append(f"run {run_id} judged a model that is not shown")
            continue
        yield _Found(model.name, model.version, tags.get(OWNER, ""), run_id, str(source), manifest)


def _manifest(source: Path, what: str, skipped: list[str]) -> Manifest | None:
    try:
        return read_manifest(source, verify=False)
    except RecsysError as error:
        skipped.append(f"{what}: {error}")
        return None
