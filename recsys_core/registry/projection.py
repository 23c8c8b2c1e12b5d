"""Our own picture of the registry in SQLite, which answers every question.

MLflow's search reads key-value rows and takes seconds over ten thousand runs unless filtered by a tag; and it does not
find a model by a metric of its run at all. Here a version is a row, a figure is a row, and an index has each metric in
order. `rebuilding.py` rebuilds it; the history of aliases and the intents live here only.

A connection is opened for each piece of work: it costs a fifth of a millisecond, and threads share nothing.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from recsys_core.errors import NotComparable, RegistryNewer
from recsys_core.manifest import Manifest, Measured
from recsys_core.registry.database import Database
from recsys_core.registry.records import AliasChange, Figure, ModelVersion, Page

VERSION = 1
SHORTEST_HASH = 8  # hex digits that may stand for a whole hash
CATALOGUE = (
    "parents",
    "figures",
    "evaluations",
    "aliases",
    "versions",
    "manifests",
)  # what a rebuild replaces
SCHEMA = """
CREATE TABLE versions (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, data_name TEXT NOT NULL, data_hash TEXT NOT NULL,
    run_id TEXT NOT NULL, created_at TEXT NOT NULL, source TEXT NOT NULL, UNIQUE (name, version));
CREATE INDEX versions_by_owner ON versions (owner);
CREATE INDEX versions_by_time ON versions (created_at);
CREATE TABLE aliases (name TEXT, alias TEXT, version INTEGER NOT NULL, PRIMARY KEY (name, alias));
CREATE TABLE parents (digest TEXT, parent TEXT, PRIMARY KEY (digest, parent));
CREATE INDEX parents_by_parent ON parents (parent);
CREATE TABLE evaluations (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, run_id TEXT NOT NULL, owner TEXT NOT NULL,
    created_at TEXT NOT NULL, source TEXT NOT NULL);
CREATE INDEX evaluations_by_version ON evaluations (name, version);
CREATE TABLE manifests (digest TEXT PRIMARY KEY, manifest TEXT NOT NULL);
CREATE TABLE figures (
    id INTEGER, hash TEXT, view TEXT, metric TEXT, protocol TEXT NOT NULL, headline INTEGER NOT NULL,
    mean REAL NOT NULL, low REAL, high REAL, PRIMARY KEY (id, hash, view, metric)) WITHOUT ROWID;
CREATE INDEX figures_in_order ON figures (hash, view, metric, mean, id);
CREATE TABLE protocols (name TEXT, hash TEXT, headline TEXT NOT NULL, PRIMARY KEY (name, hash));
CREATE TABLE alias_history (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, alias TEXT NOT NULL, old INTEGER, new INTEGER, by TEXT NOT NULL,
    at TEXT NOT NULL);
