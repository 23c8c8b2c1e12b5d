"""Cuts a section into the pieces an answer may be made of: sentences, list items, table rows, code.

Every unit is a slice of the section's text, so that quoting it is verbatim by construction. Comments, hidden
markup, marks of site generators, pictures alone and headings are no units. A block that tries to instruct its reader yields none and is reported.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ingest.answers.injection import why_suspicious
from ingest.documents import Block, Section, SectionKind
from ingest.markdown.site_marks import says_nothing, without_site_marks

UnitKind = Literal["sentence", "item", "row", "line", "code", "steps"]
_Span = tuple[int, int]

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0\b|\bhidden\b|<script|<style",
    re.IGNORECASE,
)
_HIDDEN_TAG = re.compile(
    r"<[a-z]+\b[^<>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt|em|%)?\s*[;\"']|opacity\s*:\s*0\b|"
    r"(?<![\w-])color\s*:\s*(?:white|#fff(?:fff)?|transparent)\b|\shidden(?=[\s>=]))",
    re.IGNORECASE,
)
_PAYLOAD = frozenset({"code", "quote", "html"})
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s.*$|^.+\n[=-]{3,}\s*$", re.MULTILINE)
_ITEM = re.compile(r"^([ \t]*)(?:[-*+]|\d+[.)])[ \t]+", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})", re.MULTILINE)
_PICTURE = re.compile(
    r"\[?!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])(?:\]\([^)]*\))?"
)  # with the link around it, if there is one
_ADMONITION = re.compile(r"^[ \t]*(?:!!!|\?\?\?\+?|===)[^\n]*\n?|^[ \t]*>[ \t]*\[![A-Za-z]+\][^\n]*\n?")
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]*_`]*(?=\s+[\"'“‘(\[*_`]*[A-Z0-9ÅÄÖ`/<])|\n[ \t]*\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|etc|cf|approx|ca|Dr|Mr|Mrs|Ms|No|Fig|Eq|Sec|resp|incl|max|min)|\b[A-Z])\.$"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """`section.text[start:end]`. `lead` is the sentence ending in a colon that introduces the block; `header`
    is the head of the table a row stands in; units of one block share `block`."""

    section: Section
    kind: UnitKind
    start: int
    end: int
    block: int
    lead: "Unit | None" = None
    header: str = ""
    language: str = ""

    @property
    def quote(self) -> str:
        return self.section.text[self.start : self.end]

    @property
    def words(self) -> int:
        return len(self.quote.split())


@dataclass(frozen=True, slots=True)
class Cut:
    """The units of one section in source order, and why a part of it was left out, if one was."""

    units: tuple[Unit, ...]
    suspicion: str | None = None


@lru_cache(
    maxsize=512
)  # an answer cuts its passages for what is told, for what disagrees and for its confidence
def cut(section: Section) -> Cut:
    """All units of `section` that may be shown."""
    units: list[Unit] = []
    suspicion: str | None = None
    comments = [match.span() for match in _COMMENT.finditer(section.text)]
    suspicion = next(
        (why for start, end in comments if (why := why_suspicious(section.text[start:end]))), None
    )
    if suspicion is None and (named := why_suspicious(section.heading)):
        return Cut((), named)
    poisoned, poisoned_by = False, ""
    for number, (block, start, end) in enumerate(_located(section)):
        text = section.text[start:end]
        if (block.kind == "html" and _HIDDEN.search(text)) or _HIDDEN_TAG.search(text):
            suspicion = suspicion or why_suspicious(text)
            continue
        why = why_suspicious(_COMMENT.sub(" ", text))
        if why is None and poisoned and (block.kind in _PAYLOAD or poisoned_by.endswith(":")):
            # What an instruction announces, or drags along as code, belongs to it.
            continue
        suspicion = suspicion or why
        poisoned, poisoned_by = why is not None, text.rstrip()
        lead = units[-1] if units and without_site_marks(units[-1].quote).rstrip().endswith(":") else None
        fresh = [
            unit
            for begin, stop in _without(start, end, comments)
            for unit in _units(section, block, begin, stop, number=number, lead=lead)
            if unit.kind == "code" or not says_nothing(_PICTURE.sub("", unit.quote))
        ]
        units.extend(fresh if why is None else _before_the_plant(fresh))
    return Cut(tuple(units), suspicion)


def _before_the_plant(units: list[Unit]) -> Iterator[Unit]:
    """Of a block with an instruction in it: rows of a table but the planted ones, else what stands before it."""
    for unit in units:
        if why_suspicious(unit.quote) is None:
            yield unit
        elif unit.kind != "row":
            return


def _located(section: Section) -> Iterator[tuple[Block, int, int]]:
    cursor = 0
    for block in section.blocks or (Block("paragraph", section.text),):
        at = section.text.find(block.text, cursor)
        if at < 0 or not block.text.strip():
            continue
        cursor = at + len(block.text)
        yield block, at, cursor


def _without(start: int, end: int, holes: list[_Span]) -> Iterator[_Span]:
    for hole_start, hole_end in holes:
        if hole_end <= start or hole_start >= end:
            continue
        if start < hole_start:
            yield start, hole_start
        start = max(start, hole_end)
    if start < end:
        yield start, end


def _units(
    section: Section, block: Block, start: int, end: int, *, number: int, lead: Unit | None
) -> Iterator[Unit]:
    def unit(kind: UnitKind, span: _Span, *, header: str = "") -> Unit:
        return Unit(section, kind, *span, number, lead, header, block.language)

    text = section.text
    match block.kind:
        case "code" if section.kind is SectionKind.CONFIG:
            yield from (unit("line", span) for span in _lines(text, start, end) if ":" in text[slice(*span)])
        case "code":
            yield unit("code", _trimmed(text, start, end))
        case "steps":
            yield unit("steps", _trimmed(text, start, end))
        case "list":
            yield from (unit("item", span) for span in _items(text, start, end))
        case "table":
            header, rows = _rows(text, start, end)
            yield from (unit("row", span, header=header) for span in rows)
        case _ if section.kind is SectionKind.ENTITY:
            yield from (unit("line", span) for span in _lines(text, start, end))
        case _ if _FENCE.search(text, start, end):
            yield unit("sentence", _trimmed(text, _body_start(text, start, end), end))
        case _:
            for span in _sentences(text, _body_start(text, start, end), end):
                yield unit("sentence", span)


def _body_start(text: str, start: int, end: int) -> int:
    marker = _ADMONITION.match(text[start:end])
    return start + marker.end() if marker else start


def _trimmed(text: str, start: int, end: int) -> _Span:
    """Without blank lines around, but with the first line's indent."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start : start + 1] == "\n":
        start += 1
    return start, end


