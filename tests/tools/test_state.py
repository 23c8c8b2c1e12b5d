"""The state database: migrated, quickly opened, never half-written."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from tools.errors import StateDamaged, StateError, StateNewer
from tools.state import State
from tools.state.migrations import config
from tools.state.tables import METADATA, REVISION


def test_migrations_lead_to_the_declared_tables(state: State) -> None:
    with state.read() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), METADATA
        )
    assert found == []
    assert ScriptDirectory.from_config(config()).get_current_head() == REVISION


_STARTING = """
import sys
from pathlib import Path
from tools import Actions
Actions.discover()
assert "sqlalchemy" not in sys.modules
from tools.state import State
State.open(Path(sys.argv[1])).close()
assert "alembic" not in sys.modules
"""


def test_listing_actions_loads_no_database_and_opening_one_loads_no_migrations(state: State) -> None:
    command = [sys.executable, "-c", _STARTING, str(state.path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")


def test_the_file_keeps_the_settings_that_this_sqlite_needs(state: State) -> None:
    with state.read() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert values == ["delete", 2, 1, 20000]
    assert state.path.stat().st_mode & 0o077 == 0


def test_a_file_of_a_newer_version_is_refused_and_untouched(state: State) -> None:
    with state.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StateNewer, match=r"newer version .*'9999'.*upgrade cuebook"):
        State.open(state.path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database, but long enough to have a header" * 100)
    with pytest.raises(StateDamaged, match=r"state\.db cannot be read"):
        State.open(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    with pytest.raises(StateError, match="cannot be opened for writing"):
        State.open(tmp_path / "state.db")


def test_a_migration_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrade_and_break(connection: object) -> None:
        upgrade(connection)  # type: ignore[arg-type]  # passed through
        raise RuntimeError("killed")

    from tools.state.migrations import upgrade

    monkeypatch.setattr("tools.state.migrations.upgrade", upgrade_and_break)
    with pytest.raises(RuntimeError):
        State.open(tmp_path / "state.db")
    reader = sqlite3.connect(tmp_path / "state.db")
    assert reader.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    reader.close()


def test_many_may_open_a_fresh_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: State.open(tmp_path / "state.db"), range(4)))
    for each in opened:
        with each.read() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [
                REVISION
            ]
        each.close()


def test_several_fresh_files_may_be_made_at_once_in_one_process(tmp_path: Path) -> None:
    """Alembic's proxies are global: without a lock one migration runs on another's connection."""
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda n: State.open(tmp_path / f"{n}.db"), range(8)))
    for each in opened:
        with each.read() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [
                REVISION
            ]
        each.close()


def test_a_full_disk_is_named_and_nothing_half_written(state: State) -> None:
    rows = text("SELECT count(*) FROM contexts")
    insert = text("INSERT INTO contexts VALUES ('h', 'p', :turns, 0, 0)")
    with (
        pytest.raises(StateError, match=rf"{state.path.name} cannot be written: .*full"),
        state.write() as full,
    ):
        full.exec_driver_sql("PRAGMA max_page_count = 1")
        full.execute(insert, {"turns": "x" * 1_000_000})
    with state.read() as connection:
        assert connection.execute(rows).scalar() == 0


def test_a_failed_transaction_is_undone_and_the_next_one_works(state: State) -> None:
    insert = text("INSERT INTO contexts VALUES ('h', 'p', '[]', 0, 0)")
    with pytest.raises(RuntimeError), state.write() as connection:
        connection.execute(insert)
        raise RuntimeError
    with state.write() as connection:
        connection.execute(insert)
