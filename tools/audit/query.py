"""Answers "what was done to X, by whom, in July" from the index, newest row first."""

import calendar
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tools.audit.chain import Entry
from tools.audit.touched import keys_for

_MONTH = re.compile(r"(\d{4})-(\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
DENIED = "denied"
_WHO = "principal"
_FOR_WHOM = "coalesce(json_extract(body, '$.on_behalf_of'), principal)"
_ROWS = "SELECT entries.number, body, previous, hash FROM facts JOIN entries USING (number)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows; what is empty does not narrow.

    `target` is what was touched: a reference, a name, a digest, a job. `since` and `until` are a month, a day or a
    time, both ends included, in UTC. `kind` may be `denied`: whatever was refused. `only` is the one principal whose
    rows may be seen. `number` is one row; `before` is the number to go on from.
    """

    target: str = ""
    principal: str = ""
    on_behalf_of: str = ""
    action: str = ""
    kind: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    effects_only: bool = False
    only: str = ""
    number: int = 0
    before: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, newest first; `before` leads to the rest and is 0 when this is the end; `total` counts them all."""

    rows: tuple[Entry, ...]
    before: int
    total: int


def find(reader: sqlite3.Connection, wanted: Wanted) -> Found:
    """Raises `ValueError` for a date that is none."""
    conditions = list(_conditions(wanted))
    where = " AND ".join(text for text, _ in conditions) or "1"
    statement = f"{_ROWS} WHERE {where} ORDER BY facts.number DESC LIMIT ?"
    rows = reader.execute(
        statement,
        (*(value for _, values in conditions for value in values), wanted.limit + 1),
    ).fetchall()
    shown = tuple(Entry(number, json.loads(body), *rest) for number, body, *rest in rows[: wanted.limit])
    total = _total(reader, wanted)
    return Found(shown, shown[-1].number if len(rows) > wanted.limit else 0, total)


def _total(reader: sqlite3.Connection, wanted: Wanted) -> int:
    """How many rows fit, wherever the part begins."""
    conditions = list(_conditions(replace(wanted, before=0)))
    where = " AND ".join(text for text, _ in conditions) or "1"
    values = [value for _, values in conditions for value in values]
    return int(reader.execute(f"SELECT count(*) FROM ({_ROWS} WHERE {where})", values).fetchone()[0])  # noqa: S608 - ours


def _conditions(wanted: Wanted) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if wanted.target:
        keys = keys_for(wanted.target)
        marks = ", ".join("?" * len(keys))
        yield f"facts.number IN (SELECT number FROM touched WHERE key IN ({marks}))", keys  # noqa: S608 - marks only
    yield from _people(wanted)
    for column in ("action", "outcome"):
        if value := getattr(wanted, column):
            yield f"{column} = ?", (value,)
    if wanted.kind:
        yield ("denied", ()) if wanted.kind == DENIED else ("kind = ?", (wanted.kind,))
    if wanted.effects_only:
        yield "effect <> 'reads'", ()
    if wanted.since:
        yield "at >= ?", (moment(wanted.since),)
    if wanted.until:
        yield "at <= ?", (moment(wanted.until, end=True),)
    if wanted.text:
        escaped = json.dumps(wanted.text.lower())[1:-1]  # as the rows spell what is not ASCII
        yield "instr(lower(body), ?)", (escaped,)
    if wanted.only:
        yield "principal = ?", (wanted.only,)
    if wanted.number:
        yield "facts.number = ?", (wanted.number,)
    if wanted.before:
        yield "facts.number < ?", (wanted.before,)


def _people(wanted: Wanted) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Who did it, and for whom: a whole reference, or the name at its end."""
    for value, text in ((_WHO, wanted.principal), (_FOR_WHOM, wanted.on_behalf_of)):
        if whole := text.lower():
            yield (
                f"(lower({value}) = ? OR substr(lower({value}), -length(?)) = ?)",
                (whole, f"/{whole}", f"/{whole}"),
            )


def moment(text: str, *, end: bool = False) -> str:
    """A month, a day or a time as rows spell it, the last instant of it with `end`. Raises `ValueError`."""
    whole = text.strip()
    try:
        if month := _MONTH.fullmatch(whole):
            year, number = int(month[1]), int(month[2])
            whole += f"-{calendar.monthrange(year, number)[1] if end else 1:02}"
        if _DAY.fullmatch(whole):
            whole += "T23:59:59.999+00:00" if end else "T00:00:00.000+00:00"
        read = datetime.fromisoformat(whole)
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text[:40]!r} is no date; write a month, a day or a time, like 2026-07, 2026-07-14 or 2026-07-14T09:30"
        ) from error
    if end and read.microsecond == 0:
        read = read.replace(microsecond=999_000)
    return read.isoformat(timespec="milliseconds")
