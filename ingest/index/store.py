"""One generation's `library.sqlite`: entities, pages and sections verbatim, their chunks, and keyword search of the catalog.

Written once by a build, then only read, over as many connections as threads read at the same time; none can write.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ingest.documents import Corpus, Page, Section
from ingest.entities import Entity
from ingest.errors import IndexDamaged
from ingest.index import keywords, records

Found = TypeVar("Found")
SCHEMA = 3
FILE = "library.sqlite"

_TABLES = """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE entities (id INTEGER PRIMARY KEY, ref TEXT NOT NULL, record TEXT NOT NULL);
    CREATE TABLE pages (id INTEGER PRIMARY KEY, entity TEXT NOT NULL, path TEXT NOT NULL, title TEXT NOT NULL,
        record TEXT NOT NULL, UNIQUE (entity, path));
    CREATE TABLE sections (id INTEGER PRIMARY KEY, entity TEXT NOT NULL, path TEXT, anchor TEXT NOT NULL,
        digest TEXT NOT NULL, record TEXT NOT NULL);
    CREATE TABLE chunks (id INTEGER PRIMARY KEY, section INTEGER NOT NULL, vector TEXT NOT NULL);
"""
_INDEXES = """
    CREATE INDEX section_at ON sections (entity, path, anchor);
