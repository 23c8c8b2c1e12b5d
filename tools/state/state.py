"""The state database: one SQLite file, opened quickly, written by one transaction at a time.

Several processes open it (a server, a command line, an MCP client's child), so it keeps a rollback journal
with `synchronous=FULL`: SQLite versions before 3.51.3 may damage a WAL file when two connections write and
checkpoint at once, and a lost commit would let an effect happen twice.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from tools.errors import StateDamaged, StateError, StateNewer
from tools.restoring import refuse_while_restoring
from tools.state.approvals import Approvals
from tools.state.attempts import Attempts
from tools.state.jobs import JobRows
from tools.state.plans import Plans
from tools.state.playbooks import PlaybookRuns
from tools.state.tables import REVISION

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


class State:
    """Open it with `State.open`; `read` and `write` give connections inside a transaction."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._writing = threading.Lock()
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "State":
        """Open or create the database at `path`, migrated to this version.

        Raises `StateNewer` for a file of a newer version and `StateDamaged` for one that is no database.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_while_restoring(path.parent)
        _create_private(path)
        state = cls(_engine(path), path)
        try:
            if state._revision() != REVISION:
                state._migrate()
        except (DatabaseError, sqlite3.DatabaseError) as error:
            state.close()
            raise StateDamaged(
                f"{path} cannot be read as the state database ({error.__cause__ or error}); "
                "restore it with `cuebook restore`, or move it away to begin anew"
            ) from error
        except BaseException:
            state.close()
            raise
        return state

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first statement, and commits at its end.

        Raises `StateError` when the file cannot be written: a full disk, or another process that holds it.
        """
        try:
            with (
                self._writing,
                self._engine.connect().execution_options(immediate=True) as connection,
                connection.begin(),
            ):
                yield connection
        except OperationalError as error:
            raise StateError(
                f"{self.path} cannot be written: {error.orig}; nothing of it was kept"
            ) from error

    @cached_property
    def plans(self) -> Plans:
        return Plans(self)

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(self)

    @cached_property
    def attempts(self) -> Attempts:
        return Attempts(self)

    @cached_property
    def jobs(self) -> JobRows:
        return JobRows(self)

    @cached_property
    def playbooks(self) -> PlaybookRuns:
        return PlaybookRuns(self)

    def close(self) -> None:
        self._engine.dispose()

    def _revision(self) -> str | None:
        with self.read() as connection:
            return _revision_of(connection)

    def _migrate(self) -> None:
        with self.write() as connection:
            found = _revision_of(connection)  # another process may have migrated meanwhile
            if found is not None and found not in known_revisions():
                raise StateNewer(
                    f"{self.path} was written by a newer version (its schema is {found!r}, the newest known "
                    f"here is {REVISION!r}); upgrade cuebook, or restore a backup made with this version"
                )
            if found != REVISION:
                from tools.state.migrations import upgrade

                upgrade(connection)


def known_revisions() -> frozenset[str]:
    """The schema revisions that this version can open."""
    return frozenset(path.name.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*.py"))


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateError(f"{path} cannot be opened for writing: {error.strerror}") from error


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path.resolve().as_posix()}", connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("busy_timeout=20000", "journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver would begin late and deferred: a read that turns into a write then fails as locked.
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _revision_of(connection: Connection) -> str | None:
    exists = connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    ).scalar()
    if not exists:
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(found) if found is not None else None
