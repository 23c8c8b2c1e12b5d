"""An index is whole or not there, whatever happens to the run that builds it."""

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from ingest.documents import Corpus
from ingest.errors import EmbedderUnavailable, IndexBusy, IngestError
from ingest.index import build, embedding
from ingest.index.build import BuildReport, build_index
from ingest.index.embedders import Vectors
from ingest.index.generations import Generations
from ingest.index.hashing import HashingEmbedder
from ingest.library import Library
from tests.ingest.index.corpora import CARDS, ENTITIES, GATEWAY, RANKER, SMALL, Ada, corpus, page


class CountingEmbedder(HashingEmbedder):
    """Notes what it was asked for; fails at the text `stop`."""

    def __init__(self, *, stop: str = "", failure: BaseException | None = None) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._stop, self._failure = stop, failure

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self._failure and any(self._stop in text for text in texts):
            raise self._failure
        self.asked += texts
        return super().embed(texts)


def indexed(home: Path, read: Corpus = SMALL, *, rebuild: bool = False) -> BuildReport:
    return build_index(read, home=home, embedder=HashingEmbedder(), rebuild=rebuild)


def generations_of(home: Path) -> list[str]:
    return sorted(folder.name for folder in (home / "index" / "generations").iterdir())


def test_counts_and_skipped_are_reported(tmp_path: Path) -> None:
    report = indexed(tmp_path)
    assert report.counts == {"entities": 4, "pages": 2, "sections": 9, "chunks": 5}
    assert report.changed
    assert report.embedded > 0
    assert [skipped.path for skipped in report.skipped] == ["broken.yaml"]


def test_nothing_changed_makes_no_new_generation_and_embeds_nothing(tmp_path: Path) -> None:
    first = indexed(tmp_path)
    embedder = CountingEmbedder()
    again = build_index(SMALL, home=tmp_path, embedder=embedder)
    assert (again.changed, again.generation, again.counts) == (False, first.generation, first.counts)
    assert embedder.asked == []
    assert generations_of(tmp_path) == [first.generation]


def test_only_what_changed_is_embedded_again(tmp_path: Path) -> None:
    indexed(tmp_path)
    changed = page("component:default/ranker", "index.md", {"": "# Ranker\nOrders by mood."}, title="Ranker")
    embedder = CountingEmbedder()
    report = build_index(
        corpus(GATEWAY, changed, entities=ENTITIES, cards=CARDS), home=tmp_path, embedder=embedder
    )
    assert [text for text in embedder.asked if "mood" in text] == embedder.asked
    assert report.embedded == len(embedder.asked) == 1


def test_what_was_deleted_is_not_found_any_more(tmp_path: Path) -> None:
    indexed(tmp_path)
    indexed(tmp_path, corpus(GATEWAY, entities=ENTITIES[:1], cards=CARDS[:1]))
    library = Library.open(tmp_path, embedder=HashingEmbedder())
    hits = library.search("popular shelf for new listeners", principal=Ada())
    assert {str(hit.section.entity) for hit in hits} == {"component:default/gateway"}
    library.close()


def test_a_rebuild_embeds_everything_again(tmp_path: Path) -> None:
    first = indexed(tmp_path)
    again = indexed(tmp_path, rebuild=True)
    assert again.generation != first.generation
    assert (again.embedded, again.cached) == (first.embedded + first.cached, 0)


def test_another_embedder_builds_another_generation(tmp_path: Path) -> None:
    indexed(tmp_path)
    report = build_index(SMALL, home=tmp_path, embedder=HashingEmbedder(dimension=64))
    assert report.changed
    assert report.cached == 0


def test_the_generation_before_the_current_one_is_kept_and_older_ones_go(tmp_path: Path) -> None:
    made = [indexed(tmp_path, rebuild=True).generation for _ in range(4)]
    assert generations_of(tmp_path) == sorted(made[-2:])


def test_a_second_build_at_the_same_time_is_refused_by_process_number(tmp_path: Path) -> None:
    with Generations(tmp_path).lock(), pytest.raises(IndexBusy, match=f"process {os.getpid()} is building"):
        indexed(tmp_path)
    assert indexed(tmp_path).changed


