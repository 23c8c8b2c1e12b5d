"""A process that is killed while MLflow's tables are made leaves a home whose registry opens."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsys_core.registry.mlflow_store import MlflowStore

_OPEN = """
import sys
from recsys_core.registry.mlflow_store import MlflowStore
list(MlflowStore(sys.argv[1], artifacts="").models())
"""
_SOON = 60.0  # seconds


def _begun(folder: Path) -> bool:
    """Whether some of the tables are written, in whichever file."""
    return any(_size(found) > 100_000 for found in folder.iterdir())


def _size(file: Path) -> int:
    """Bytes; 0 when it is gone, as a journal is after each of the database's transactions."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.mark.integration
def test_a_process_killed_while_it_makes_the_tables_leaves_a_registry_that_opens(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with subprocess.Popen([sys.executable, "-c", _OPEN, uri]) as process:
        patience = time.monotonic() + _SOON
        while not _begun(tmp_path) and time.monotonic() < patience:
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
    assert not (tmp_path / "mlflow.db").exists()
    store = MlflowStore(uri, artifacts="")
    assert list(store.models()) == []
    store.client.create_registered_model("knn")
    assert [name for name, _ in store.models()] == ["knn"]
    assert sorted(found.name for found in tmp_path.iterdir()) == [".mlflow.db.lock", "mlflow.db"]