CREATE TABLE intents (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL);
"""
COLUMNS = "v.id, v.name, v.version, v.kind, v.model, v.digest, v.owner, v.data_name, v.data_hash, v.run_id, v.created_at"


class Projection:
    """The file at `path`, made when it is not there. Raises RegistryNewer, RegistryUnavailable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        damaged = "if it is damaged, move it away and run `cuebook models rebuild`"
        self._database = Database(path, advice=damaged, flushed=True)
        with self._database.connected() as db:
            db.execute("PRAGMA journal_mode = WAL")  # stays with the file
        with self.changed() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise RegistryNewer(
                    f"{str(path)!r} has version {version}, this code reads {VERSION}; "
                    "update cuebook, or restore the backup from before the update"
                )
            if version == 0:
                for statement in SCHEMA.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    def changed(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction: everything that is executed in the block is kept, or nothing."""
        return self._database.changed()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._database.connected() as db:
            return db.execute(query, values).fetchall()

    def query(
        self,
        *,
        name: str | None = None,
        kind: str | None = None,
        model: str | None = None,
        alias: str | None = None,
        owner: str | None = None,
        data: str | None = None,
        text: str | None = None,
        protocol: str | None = None,
        sort_by: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page:
        """Versions that fit, best or newest first.

        kind: of the artifact; model: of the model, such as "als". data: name or hash. text: words that name, model,
        owner or data must contain. protocol: name or hash, or the hash's first 8 digits or more. sort_by: "created_at" (default), "name", or a metric such as "ndcg@10" (of the
        headline view) or "unmasked/ndcg@10", which needs a protocol. Raises NotComparable.
        """
        hashes = self._hashes(protocol)
        table, order, values = self._order(sort_by, protocol, hashes)
        equal = {"v.name": name, "v.kind": kind, "v.model": model, "v.owner": owner}
        where, more = _filters(equal, alias=alias, data=data, text=text)
        if protocol is not None and not values:  # else the join has seen to it
            marks = ", ".join("?" * len(hashes))
            where.append(f"EXISTS (SELECT 1 FROM figures p WHERE p.id = v.id AND p.hash IN ({marks}))")  # noqa: S608 - marks only
            more += hashes
        clause = f"{table} WHERE {' AND '.join(['1', *where])}"
        # a figure belongs to a version: without other filters the index alone knows how many there are
        counted = (
            "figures f WHERE f.hash = ? AND f.view = ? AND f.metric = ?" if values and not where else clause
        )
        total = self.rows(f"SELECT count(*) FROM {counted}", [*values, *more])[0][0]  # noqa: S608 - fixed words and marks
        found = self.rows(
            f"SELECT {COLUMNS} FROM {clause} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - fixed words and marks
            [*values, *more, limit, offset],
        )
        return Page(rows=self.versions(found), total=total, limit=limit, offset=offset)

    def _order(
        self, sort_by: str | None, protocol: str | None, hashes: list[str]
    ) -> tuple[str, str, list[str]]:
        """The tables to read, the order, and the values of the join."""
        if sort_by in {None, "created_at"}:
            return "versions v", "v.created_at DESC, v.id DESC", []
        if sort_by == "name":
            return "versions v", "v.name, v.version DESC", []
        if protocol is None or len(hashes) > 1:
            held = ", ".join(f"{row['name']} {row['hash'][:12]}" for row in self.protocols())
            raise NotComparable(
                f"sort_by = {sort_by!r} needs one protocol, since figures of different protocols cannot be compared; "
                f"give its name or hash: {held or 'none was used yet'}{self._changed()}"
            )
        view, _, metric = str(sort_by).rpartition("/")
        digest = hashes[0] if hashes else ""
        view = view or next((row["headline"] for row in self.protocols() if row["hash"] == digest), "masked")
        join = "ON f.id = v.id AND f.hash = ? AND f.view = ? AND f.metric = ?"
        return (
            f"figures f JOIN versions v {join}",
            "f.mean DESC, f.id DESC",
            [digest, view, metric],
        )

    def folder(self, digest: str, source: str) -> Path:
        """Where an artifact is kept: in this home, which may have been moved since `source` was noted, else there."""
        kept = self.path.parent / "artifacts" / digest
        return kept if digest and kept.exists() else Path(source)

    def protocols(self) -> list[sqlite3.Row]:
        """name, hash and headline of every protocol that measured something."""
        return self.rows("SELECT name, hash, headline FROM protocols ORDER BY name, hash")

    def _changed(self) -> str:
        """What is called otherwise today among what measured something."""
        from recsys_core.judge.renamed import changed

        told = "".join(changed(row["name"], row["hash"]) for row in self.protocols())
        return f". {told.rstrip(' .')}" if told else ""

    def _hashes(self, protocol: str | None) -> list[str]:
        given = protocol or ""
        return [
            row["hash"]
            for row in self.protocols()
            if given == row["name"] or (len(given) >= SHORTEST_HASH and row["hash"].startswith(given))
        ]

    def version(self, name: str, version: int) -> ModelVersion | None:
        """The version, if it is registered."""
        query = f"SELECT {COLUMNS} FROM versions v WHERE name = ? AND version = ?"  # noqa: S608 - fixed words
        return next(iter(self.versions(self.rows(query, (name, version)))), None)

    def versions(self, rows: Sequence[sqlite3.Row]) -> tuple[ModelVersion, ...]:
        """Rows of COLUMNS with their aliases, parents and headline figures, in the same order."""
        if not rows:
            return ()
        ids = json.dumps([row["id"] for row in rows])
        these = "IN (SELECT value FROM json_each(?))"
        aliases = self._grouped(
            f"SELECT v.id, a.alias FROM versions v JOIN aliases a USING (name, version) WHERE v.id {these} ORDER BY alias",  # noqa: S608 - fixed words
            ids,
        )
        figures = self._grouped(
            f"SELECT * FROM figures WHERE id {these} AND headline ORDER BY id, protocol, hash, metric",  # noqa: S608 - fixed words
            ids,
        )
        parents = self._grouped(
            f"SELECT v.id, p.parent FROM versions v JOIN parents p USING (digest) WHERE v.id {these} ORDER BY parent",  # noqa: S608 - fixed words
            ids,
        )
        return tuple(
            ModelVersion(
                **{key: row[key] for key in row.keys() if key != "id"},  # noqa: SIM118 - a Row iterates over values
                aliases=tuple(found["alias"] for found in aliases.get(row["id"], ())),
                metrics=tuple(_figure(found) for found in figures.get(row["id"], ())),
                parents=tuple(found["parent"] for found in parents.get(row["id"], ())),
            )
            for row in rows
        )

    def _grouped(self, query: str, ids: str) -> dict[int, list[sqlite3.Row]]:
        groups: dict[int, list[sqlite3.Row]] = {}
        for row in self.rows(query, (ids,)):
            groups.setdefault(row["id"], []).append(row)
        return groups

    def history(self, name: str) -> tuple[AliasChange, ...]:
        """Alias changes of a model, oldest first."""
        query = "SELECT name, alias, old, new, by, at FROM alias_history WHERE name = ? ORDER BY id"
        return tuple(AliasChange(**dict(row)) for row in self.rows(query, (name,)))


def _filters(
    equal: Mapping[str, str | None], *, alias: str | None, data: str | None, text: str | None
) -> tuple[list[str], list[str]]:
    where = [f"{column} = ?" for column, value in equal.items() if value is not None]
    values = [value for value in equal.values() if value is not None]
    if alias is not None:
        where.append("(v.name, v.version) IN (SELECT name, version FROM aliases WHERE alias = ?)")
        values.append(alias)
    if data is not None:
        where.append(
            f"(v.data_name = ? OR v.data_hash = ? OR (length(?) >= {SHORTEST_HASH} AND instr(v.data_hash, ?) = 1))"
        )
        values += [data] * 4
    for word in (text or "").lower().split():
        where.append("instr(lower(v.name || ' ' || v.model || ' ' || v.owner || ' ' || v.data_name), ?)")
        values.append(word)
    return where, values


def _figure(row: sqlite3.Row) -> Figure:
    # unchecked: the row was written from a validated manifest, and a page has hundreds of them
    return Figure.model_construct(
        protocol=row["protocol"],
        protocol_hash=row["hash"],
        view=row["view"],
        metric=row["metric"],
        value=Measured.model_construct(mean=row["mean"], low=row["low"], high=row["high"]),
    )


def add_version(
    db: sqlite3.Connection,
    manifest: Manifest,
    *,
    name: str,
    version: int,
    owner: str,
    run_id: str,
    source: str,
) -> None:
    """Write a version's row, its parents and its figures."""
    added = db.execute(
        "INSERT INTO versions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name, version, manifest.kind, str(manifest.facts.get("model", manifest.kind)), manifest.digest, owner,
            manifest.data.name, manifest.data.hash, run_id, manifest.created_at.isoformat(), source,
        ),
    )  # fmt: skip
    _add_manifest(db, manifest)
    _add_figures(db, manifest, row=int(added.lastrowid or 0))


