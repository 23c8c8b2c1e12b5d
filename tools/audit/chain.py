"""The chain: each row's hash covers the hash before it, so an altered, removed or reordered row shows.

Whoever owns the file can write all of it anew, or cut rows off its end, and the chain fits again: only a head
that was noted elsewhere, the anchor, shows that.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.errors import StateError

GENESIS = "0" * 64

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE
);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_follow BEFORE INSERT ON entries
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""
_PART = 5_000
_ANCHOR = re.compile(r"^([0-9]{1,18}):([0-9a-f]{64})$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `number` counts from 1, `hash` is SHA-256 over `previous` and the canonical body."""

    number: int
    body: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much was checked. `head` is the last good hash: note `number:head` elsewhere as an anchor."""

    number: int
    head: str
    broken: Broken | None = None

    @property
    def intact(self) -> bool:
        return self.broken is None

    @property
    def anchor(self) -> str:
        return f"{self.number}:{self.head}"


def link(previous: str, text: str) -> str:
    """The hash of the row with the canonical body `text` after the row with the hash `previous`."""
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


def verify(reader: sqlite3.Connection, *, anchor: str | None = None) -> Verdict:
    """Check every row from the first, over any connection; stops at the first broken one.

    `anchor` is an earlier `Audit.head()`: the row it names must still be there with that hash. Raises
    `StateError` for an anchor that is none.
    """
    wanted, anchored = _read_anchor(anchor)
    number, head = 0, GENESIS
    for found, body, previous, digest in _rows(reader):
        reason = _fault(found, body, previous, digest, after=(number, head))
        if reason is None and found == wanted and digest != anchored:
            reason = "its hash is not the one that was noted elsewhere"
        if reason is not None:
            return Verdict(number, head, Broken(found, reason))
        number, head = found, digest
    if number < wanted:
        return Verdict(number, head, Broken(number + 1, f"rows {number + 1} to {wanted} are gone"))
    return Verdict(number, head)


def _rows(reader: sqlite3.Connection) -> Iterator[tuple[int, str, str, str]]:
    """Every row in order, a part at a time: a reader that holds the file for long keeps writers out of it."""
    last = -(2**63)
    while rows := reader.execute(
        "SELECT number, body, previous, hash FROM entries WHERE number > ? ORDER BY number LIMIT ?",
        (last, _PART),
    ).fetchall():
        yield from rows
        last = rows[-1][0]


def _read_anchor(anchor: str | None) -> tuple[int, str]:
    if not anchor or anchor == f"0:{GENESIS}":
        return 0, GENESIS
    found = _ANCHOR.match(anchor.strip())
    if found is None:
        raise StateError(
            f"{anchor[:100]!r} is no anchor; give `number:hash` as an earlier head told it, with all 64 digits of the hash"
        )
    return int(found[1]), found[2]


def _fault(number: int, body: str, previous: str, digest: str, *, after: tuple[int, str]) -> str | None:
    if number != after[0] + 1:
        return f"row {after[0] + 1} is missing before it"
    if previous != after[1]:
        return "it does not follow the row before it"
    if digest != link(previous, body):
        return "its content is not what was written"
    return None