"""


def write_store(
    folder: Path,
    corpus: Corpus,
    *,
    sections: Sequence[Section],
    vectors_of: Mapping[int, Sequence[str]],
    facts: Mapping[str, Any],
) -> None:
    """Write the file into `folder`. Row ids of sections are their places in `sections`.

    `vectors_of` names the vectors of a section's chunks, by row id; `facts` are JSON-able.
    """
    connection = sqlite3.connect(folder / FILE)
    try:
        # Nobody reads the file before the pointer names it, so a crash may leave it half written.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        connection.execute("BEGIN")
        _insert(connection, corpus, sections, vectors_of)
        connection.executemany(
            "INSERT INTO facts VALUES (?, ?)", ((name, json.dumps(value)) for name, value in facts.items())
        )
        keywords.create(connection)
        keywords.insert(connection, enumerate(sections))
        connection.commit()
        connection.executescript(_INDEXES)
    finally:
        connection.close()


def _insert(
    connection: sqlite3.Connection,
    corpus: Corpus,
    sections: Sequence[Section],
    vectors_of: Mapping[int, Sequence[str]],
) -> None:
    connection.executemany(
        "INSERT INTO entities (ref, record) VALUES (?, ?)",
        ((str(entity.ref), records.entity_record(entity)) for entity in corpus.entities),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO pages (entity, path, title, record) VALUES (?, ?, ?, ?)",
        (
            (str(page.entity), page.path, records.storable(page.title), records.page_record(page))
            for page in corpus.pages
        ),
    )
    connection.executemany(
        "INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?)",
        (
            (row, str(s.entity), s.path, s.anchor, s.content_hash, records.section_record(s))
            for row, s in enumerate(sections)
        ),
    )
    connection.executemany(
        "INSERT INTO chunks (section, vector) VALUES (?, ?)",
        ((row, vector) for row, vectors in vectors_of.items() for vector in vectors),
    )


class Store:
    """Reads one generation's file. Raises `IndexDamaged` when it is not what a build wrote."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        try:
            self.facts = self._facts()
        except IndexDamaged:
            self.close()
            raise

    def entities(self) -> tuple[Entity, ...]:
        return tuple(
            records.entity_of(record) for (record,) in self._all("SELECT record FROM entities ORDER BY id")
        )

    def places(self) -> list[tuple[int, str, str | None, str]]:
        """`(row, entity, path, content hash)` of every section, in order of row."""
        return self._all("SELECT id, entity, path, digest FROM sections ORDER BY id")

    def anchors(self) -> list[str]:
        """The anchor of every section, in order of row."""
        return [anchor for (anchor,) in self._all("SELECT anchor FROM sections ORDER BY id")]

    def chunks(self) -> list[tuple[int, str]]:
        """`(section row, vector id)` of every chunk."""
        return self._all("SELECT section, vector FROM chunks")

    def sections(self, rows: Sequence[int]) -> tuple[Section, ...]:
        """The sections of these rows, in their order."""
        found: dict[int, str] = dict(
            self._all(
                "SELECT id, record FROM sections WHERE id IN (SELECT value FROM json_each(?))",
                json.dumps(rows),
            )
        )
        return tuple(records.section_of(found[row]) for row in rows)

    def section(self, entity: str, path: str | None, anchor: str) -> Section | None:
        rows = self._all(
            "SELECT record FROM sections WHERE entity = ? AND path IS ? AND anchor = ? ORDER BY id LIMIT 1",
            *(entity, path, anchor),
        )
        return records.section_of(rows[0][0]) if rows else None

    def page(self, entity: str, path: str) -> Page | None:
        rows = self._all("SELECT record FROM pages WHERE entity = ? AND path = ?", entity, path)
        if not rows:
            return None
        sections = self._all(
            "SELECT record FROM sections WHERE entity = ? AND path = ? ORDER BY id", entity, path
        )
        return records.page_of(rows[0][0], tuple(records.section_of(record) for (record,) in sections))

    def pages(self, entity: str) -> list[tuple[str, str]]:
        """`(path, title)` of an entity's pages, in the order they were read."""
        return self._pages_by_entity.get(entity, [])

    @cached_property
    def _pages_by_entity(self) -> dict[str, list[tuple[str, str]]]:
        """Held in memory: some hundred bytes a page, and cards of entities are asked for by the thousand."""
        found: dict[str, list[tuple[str, str]]] = {}
        for entity, path, title in self._all("SELECT entity, path, title FROM pages ORDER BY id"):
            found.setdefault(entity, []).append((path, title))
        return found

    def keyword_search(
        self,
        terms: Sequence[str],
        *,
        limit: int,
        documents: int,
        allowed: Callable[[int], bool] | None = None,
    ) -> list[tuple[int, float]]:
        """See `keywords.search`."""
        return self._read(
            lambda connection: keywords.search(
                connection, terms, limit=limit, documents=documents, allowed=allowed
            )
        )

    def document_frequency(self, term: str) -> int:
        return self._read(lambda connection: keywords.document_frequency(connection, term))

    def close(self) -> None:
        """Close every connection; the store cannot be used afterwards."""
        with self._lock:
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _facts(self) -> dict[str, Any]:
        facts = {name: json.loads(value) for name, value in self._all("SELECT name, value FROM facts")}
        if facts.get("schema") != SCHEMA:
            raise IndexDamaged(
                f"{self._path} was written by another version of Cuebook; run `cuebook ingest` to build it anew"
            )
        return facts

    def _all(self, query: str, *arguments: object) -> list[Any]:
        return self._read(lambda connection: connection.execute(query, arguments).fetchall())

    def _read(self, read: Callable[[sqlite3.Connection], Found]) -> Found:
        try:
            with self._connection() as connection:
                return read(connection)
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(
                f"{self._path} cannot be read ({error}); run `cuebook ingest --rebuild`"
            ) from error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lent for one read. Not kept by the thread: a server's worker threads come and go, and would leave theirs."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connected()
        try:
            yield connection
        finally:
            with self._lock:
                if self._closed:
                    connection.close()
                else:
                    self._idle.append(connection)

    def _connected(self) -> sqlite3.Connection:
        # A finished generation never changes: no locks, and no way to write by mistake.
        uri = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, check_same_thread=False)


def unique_sections(sections: Iterable[Section]) -> tuple[Section, ...]:
    """The first of those that share a key."""
    return tuple({section.key: section for section in reversed(list(sections))}.values())[::-1]