def _tight(text: str, start: int, end: int) -> _Span:
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and (text[start].isspace() or text[start] == ">"):
        start += 1
    return start, end


def _lines(text: str, start: int, end: int) -> Iterator[_Span]:
    for line in re.compile(r"[^\n]+").finditer(text, start, end):
        span = _tight(text, *line.span())
        if span[0] < span[1] and not _HEADING.match(line.group()):
            yield span


def _sentences(text: str, start: int, end: int) -> Iterator[_Span]:
    for heading in _HEADING.finditer(text, start, end):
        if heading.start() == start or not text[start : heading.start()].strip():
            start = heading.end()
    begin = start
    for mark in _SENTENCE_END.finditer(text, start, end):
        if _ABBREVIATION.search(text[begin : mark.start() + 1]):
            continue
        if (span := _tight(text, begin, mark.end()))[0] < span[1]:
            yield span
        begin = mark.end()
    if (span := _tight(text, begin, end))[0] < span[1]:
        yield span


def _items(text: str, start: int, end: int) -> Iterator[_Span]:
    marks = list(_ITEM.finditer(text, start, end))
    if not marks:
        yield from _sentences(text, start, end)
        return
    top = min(len(mark[1]) for mark in marks)
    starts = [mark.start() for mark in marks if len(mark[1]) == top]
    for begin, stop in zip(starts, [*starts[1:], end], strict=True):
        if (span := _tight(text, begin, stop))[0] < span[1]:
            yield span


def _rows(text: str, start: int, end: int) -> tuple[str, list[_Span]]:
    spans = list(_lines(text, start, end))
    if len(spans) < 3 or not re.fullmatch(r"[\s|:-]+", text[slice(*spans[1])]):
        return "", spans
    return "\n".join(text[slice(*span)] for span in spans[:2]), spans[2:]
