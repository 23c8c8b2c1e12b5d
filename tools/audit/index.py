"""What makes a query quick: two tables beside the chain, made of its rows and made anew from them at any time.

The chain does not cover them. Whoever doubts them has them made anew, after `verify`.
"""

import json
import sqlite3
from collections.abc import Iterable

from tools.audit.touched import keys_of
from tools.redaction import storable

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    effect TEXT NOT NULL,
    denied INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS touched (
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (key, number)
) WITHOUT ROWID;
"""
_DENIED = frozenset(
    (
        "denied",
        "not_allowed",
        "may_not_decide",
        "proof_refused",
        "locked_out",
        "limit_reached",
        "plan_rejected",
    )
)
_FACTS = ("at", "principal", "action", "kind", "outcome", "effect")
_AT_ONCE = 2_000


def filed(connection: sqlite3.Connection) -> int:
    """The number of the last row that is filed."""
    found: int = connection.execute("SELECT coalesce(max(number), 0) FROM facts").fetchone()[0]
    return found


def catch_up(connection: sqlite3.Connection) -> bool:
    """File the next rows, inside the caller's transaction; false when there were none left."""
    rows = connection.execute(
        "SELECT number, body FROM entries WHERE number > ? ORDER BY number LIMIT ?",
        (filed(connection), _AT_ONCE),
    ).fetchall()
    _add(connection, rows)
    return bool(rows)


def forget(connection: sqlite3.Connection) -> None:
    """Empty the index; `catch_up` makes it anew."""
    connection.execute("DELETE FROM facts")
    connection.execute("DELETE FROM touched")


def _add(connection: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    facts, touched = [], []
    for number, text in rows:
        body = json.loads(text)
        values = tuple(storable(str(body.get(name) or "")) for name in _FACTS)
        denied = body.get("decision") == "deny" or body.get("outcome") in _DENIED
        facts.append((number, *values, int(denied)))
        touched += [(key, number) for key in dict.fromkeys(map(storable, keys_of(body)))]
    connection.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", facts)
    connection.executemany("INSERT INTO touched VALUES (?, ?)", touched)
