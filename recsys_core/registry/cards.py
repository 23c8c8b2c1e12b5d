"""One version in full: what made it, how it was judged, what it came from and what came from it."""

import json
import sqlite3
from collections.abc import Iterator

from recsys_core.errors import UnknownVersion
from recsys_core.manifest import Manifest
from recsys_core.registry.projection import Projection
from recsys_core.registry.records import Evaluation, LineageNode, ModelCard, ModelVersion

DEEPEST = 20  # steps of lineage


def resolve(projection: Projection, name: str, version: int | str) -> ModelVersion:
    """The version with this number or alias. Raises UnknownVersion naming what there is."""
    number = version
    if isinstance(version, str) and not version.isdecimal():
        rows = projection.rows("SELECT version FROM aliases WHERE name = ? AND alias = ?", (name, version))
        number = rows[0]["version"] if rows else -1
    found = projection.version(name, int(number))
    if found is None:
        raise UnknownVersion(
            f"no {name}{'@' if number == -1 else ':'}{version} in the registry; {_known(projection, name)}"
        )
    return found


def resolve_ref(projection: Projection, ref: str) -> ModelVersion:
    """The version that `name:version` or `name@alias` means. Raises UnknownVersion."""
    for mark in "@:":
        name, found, rest = ref.rpartition(mark)
        if found and rest:
            return resolve(projection, name, rest)
    raise UnknownVersion(
        f"{ref!r} names no version; write name:version or name@alias, {_known(projection, ref)}"
    )


def manifest_of(projection: Projection, version: ModelVersion) -> Manifest:
    """The manifest a version was registered with."""
    return _stored(projection, version.digest)


def evaluation_rows(projection: Projection, version: ModelVersion) -> list[sqlite3.Row]:
    """Evaluations of a version, newest first."""
    query = """
        SELECT * FROM evaluations JOIN manifests USING (digest) WHERE name = ? AND version = ?
        ORDER BY created_at DESC, digest"""
    return projection.rows(query, (version.name, version.version))


def parsed(row: sqlite3.Row) -> Manifest:
    """The manifest in a row."""
    values = json.loads(row["manifest"])
    values.pop("digest")
    return Manifest.model_validate(values)


def card(projection: Projection, version: ModelVersion) -> ModelCard:
    """Everything known of `version`."""
    manifest = manifest_of(projection, version)
    rows = projection.rows("SELECT source FROM versions WHERE digest = ?", (version.digest,))
    return ModelCard(
        version=version,
        config=manifest.config,
        facts=manifest.facts,
        requires=manifest.requires,
        code=manifest.code.model_dump(),
        environment=manifest.environment.model_dump(),
        seconds=manifest.seconds,
        evaluations=tuple(
            Evaluation(
                digest=row["digest"],
                run_id=row["run_id"],
                owner=row["owner"],
                metrics=parsed(row).metrics,
                created_at=row["created_at"],
            )
            for row in evaluation_rows(projection, version)
        ),
        lineage=(
            *_walk(projection, version.digest, "parent"),
            *_walk(projection, version.digest, "child"),
        ),
        source=str(projection.folder(version.digest, rows[0]["source"])),
    )


def _walk(projection: Projection, digest: str, relation: str) -> Iterator[LineageNode]:
    here, there = ("digest", "parent") if relation == "parent" else ("parent", "digest")
    query = f"""
        WITH RECURSIVE walk(digest, depth) AS (
            SELECT {there}, 1 FROM parents WHERE {here} = ?
            UNION SELECT p.{there}, depth + 1 FROM walk w JOIN parents p ON p.{here} = w.digest WHERE depth < {DEEPEST})
        SELECT w.digest, min(depth) AS depth, coalesce(v.kind, iif(e.digest IS NULL, NULL, 'evaluation')) AS kind,
            coalesce(v.name, e.name) AS name, v.version AS version
        FROM walk w LEFT JOIN versions v ON v.digest = w.digest LEFT JOIN evaluations e ON e.digest = w.digest
        GROUP BY w.digest ORDER BY depth, w.digest"""  # noqa: S608 - fixed words
    for row in projection.rows(query, (digest,)):
        yield LineageNode(relation=relation, **dict(row))


def _stored(projection: Projection, digest: str) -> Manifest:
    return parsed(projection.rows("SELECT manifest FROM manifests WHERE digest = ?", (digest,))[0])


def _known(projection: Projection, name: str) -> str:
    rows = projection.rows("SELECT version FROM versions WHERE name = ? ORDER BY version", (name,))
    aliases = projection.rows("SELECT alias FROM aliases WHERE name = ? ORDER BY alias", (name,))
    if rows:
        held = [*(f":{row['version']}" for row in rows[-10:]), *(f"@{row['alias']}" for row in aliases)]
        return f"{name} has {', '.join(held)}"
    names = projection.rows("SELECT DISTINCT name FROM versions ORDER BY name LIMIT 20")
    return f"known models are {', '.join(row['name'] for row in names) or 'none yet'}"
