"""Keyword search: SQLite's FTS5 over terms that `terms` prepared, ranked by BM25 with weighted columns.

Two indexes stand side by side, because document frequencies of prose say nothing about labelled lines:
`docs_terms` for sections of pages, `entity_terms` for cards, API operations and templates.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from math import log
from typing import Literal

from ingest.documents import Section
from ingest.index.terms import identifiers, index_terms
from ingest.markdown.plain import plain

Table = Literal["docs_terms", "entity_terms"]
_TABLES: tuple[Table, ...] = ("docs_terms", "entity_terms")

_COLUMNS = ("title", "heading", "breadcrumb", "path", "identifiers", "body")
# A word in a heading says what the section is about, a word in the title what the whole page is about.
_WEIGHTS = (2.0, 3.0, 1.0, 1.0, 1.0, 1.0)
_SATURATION = 1.2  # k1 of FTS5: how much a word that is said again still adds
_MAX_TERMS = 48  # of a question; a pasted log file is not searched word by word


def create(connection: sqlite3.Connection) -> None:
    """The terms hold no ASCII punctuation, so the plainest tokenizer cuts them exactly where they were joined."""
    columns = ", ".join(_COLUMNS)
    for table in _TABLES:
        connection.execute(
            f"CREATE VIRTUAL TABLE {table} USING fts5({columns}, content='', tokenize='ascii')"
        )
        connection.execute(f"CREATE VIRTUAL TABLE {table}_vocabulary USING fts5vocab('{table}', 'row')")


def insert(connection: sqlite3.Connection, sections: Iterable[tuple[int, Section]]) -> None:
    """Index sections under their row ids."""
    marks = ", ".join("?" for _ in _COLUMNS)
    for row, section in sections:
        connection.execute(
            f"INSERT INTO {table_of(section)}(rowid, {', '.join(_COLUMNS)}) VALUES (?, {marks})",  # noqa: S608 - constants
            (row, *_columns(section)),
        )


def table_of(section: Section) -> Table:
    return "entity_terms" if section.path is None else "docs_terms"


def search(
    connection: sqlite3.Connection,
    table: Table,
    terms: Sequence[str],
    *,
    limit: int,
    entities: Collection[str] | None = None,
) -> list[tuple[int, float]]:
    """Row ids with their BM25 score (higher is better), best first; any of `terms` is enough.

    `entities` are the full refs of those whose sections may be found, None for all.
    """
    wanted = list(dict.fromkeys(terms))[:_MAX_TERMS]
    if not wanted:
        return []
    match = " OR ".join(f'"{term}"' for term in wanted if '"' not in term)
    weights = ", ".join(map(str, _WEIGHTS))
    allowed = ""
    arguments: list[object] = [match]
    if entities is not None:
        allowed = "AND rowid IN (SELECT id FROM sections WHERE entity IN (SELECT value FROM json_each(?)))"
        arguments.append(json.dumps(sorted(entities)))
    rows = connection.execute(
        f"SELECT rowid, -bm25({table}, {weights}) AS score FROM {table} WHERE {table} MATCH ? {allowed} "  # noqa: S608 - constants
        f"ORDER BY score DESC, rowid LIMIT ?",
        (*arguments, limit),
    )
    return [(int(row), float(score)) for row, score in rows]


def attainable(
    connection: sqlite3.Connection, table: Table, terms: Sequence[str], *, documents: int
) -> float:
    """The score that a section would have which says every term over and over, words that no section has included.

    A hit's score divided by it is the share of the question, in rare words, that the hit says: comparable
    from question to question, and near 0 where question and documents speak differently.
    """
    mass = 0.0
    for term in list(dict.fromkeys(terms))[:_MAX_TERMS]:
        having = _frequency(connection, table, term)
        mass += max(log((documents - having + 0.5) / (having + 0.5)), 1e-6)  # the idf that FTS5 takes
    return mass * (_SATURATION + 1)


def document_frequency(connection: sqlite3.Connection, term: str) -> int:
    """How many sections of both indexes hold the term."""
    return sum(_frequency(connection, table, term) for table in _TABLES)


def _frequency(connection: sqlite3.Connection, table: Table, term: str) -> int:
    row = connection.execute(
        f"SELECT doc FROM {table}_vocabulary WHERE term = ?",  # noqa: S608 - constants
        (term,),
    ).fetchone()
    return int(row[0]) if row else 0


def _columns(section: Section) -> tuple[str, ...]:
    text = plain(section.text)
    return (
        index_terms(section.title),
        index_terms(section.heading),
        index_terms(" ".join(section.breadcrumb)),
        index_terms(section.path or section.entity.name),
        identifiers(text),
        index_terms(text),
    )
