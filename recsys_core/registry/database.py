"""A SQLite file of the registry: rows by name, transactions, and what to do when it cannot be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys_core.errors import RegistryUnavailable


class Database:
    """The file at `path`, whose folder is made. advice: what to do when it is damaged. flushed: a commit survives a
    loss of power."""

    def __init__(self, path: Path, *, advice: str, flushed: bool) -> None:
        self.path = path
        self._advice, self._flushed = advice, flushed
        path.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection without a transaction. Raises RegistryUnavailable."""
        try:
            db = sqlite3.connect(self.path, timeout=5, isolation_level=None)
            try:
                db.row_factory = sqlite3.Row
                if self._flushed:
                    db.execute("PRAGMA synchronous = FULL")
                yield db
            finally:
                db.close()
        except sqlite3.DatabaseError as error:
            raise RegistryUnavailable(
                f"{str(self.path)!r} cannot be used: {error}; {self._advice}"
            ) from error

    @contextmanager
    def changed(self) -> Iterator[sqlite3.Connection]:
        """A transaction: everything that is executed in the block is kept, or nothing."""
        with self.connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
