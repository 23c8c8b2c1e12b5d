"""Versions in MLflow that somebody else registered: listed with their runs' metrics, which no protocol of ours judged.

They live in a file of their own, a copy that can be thrown away, so that none of their figures can ever stand beside a
judged one. A sync lists what there is, which is cheap, and reads the runs of what is new or still running, some at a time;
what it could not read yet is counted. When MLflow does not answer, what was read before stays, and the failure is kept.
"""

import json
import re
import sqlite3
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys_core.config import Config
from recsys_core.errors import RegistryUnavailable
from recsys_core.registry.database import Database
from recsys_core.registry.mlflow_store import MlflowStore, OtherVersion

MOST, READ, SECONDS = 20_000, 500, 20.0  # versions listed, runs read and seconds spent on runs, in one sync
METRICS, LONGEST = 100, 250  # metrics kept of a run; characters of any text of theirs
_VERSION = 1
_INFINITE = 1.7976931348623157e308  # how MLflow stores an infinity; and no comparison with NaN holds
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SCHEMA = """
CREATE TABLE versions (
    name TEXT, version INTEGER, run_id TEXT NOT NULL, by TEXT NOT NULL, description TEXT NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, run_status TEXT, metrics TEXT, more INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (name, version));
CREATE TABLE aliases (name TEXT, alias TEXT, version INTEGER NOT NULL, PRIMARY KEY (name, alias));
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), synced REAL, tried REAL, problem TEXT NOT NULL, cut INTEGER NOT NULL);
INSERT INTO state VALUES (1, NULL, NULL, '', 0);
"""


class UnjudgedVersion(Config):
    """A version that was registered elsewhere. metrics: the last value of each of its run's, by name, under no protocol;
    `more_metrics` that many are not shown, for want of room or because they are no number. run_status is empty while
    the run was not read."""

    name: str
    version: int
    aliases: tuple[str, ...]
    run_id: str
    run_status: str
    metrics: dict[str, float]
    more_metrics: int
    by: str
    description: str
    created_at: str

    @property
    def ref(self) -> str:
        return f"{self.name}:{self.version}"


class SyncState(Config):
    """When MLflow was last read whole, and what went wrong since. unread: versions whose run was not read yet."""

    synced_at: str | None
    tried: float | None
    problem: str
    unread: int


