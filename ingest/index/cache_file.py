"""The SQLite file of a cache: what it held can be computed again, so a damaged one is made anew."""

import sqlite3
from pathlib import Path


def opened(path: Path, *, schema: str) -> sqlite3.Connection:
    """The file at `path` with its one table. Raises `sqlite3.OperationalError` where it is locked, full or not permitted."""
    try:
        return _connected(path, schema)
    except sqlite3.OperationalError:  # the file itself is fine
        raise
    except sqlite3.DatabaseError:
        path.unlink()
        return _connected(path, schema)


def _connected(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute(schema)
    except BaseException:
        connection.close()
        raise
    return connection
