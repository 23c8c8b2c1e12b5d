"""The tables of `questions.db`. `user_version` counts the migrations that a file has had."""

import secrets
import sqlite3

from tools.errors import StateNewer

_MIGRATIONS = (
    """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE asked (
        id TEXT PRIMARY KEY, at REAL NOT NULL, question TEXT NOT NULL, standalone TEXT NOT NULL, asker TEXT NOT NULL,
        teams TEXT NOT NULL, door TEXT NOT NULL, outcome TEXT NOT NULL, produced_by TEXT NOT NULL,
        confidence REAL NOT NULL, context TEXT NOT NULL, cited TEXT NOT NULL, nearest TEXT NOT NULL,
        flagged TEXT NOT NULL, entities TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX asked_at ON asked (at);
    CREATE TABLE ratings (
        answer TEXT NOT NULL REFERENCES asked (id) ON DELETE CASCADE, rater TEXT NOT NULL, helpful INTEGER NOT NULL,
        comment TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (answer, rater)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE again (
        question TEXT NOT NULL, generation TEXT NOT NULL, at REAL NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
        cited TEXT NOT NULL, PRIMARY KEY (question, generation)
    ) WITHOUT ROWID;
    CREATE INDEX again_at ON again (at);
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to this version. Raises `StateNewer` for a file of a newer one."""
    found = _version(connection)
    if found == len(_MIGRATIONS):
        return
    if found > len(_MIGRATIONS):
        raise StateNewer(
            f"the log of questions was written by a newer version (its schema is {found}, the newest known here is "
            f"{len(_MIGRATIONS)}); upgrade cuebook, or restore a backup made with this version"
        )
    connection.execute("BEGIN IMMEDIATE")  # another process may have migrated meanwhile
    for number in range(_version(connection), len(_MIGRATIONS)):
        for statement in filter(str.strip, _MIGRATIONS[number].split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number + 1}")
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('key', ?)", (secrets.token_bytes(16),))
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