class Others:
    """The copy at `path`; one of another layout is made anew."""

    def __init__(self, path: Path, store: MlflowStore) -> None:
        advice = "it is a copy, so delete it and read MLflow again"
        self._database, self._store = Database(path, advice=advice, flushed=False), store
        with self._database.changed() as db:
            if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                for table in ("versions", "aliases", "state"):
                    db.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in _SCHEMA.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {_VERSION}")

    def sync(self, ours: Collection[str], *, read: int = READ, seconds: float = SECONDS) -> SyncState:
        """Read MLflow again; `ours` are digests of what cuebook registered here. A failure is kept, not raised."""
        try:
            aliases, versions, cut = self._listed(ours)
            self._take(aliases, versions, cut=cut)
            self._read_runs(read, time.monotonic() + seconds)
        except RegistryUnavailable as error:
            with self._database.changed() as db:
                db.execute("UPDATE state SET tried = ?, problem = ?", (time.time(), _plain(str(error))))
        return self.state()

    def state(self) -> SyncState:
        with self._database.connected() as db:
            row = db.execute("SELECT * FROM state").fetchone()
            unread = db.execute("SELECT count(*) FROM versions WHERE metrics IS NULL").fetchone()[0]
        problem = row["problem"]
        if not problem and row["cut"]:
            problem = f"MLflow has more than {MOST:,} versions; the first {MOST:,} of them were read"
        synced = row["synced"]
        return SyncState(
            synced_at=None if synced is None else datetime.fromtimestamp(synced, UTC).isoformat(),
            tried=row["tried"],
            problem=problem,
            unread=unread,
        )

    def query(
        self,
        *,
        text: str | None = None,
        name: str | None = None,
        alias: str | None = None,
        by_name: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[int, tuple[UnjudgedVersion, ...]]:
        """How many fit, and a part of them, newest first or by name. text: words in name, description or author."""
        where, values = ["1"], list[Any]()
        for word in (text or "").lower().split():
            where.append("instr(lower(v.name || ' ' || v.description || ' ' || v.by), ?)")
            values.append(word)
        if name is not None:
            where.append("v.name = ?")
            values.append(name)
        if alias is not None:
            where.append("(v.name, v.version) IN (SELECT name, version FROM aliases WHERE alias = ?)")
            values.append(alias)
        clause = f"FROM versions v WHERE {' AND '.join(where)}"
        order = "v.name, v.version DESC" if by_name else "v.created DESC, v.name, v.version DESC"
        with self._database.connected() as db:
            total = db.execute(f"SELECT count(*) {clause}", values).fetchone()[0]
            rows = db.execute(
                f"SELECT v.* {clause} ORDER BY {order} LIMIT ? OFFSET ?", [*values, limit, offset]
            )
            return total, tuple(_version(row, _aliases(db, row)) for row in rows.fetchall())

    def _listed(self, ours: Collection[str]) -> tuple[list[tuple[str, str, int]], list[OtherVersion], bool]:
        versions, cut = self._store.every_version(most=MOST)
        others = [found for found in versions if found.digest not in ours]
        held = {(found.name, found.version) for found in others}
        aliases = [
            (_plain(name), _plain(alias), version)
            for name, named in self._store.models()
            for alias, version in named.items()
            if (name, version) in held
        ]
        return aliases, others, cut

    def _take(
        self, aliases: Sequence[tuple[str, str, int]], versions: Sequence[OtherVersion], *, cut: bool
    ) -> None:
        """One transaction: readers see the old list or the new one. A version that did not change keeps its metrics."""
        rows = [
            (
                _plain(found.name), found.version, found.run_id, _plain(found.by), _plain(found.description),
                found.created, found.updated,
            )
            for found in versions
        ]  # fmt: skip
        with self._database.changed() as db:
            db.execute("CREATE TEMP TABLE found (name TEXT, version INTEGER, PRIMARY KEY (name, version))")
            db.executemany("INSERT OR IGNORE INTO found VALUES (?, ?)", [row[:2] for row in rows])
            db.execute("DELETE FROM versions WHERE (name, version) NOT IN (SELECT name, version FROM found)")
            db.executemany(
                "INSERT INTO versions (name, version, run_id, by, description, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET run_id = excluded.run_id, by = excluded.by, description = excluded.description, "
                "updated = excluded.updated, metrics = NULL, run_status = NULL WHERE updated != excluded.updated",
                rows,
            )
            db.execute("DELETE FROM aliases")
            db.executemany("INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)", aliases)
            db.execute("DROP TABLE found")
            now = time.time()
            db.execute("UPDATE state SET synced = ?, tried = ?, problem = '', cut = ?", (now, now, cut))

    def _read_runs(self, most: int, until: float) -> None:
        """The newest first; a run that is still going is read again at the next sync."""
        with self._database.connected() as db:
            waiting = db.execute(
                "SELECT name, version, run_id FROM versions WHERE metrics IS NULL OR run_status IN ('RUNNING', 'SCHEDULED') "
                "ORDER BY metrics IS NOT NULL, created DESC LIMIT ?",
                (most,),
            ).fetchall()
        for row in waiting:
            if time.monotonic() > until:
                return
            status, metrics = self._store.run_metrics(row["run_id"]) if row["run_id"] else ("NONE", {})
            finite = {_plain(name): value for name, value in metrics.items() if abs(value) < _INFINITE}
            shown = dict(sorted(finite.items())[:METRICS])
            with self._database.changed() as db:
                db.execute(
                    "UPDATE versions SET metrics = ?, run_status = ?, more = ? WHERE name = ? AND version = ?",
                    (json.dumps(shown), status, len(metrics) - len(shown), row["name"], row["version"]),
                )


def _aliases(db: sqlite3.Connection, row: sqlite3.Row) -> tuple[str, ...]:
    query = "SELECT alias FROM aliases WHERE name = ? AND version = ? ORDER BY alias"
    return tuple(found["alias"] for found in db.execute(query, (row["name"], row["version"])))


def _version(row: sqlite3.Row, aliases: tuple[str, ...]) -> UnjudgedVersion:
    return UnjudgedVersion(
        name=row["name"],
        version=row["version"],
        aliases=aliases,
        run_id=row["run_id"],
        run_status=row["run_status"] or "",
        metrics=json.loads(row["metrics"] or "{}"),
        more_metrics=row["more"],
        by=row["by"],
        description=row["description"],
        created_at=datetime.fromtimestamp(row["created"] / 1000, UTC).isoformat(),
    )


def _plain(text: str) -> str:
    """What others wrote, as one bounded line without invisible characters."""
    return _CONTROL.sub(" ", text)[:LONGEST].strip()
