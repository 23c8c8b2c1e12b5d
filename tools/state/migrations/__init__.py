"""Migrations of the state database, run by alembic without any ini file."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

__all__ = ["config", "upgrade"]

# Alembic's `context` and `op` are proxies of the whole process: two upgrades at a time would run on each
# other's connections, and a connection used by two threads crashes the interpreter.
_ONE_AT_A_TIME = threading.Lock()


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, made in code so that it works from an installed wheel."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Migrate to the newest revision inside the caller's transaction."""
    with _ONE_AT_A_TIME:
        command.upgrade(config(connection), "head")
