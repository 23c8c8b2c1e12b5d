"""What was asked of the actions, by whom, and what came of it: append-only and hash-chained, in its own file.

Each row's hash covers the hash before it, so an altered, removed or reordered row shows in `verify`. The
triggers stop accidents, not the owner of the file: only a head that was noted elsewhere shows that the last
rows were cut off (`verify(anchor=...)`). The file keeps a rollback journal with `synchronous=FULL` for the
reason given in `tools.state.state`; SQLAlchemy stays out because every call of every action passes here.
"""

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.canonical import canonical
from tools.errors import StateDamaged, StateError
from tools.restoring import refuse_while_restoring

GENESIS = "0" * 64

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE
);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_follow BEFORE INSERT ON entries
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `number` counts from 1, `hash` is SHA-256 over `previous` and the canonical body."""

    number: int
    body: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much was checked. `head` is the last good hash: note `number:head` elsewhere as an anchor."""

    number: int
    head: str
    broken: Broken | None = None

    @property
    def intact(self) -> bool:
        return self.broken is None


class Audit:
    """Open it with `Audit.open`. One writing connection a process, behind a lock; readers open their own."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._writing = threading.Lock()
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "Audit":
        """Open or create the audit at `path`; raises `StateDamaged` for a file that is no database."""
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_while_restoring(path.parent)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StateError(f"{path} cannot be opened for writing: {error.strerror}") from error
        connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=FULL")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name='entries_follow'").fetchone():
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise StateDamaged(
                f"{path} cannot be read as the audit ({error}); keep it for whoever looks into it, and "
                "restore a backup with `cuebook restore` or move it away to begin a new one"
            ) from error
        return cls(connection, path)

    def append(self, body: Mapping[str, Any]) -> Entry:
        """Add a row; it is durable when this returns. Raises `StateError` when it cannot be written."""
        text = canonical(dict(body))
        try:
            with self._writing, _immediate(self._connection):
                number, previous = self._last()
                digest = _hash(previous, text)
                self._connection.execute(
                    "INSERT INTO entries VALUES (?, ?, ?, ?)", (number + 1, text, previous, digest)
                )
        except sqlite3.Error as error:
            raise StateError(f"the audit {self.path} cannot be written: {error}") from error
        return Entry(number + 1, body, previous, digest)

    def head(self) -> str:
        """`number:hash` of the last row, to be noted where the file's owner cannot change it."""
        with self._writing:
            return "{}:{}".format(*self._last())

    def entries(self, *, last: int | None = None) -> tuple[Entry, ...]:
        """The rows in order, or only the `last` ones."""
        with closing(self._reader()) as reader:
            rows = reader.execute(
                "SELECT * FROM (SELECT number, body, previous, hash FROM entries ORDER BY number DESC LIMIT ?) "
                "ORDER BY number",
                (-1 if last is None else last,),
            ).fetchall()
        return tuple(
            Entry(number, json.loads(body), previous, found) for number, body, previous, found in rows
        )

    def verify(self, *, anchor: str | None = None) -> Verdict:
        """Check every row from the first; stops at the first broken one.

        `anchor` is an earlier `head()`: the row it names must still be there with that hash.
        """
        with closing(self._reader()) as reader:
            return verify(reader, anchor=anchor)

    def close(self) -> None:
        self._connection.close()

    def _last(self) -> tuple[int, str]:
        found = self._connection.execute(
            "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return found or (0, GENESIS)

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)


def verify(reader: sqlite3.Connection, *, anchor: str | None = None) -> Verdict:
    """`Audit.verify` over any connection, for a copy that nobody opened for writing."""
    wanted, _, anchored = (anchor or "0:").partition(":")
    if not wanted.isdigit():
        raise StateError(f"{anchor!r} is no anchor; give `number:hash` as an earlier head told it")
    number, head = 0, GENESIS
    for found, body, previous, digest in reader.execute(
        "SELECT number, body, previous, hash FROM entries ORDER BY number"
    ):
        reason = _fault(found, body, previous, digest, after=(number, head))
        if reason is None and anchored and found == int(wanted) and digest != anchored:
            reason = "its hash is not the one that was noted elsewhere"
        if reason is not None:
            return Verdict(number, head, Broken(found, reason))
        number, head = found, digest
    if anchored and number < int(wanted):
        return Verdict(number, head, Broken(number + 1, f"rows {number + 1} to {wanted} are gone"))
    return Verdict(number, head)


def _fault(number: int, body: str, previous: str, digest: str, *, after: tuple[int, str]) -> str | None:
    if number != after[0] + 1:
        return f"row {after[0] + 1} is missing before it"
    if previous != after[1]:
        return "it does not follow the row before it"
    if digest != _hash(previous, body):
        return "its content is not what was written"
    return None


def _hash(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
