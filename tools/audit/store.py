"""The audit's file: one writing connection a process, and a thread that writes what may wait a moment.

What has an effect, or might have had one, is durable before anything goes on (`append`). Reads come by the
thousand and change nothing: their rows are collected for half a second and written together
(`append_soon`), so that a crash may lose the rows of the last reads and nothing else. A row that is appended at
once takes those that wait along, so the order stays.

The triggers stop accidents, not the owner of the file. It keeps a rollback journal with `synchronous=FULL` for
the reason given in `tools.state.state`, truncated rather than removed because that costs less; SQLAlchemy stays
out because every call of every action passes here.
"""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tools.audit import index
from tools.audit.chain import GENESIS, SCHEMA, Entry, Verdict, link, verify
from tools.audit.query import Found, Wanted, find
from tools.canonical import canonical
from tools.collecting import Collecting
from tools.errors import StateDamaged, StateError
from tools.restoring import refuse_while_restoring

_LOG = logging.getLogger(__name__)
_WINDOW = 0.5  # seconds that rows of reads are collected
_MOST_WAITING = 10_000
_WAIT = 20  # seconds for another process to end its write; a busy machine takes long
_FILED_TOGETHER = 100  # rows; a query files the rest
_TABLES = ("entries_follow", "facts", "touched")


class Audit:
    """Open it with `Audit.open`, and close it. Safe to use from several threads; several processes share the file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._writing = threading.RLock()
        self._soon = Collecting[tuple[Mapping[str, Any], str]](self.flush, what="calls", window=_WINDOW)
        self._noted = ""
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
        connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=TRUNCATE")
            connection.execute("PRAGMA synchronous=FULL")
            names = f"({', '.join('?' * len(_TABLES))})"
            there = connection.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN {names}", _TABLES)  # noqa: S608 - marks only
            if there.fetchone()[0] < len(_TABLES):
                connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {index.SCHEMA} COMMIT;")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise StateDamaged(
                f"{path} cannot be read as the audit ({error}); keep it for whoever looks into it, and "
                "restore a backup with `cuebook restore` or move it away to begin a new one"
            ) from error
        return cls(connection, path)

    def append(self, body: Mapping[str, Any], text: str = "") -> Entry:
        """Add a row; it is durable when this returns. `text` is its canonical JSON for whoever has it already.

        Raises `StateError` when it cannot be written.
        """
        return self._write([(body, text or canonical(dict(body)))])[-1]

    def append_soon(self, body: Mapping[str, Any], text: str = "") -> None:
        """Add a row that may be lost in a crash within the next moment; costs no wait for the disk. `text` as above.

        Raises `StateError` when so many rows wait that the disk must have stopped taking them.
        """
        row = (body, text or canonical(dict(body)))
        if self._soon.closed:
            raise StateError(
                f"the audit {self.path} is closed; a row of {body.get('action')!r} was not written"
            )
        self._soon.add(row)
        if len(self._soon) > _MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Make durable what waits. Raises `StateError` when it cannot be written; it goes on waiting then."""
        self._write([])

    def head(self) -> str:
        """`number:hash` of the last row, to be noted where the file's owner cannot change it."""
        self.flush()
        with self._writing:
            return "{}:{}".format(*self._last())

    def entries(self, *, last: int | None = None) -> tuple[Entry, ...]:
        """The rows in order, or only the `last` ones."""
        self.flush()
        with closing(self._reader()) as reader:
            rows = reader.execute(
                "SELECT * FROM (SELECT number, body, previous, hash FROM entries ORDER BY number DESC LIMIT ?) "
                "ORDER BY number",
                (-1 if last is None else last,),
            ).fetchall()
        return tuple(
            Entry(number, json.loads(body), previous, found) for number, body, previous, found in rows
        )

    def find(self, wanted: Wanted) -> Found:
        """The rows that are wanted, newest first. Raises `ValueError` for a date that is none."""
        self.flush()
        self.reindex(anew=False)
        with closing(self._reader()) as reader:
            return find(reader, wanted)

    def reindex(self, *, anew: bool = True) -> None:
        """File the rows that are not yet, or with `anew` all of them. The chain stays as it is."""
        try:
            with self._writing, _immediate(self._connection):
                if anew:
                    index.forget(self._connection)
                while index.catch_up(self._connection):
                    pass
        except sqlite3.Error as error:
            raise StateError(f"the audit {self.path} cannot be written: {error}") from error

    def verify(self, *, anchor: str | None = None) -> Verdict:
        """See `tools.audit.chain.verify`."""
        self.flush()
        with closing(self._reader()) as reader:
            return verify(reader, anchor=anchor)

    def close(self) -> None:
        """Write what waits and close the file; what cannot be written is logged."""
        self._soon.close()
        with suppress(
            sqlite3.Error
        ):  # an empty journal beside the file looks like a crash; another process may use it
            self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()

    def _write(self, rows: Sequence[tuple[Mapping[str, Any], str]]) -> tuple[Entry, ...]:
        with self._writing:
            waiting = self._soon.take()
            if not (waiting or rows):
                return ()
            try:
                with _immediate(self._connection):
                    entries = self._insert([*waiting, *rows])
            except sqlite3.Error as error:
                self._soon.put_back(waiting)
                raise StateError(f"the audit {self.path} cannot be written: {error}") from error
            self._note_daily(entries[-1])
        return entries

    def _insert(self, rows: Sequence[tuple[Mapping[str, Any], str]]) -> tuple[Entry, ...]:
        number, previous = self._last()
        entries, values = [], []
        for body, text in rows:
            digest = link(previous, text)
            number += 1
            entries.append(Entry(number, body, previous, digest))
            values.append((number, text, previous, digest))
            previous = digest
        self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", values)
        if number - index.filed(self._connection) >= _FILED_TOGETHER:
            index.catch_up(self._connection)
        return tuple(entries)

    def _note_daily(self, entry: Entry) -> None:
        """The logs go elsewhere, so the head in them once a day is an anchor that nobody has to think of."""
        today = time.strftime("%Y-%m-%d", time.gmtime())
        if today != self._noted:
            self._noted = today
            _LOG.info("audit anchor %d:%s", entry.number, entry.hash)

    def _last(self) -> tuple[int, str]:
        found = self._connection.execute(
            "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return found or (0, GENESIS)

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT)


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