@pytest.mark.parametrize("failure", [EmbedderUnavailable("is down"), KeyboardInterrupt(), MemoryError()])
def test_a_run_that_stops_leaves_the_old_index_and_keeps_what_it_embedded(
    tmp_path: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "_BATCH", 1)
    first = indexed(tmp_path, corpus(RANKER, entities=ENTITIES, cards=CARDS))
    with pytest.raises(type(failure)):
        build_index(SMALL, home=tmp_path, embedder=CountingEmbedder(stop="vault", failure=failure))
    assert Generations(tmp_path).current() == first.generation
    assert generations_of(tmp_path) == [first.generation]
    resumed = CountingEmbedder()
    build_index(SMALL, home=tmp_path, embedder=resumed)
    assert any("vault" in text for text in resumed.asked)
    assert not any("staleness" in text for text in resumed.asked)


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_full_disk_is_named_and_the_old_index_stays(
    tmp_path: Path, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = indexed(tmp_path)

    def full(*_arguments: object, **_options: object) -> None:
        raise failure

    monkeypatch.setattr(build, "write_vectors", full)
    with pytest.raises(IngestError, match="no space is left on the disk of") as raised:
        indexed(tmp_path, rebuild=True)
    assert str(tmp_path / "index") in str(raised.value)
    assert generations_of(tmp_path) == [first.generation]


def test_a_damaged_generation_is_built_anew(tmp_path: Path) -> None:
    first = indexed(tmp_path)
    (tmp_path / "index" / "generations" / first.generation / "library.sqlite").write_bytes(b"gone")
    shutil.rmtree(tmp_path / "index" / "generations" / first.generation / "vectors")
    assert indexed(tmp_path).changed


def test_a_damaged_embedding_cache_is_only_a_cache(tmp_path: Path) -> None:
    indexed(tmp_path)
    (tmp_path / "index" / "embeddings.sqlite").write_bytes(b"not a database, and long enough to look" * 40)
    report = indexed(tmp_path, corpus(GATEWAY, entities=ENTITIES))
    assert report.embedded > 0


def test_progress_tells_stages_and_ends_complete(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build_index(
        SMALL,
        home=tmp_path,
        embedder=HashingEmbedder(),
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    last = {stage: (done, total) for stage, done, total in told}
    assert {"Embedding", "Writing the index"} <= last.keys()
    assert all(done == total for done, total in last.values())


def test_a_page_listed_twice_and_dates_in_the_catalog_do_no_harm(tmp_path: Path) -> None:
    dated = replace(ENTITIES[0], metadata={"name": "gateway", "since": date(2026, 1, 1)})
    read = corpus(GATEWAY, GATEWAY, entities=[dated])
    assert indexed(tmp_path, read).counts["sections"] == 3
    assert not indexed(tmp_path, read).changed


_KILLED = """
import sys, os, signal
from pathlib import Path
from ingest.index import build
from ingest.index.hashing import HashingEmbedder
from tests.ingest.index.corpora import SMALL
written = build.write_vectors
def killed(*arguments, **options):
    written(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
build.write_vectors = killed
build.build_index(SMALL, home=Path(sys.argv[1]), embedder=HashingEmbedder(), rebuild=True)
"""


@pytest.mark.integration
def test_a_killed_build_leaves_the_old_index_and_no_lock(tmp_path: Path) -> None:
    first = indexed(tmp_path)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert Generations(tmp_path).current() == first.generation
    assert len(generations_of(tmp_path)) == 2
    library = Library.open(tmp_path, embedder=HashingEmbedder())
    assert library.search("drain the shard", principal=Ada())
    library.close()
    report = indexed(tmp_path, rebuild=True)
    assert generations_of(tmp_path) == sorted([first.generation, report.generation])


def test_only_what_changed_is_cut_again(tmp_path: Path) -> None:
    class Counting(HashingEmbedder):
        counted = 0

        def count_tokens(self, text: str) -> int:
            Counting.counted += 1
            return super().count_tokens(text)

    long = {f"part-{number}": f"word{number} " * 200 for number in range(20)}
    build_index(corpus(page("component:default/ranker", "long.md", long)), home=tmp_path, embedder=Counting())
    first, Counting.counted = Counting.counted, 0
    changed = page("component:default/ranker", "long.md", {**long, "part-3": "other " * 200})
    build_index(corpus(changed), home=tmp_path, embedder=Counting())
    assert 0 < Counting.counted <= first / 10


def test_pages_are_cut_while_others_are_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_BATCH", 8)  # texts: breadcrumbs and chunks of four sections
    begun, cut, met = Event(), Event(), []

    class Meeting(HashingEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            begun.set()
            if any("word0 " in text for text in texts):
                met.append(cut.wait(10))
            return super().embed(texts)

        def count_tokens(self, text: str) -> int:
            if "word5 " in text:
                cut.set()
            if "word19 " in text:
                met.append(begun.wait(10))
            return super().count_tokens(text)

    long = {f"part-{number}": f"word{number} " * 200 for number in range(20)}
    build_index(corpus(page("component:default/ranker", "long.md", long)), home=tmp_path, embedder=Meeting())
    assert met
    assert all(met)


def test_a_damaged_text_cache_is_only_a_cache(tmp_path: Path) -> None:
    build_index(SMALL, home=tmp_path, embedder=HashingEmbedder())
    (found,) = tmp_path.rglob("texts.sqlite")
    found.write_bytes(b"not a database" * 100)
    again = build_index(corpus(GATEWAY), home=tmp_path, embedder=HashingEmbedder())
    assert again.counts["pages"] == 1
