"""Keyword search over the catalog: SQLite's FTS5 over terms that `terms` prepared, ranked by BM25.

It holds cards, API operations and templates. Sections of pages have an index of their own (`words`), because
document frequencies of prose say nothing about labelled lines.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from math import log

from ingest.documents import Section
from ingest.index.terms import identifiers, index_terms
from ingest.markdown.plain import plain

_TABLE = "entity_terms"

_COLUMNS = ("title", "heading", "breadcrumb", "path", "identifiers", "body")
# A word in a heading says what the section is about, a word in the title what the whole page is about.
_WEIGHTS = "2.0, 3.0, 1.0, 1.0, 1.0, 1.0"
_SATURATION = 1.2  # k1 of FTS5: how much a word that is said again still adds
_MAX_ROWS, _ALWAYS_TERMS = 5_000, 2
_MAX_TERMS = 48  # of a question; a pasted log file is not searched word by word


def create(connection: sqlite3.Connection) -> None:
    """The terms hold no ASCII punctuation, so the plainest tokenizer cuts them exactly where they were joined."""
    columns = ", ".join(_COLUMNS)
    connection.execute(f"CREATE VIRTUAL TABLE {_TABLE} USING fts5({columns}, content='', tokenize='ascii')")
    connection.execute(f"CREATE VIRTUAL TABLE {_TABLE}_vocabulary USING fts5vocab('{_TABLE}', 'row')")


def insert(connection: sqlite3.Connection, sections: Iterable[tuple[int, Section]]) -> None:
    """Index the sections that stand for entities under their row ids."""
    marks = ", ".join("?" for _ in _COLUMNS)
    for row, section in sections:
        if section.path is not None:
            continue
        connection.execute(
            f"INSERT INTO {_TABLE}(rowid, {', '.join(_COLUMNS)}) VALUES (?, {marks})",  # noqa: S608 - constants
            (row, *_columns(section)),
        )


def search(
    connection: sqlite3.Connection,
    terms: Sequence[str],
    *,
    limit: int,
    documents: int,
    allowed: Callable[[int], bool] | None = None,
) -> list[tuple[int, float]]:
    """Row ids and the share of the question that each row says, best first; any of `terms` is enough.

    The share is the BM25 score, divided by that of a row which says every term over and over, words that no row
    has included. It lies in 0..1 and is comparable from question to question: near 0 where the question and the
    documents speak differently. `documents` is the number of rows; `allowed` tells which may be found.
    """
    weights = _weights(connection, terms, documents)
    attainable = sum(weights.values()) * (_SATURATION + 1)
    said = _affordable(connection, weights)
    if not said:
        return []
    rows = connection.execute(
        f"SELECT rowid, -bm25({_TABLE}, {_WEIGHTS}) AS score FROM {_TABLE} WHERE {_TABLE} MATCH ? "  # noqa: S608 - constants
        f"ORDER BY score DESC, rowid LIMIT ?",
        (" OR ".join(f'"{term}"' for term in said), -1 if allowed else limit),
    )
    kept = (row for row in rows if allowed is None or allowed(row[0]))
    return [(int(row), float(score) / attainable) for row, score in islice(kept, limit)]


def document_frequency(connection: sqlite3.Connection, term: str) -> int:
    """How many of the catalog's sections hold the term."""
    return _frequency(connection, term)


def _weights(connection: sqlite3.Connection, terms: Sequence[str], documents: int) -> dict[str, float]:
    """Each distinct term with the idf that FTS5 gives it."""
    having = {term: _frequency(connection, term) for term in list(dict.fromkeys(terms))[:_MAX_TERMS]}
    return {
        term: max(log((documents - count + 0.5) / (count + 0.5)), 1e-6) if count <= documents else 1e-6
        for term, count in having.items()
    }


def _affordable(connection: sqlite3.Connection, weights: Mapping[str, float]) -> list[str]:
    """The terms that occur at all, the rarest first, as long as they do not match too many rows together.

    Scoring costs a microsecond or two a row, and words that are everywhere make up most of it without telling
    rows apart. Small collections keep every term.
    """
    said: list[str] = []
    rows = 0
    for term in sorted(weights, key=lambda term: -weights[term]):
        count = _frequency(connection, term)
        rows += count
        if len(said) >= _ALWAYS_TERMS and rows > _MAX_ROWS:
            break
        if count:
            said.append(term)
    return said


def _frequency(connection: sqlite3.Connection, term: str) -> int:
    row = connection.execute(
        f"SELECT doc FROM {_TABLE}_vocabulary WHERE term = ?",  # noqa: S608 - constants
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