def add_evaluation(
    db: sqlite3.Connection,
    manifest: Manifest,
    *,
    name: str,
    version: int,
    owner: str,
    run_id: str,
    source: str,
) -> None:
    """Write an evaluation of a version and its figures, which replace older ones of the same protocol."""
    db.execute(
        "INSERT INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?)",
        (manifest.digest, name, version, run_id, owner, manifest.created_at.isoformat(), source),
    )
    judged = db.execute("SELECT id FROM versions WHERE name = ? AND version = ?", (name, version)).fetchone()
    _add_manifest(db, manifest)
    _add_figures(db, manifest, row=judged["id"])


def add_move(
    db: sqlite3.Connection, name: str, alias: str, *, old: int | None, new: int | None, by: str, at: str
) -> None:
    """Add a line to the history of aliases."""
    db.execute(
        "INSERT INTO alias_history (name, alias, old, new, by, at) VALUES (?, ?, ?, ?, ?, ?)",
        (name, alias, old, new, by, at),
    )


def _add_manifest(db: sqlite3.Connection, manifest: Manifest) -> None:
    db.execute("INSERT INTO manifests VALUES (?, ?)", (manifest.digest, manifest.to_json()))
    db.executemany(
        "INSERT INTO parents VALUES (?, ?)", [(manifest.digest, parent) for parent in manifest.parents]
    )


def _add_figures(db: sqlite3.Connection, manifest: Manifest, *, row: int) -> None:
    for found in manifest.metrics:
        db.execute(
            "INSERT OR IGNORE INTO protocols VALUES (?, ?, ?)", (found.protocol, found.hash, found.headline)
        )
        rows = [
            (row, found.hash, view, metric, found.protocol, view == found.headline, *_span(value))
            for view, metrics in found.views.items()
            for metric, value in metrics.items()
        ]
        db.executemany("INSERT OR REPLACE INTO figures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _span(value: Measured) -> tuple[float, float | None, float | None]:
    return value.mean, value.low, value.high
