"""Reading one generation's file from many threads."""

import threading
from pathlib import Path

import pytest

from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.index.store import FILE, Store
from tests.ingest.index.corpora import SMALL

_OPEN = Path("/proc/self/fd")


@pytest.mark.skipif(not _OPEN.exists(), reason="open files are counted in /proc")
def test_threads_that_come_and_go_leave_no_file_open(tmp_path: Path) -> None:
    build_index(SMALL, home=tmp_path, embedder=HashingEmbedder())
    (file,) = tmp_path.rglob(FILE)
    store = Store(file.parent)
    for _ in range(20):
        thread = threading.Thread(target=store.entities)
        thread.start()
        thread.join()

    assert _times_open(file) == 1
    store.close()
    assert _times_open(file) == 0


def _times_open(file: Path) -> int:
    links = [each for each in _OPEN.iterdir() if each.is_symlink()]
    return sum(each.resolve() == file.resolve() for each in links)
