"""What a piece of a document states as a value: `request_deadline_ms: 250`, "the 400 ms deadline", a table's row.

A claim is read by rule out of settings (table rows, list items, lines of live configuration) and out of prose in
which a number stands beside its unit and its noun. What it is about is a set of stems, so that two claims about one
thing meet whatever their wording.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.answers.units import Unit
from ingest.answers.words import content_stems

_SECONDS = {
    "ms": 0.001,
    "millisecond": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
}
_SECONDS |= {"h": 3600.0, "hour": 3600.0, "d": 86_400.0, "day": 86_400.0, "week": 604_800.0}
_BYTES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30}
_SCALES = {
    **{unit: ("time", scale) for unit, scale in _SECONDS.items()},
    **{unit: ("size", scale) for unit, scale in _BYTES.items()},
    "%": ("share", 0.01), "percent": ("share", 0.01), "port": ("port", 1.0),
}  # fmt: skip
_UNIT = r"(?:ms|milliseconds?|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?|[kMGT]i?B|%|percent|s|h|d)"
_AMOUNT = re.compile(rf"(?<![\w.:/-])(?<!\d,)(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>{_UNIT})(?![\w-])")
_PORT = re.compile(r"\bport\s+(?:is\s+)?`?(?P<number>\d{2,5})\b", re.IGNORECASE)
_SETTING = re.compile(r"^\W*(?P<key>[A-Za-z][\w.-]*)`?\"?\s*[:=]\s*[\"'`]?(?P<value>[^\s\"'`#,;]+)")
_BULLET = re.compile(r"^[-*+]\s+")
# What is supposed, advised or shown is no statement of what is so: "for example 90 ms", "if it is 90 ms", "raise it to 90 ms".
_SUPPOSED = re.compile(
    r"\b(?:e\.g\.|for (?:example|instance)|suppose|imagine|assum(?:e|ing)|say,|let's say|if|would|could|might|"
    r"(?:set|setting|raise|raising|raised|lower|lowering|lowered|increase|increasing|increased|reduce|reducing|reduced|"
    r"change|changing|changed|bump|bumping|bumped|try|trying)\b[^.;:]{0,60}\b(?:to|from|with|a|an))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w-]+")
_CELL = re.compile(r"(?<!\\)\|")
_VALUE_HEADS = re.compile(r"^\W*(?:default|value|limit|setting|current)\b", re.IGNORECASE)
_NOUNS = 2  # words after a number, or before it, that say what it measures
_LINKS = frozenset(
    [
        "of",
        "is",
        "are",
        "was",
        "be",
        "at",
        "to",
        "the",
        "a",
        "an",
        "by",
        "after",
        "than",
        "with",
        "in",
        "on",
        "for",
        "about",
        "up",
        "most",
        "least",
        "within",
    ]
)


@dataclass(frozen=True, slots=True)
class Claim:
    """`about` are stems of what has the value; `value` compares by `kind`; `shown` is the value as it is written."""

    unit: Unit
    about: frozenset[str]
    kind: str
    value: float | str
    shown: str


def claims_of(unit: Unit) -> tuple[Claim, ...]:
    """The values that a unit states as a fact; none for an example, in code or words, whose values are anybody's."""
    if unit.kind == "row":
        return tuple(_row(unit))
    if unit.kind in ("item", "line"):
        return tuple(_setting(unit)) or tuple(_prose(unit))
    return tuple(_prose(unit)) if unit.kind == "sentence" else ()


def _row(unit: Unit) -> Iterator[Claim]:
    heads, cells = (_cells(line) for line in ((unit.header.splitlines() or [""])[0], unit.quote))
    if len(cells) < 2 or len(heads) != len(cells):
        return
    at = next((n for n, head in enumerate(heads) if n and _VALUE_HEADS.match(head)), None)
    if at is not None:
        yield from _stated(unit, cells[0], cells[at].strip("`*\"' "))


def _setting(unit: Unit) -> Iterator[Claim]:
    match = _SETTING.match(_BULLET.sub("", unit.quote))
    if match and len(match["key"]) > 2:
        yield from _stated(unit, match["key"], match["value"])


def _stated(unit: Unit, key: str, written: str) -> Iterator[Claim]:
    """`server.request_deadline_ms`, 250: the last part of a dotted name says what it is, its end the unit."""
    name = key.strip("`*\"' ").rstrip(".").rsplit(".", 1)[-1]
    *words, last = re.split(r"[_\-\s]+", name.lower())
    amount = _AMOUNT.fullmatch(written) or re.fullmatch(r"(?P<number>\d[\d,]*(?:\.\d+)?)", written)
    if amount is None:
        if written.lower() in ("true", "false") or re.fullmatch(r"[\w.-]{2,40}", written):
            yield Claim(unit, frozenset(content_stems(name)), "text", written.lower(), written)
        return
    unit_word = amount.groupdict().get("unit") or (
        last if last.rstrip("s") in _SCALES or last in _SCALES else ""
    )
    kind, scale = _scale(unit_word)
    bare = " ".join(words) if unit_word == last and words else name
    shown = f"{written} {unit_word}" if unit_word and unit_word == last and kind != "port" else written
    yield Claim(unit, frozenset(content_stems(bare)), kind, _number(amount["number"]) * scale, shown)


def _prose(unit: Unit) -> Iterator[Claim]:
    text = unit.quote
    for match in (*_AMOUNT.finditer(text), *_PORT.finditer(text)):
        if _SUPPOSED.search(_clause(text[: match.start()])):
            continue
        kind, scale = _scale(match.groupdict().get("unit") or "port")
        about = _nouns(text[: match.start()], text[match.end() :])
        if about:
            yield Claim(unit, about, kind, _number(match["number"]) * scale, match.group().strip())


def _clause(before: str) -> str:
    """The sentence so far, which a condition at its beginning governs as well."""
    return re.split(r"[.!?]\s+(?=[A-Z])", before)[-1]


def _nouns(before: str, after: str) -> frozenset[str]:
    """`the 400 ms deadline`; failing that `a deadline of 400 ms`."""
    behind = re.split(r"[.,;:()|]", after, maxsplit=1)[0]
    following = _WORD.findall(behind)[:_NOUNS] if behind[:1] in (" ", "-") else []
    if following and following[0].lower() not in _LINKS:
        head = following[: 1 + (len(following) > 1 and following[1].lower() not in _LINKS)]
        return frozenset(content_stems(" ".join(head)))
    clause = re.split(r"[.;()|]", before)[-1]
    words = [word for word in _WORD.findall(clause) if word.lower() not in _LINKS]
    return frozenset(content_stems(" ".join(words[-_NOUNS:])))


def _scale(unit: str) -> tuple[str, float]:
    low = unit.lower()
    return _SCALES.get(low) or _SCALES.get(low.rstrip("s")) or ("number", 1.0)


def _number(written: str) -> float:
    return float(written.replace(",", ""))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(row.strip().strip("|"))]
