"""A section's text cut into its top-level blocks, so that steps, code and tables are never torn apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingest.documents import Block, BlockKind

_FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_LANGUAGE = re.compile(r"[ \t]*(?:\{[ \t]*)?\.?(?P<language>[A-Za-z0-9_][\w#+.-]*)?")
_ORDERED = re.compile(r"[ ]{0,3}(?P<number>\d{1,9})[.)](?:[ \t]+|$)")
_BULLET = re.compile(r"[ ]{0,3}(?:[-*+])(?:[ \t]+\S|[ \t]*$)")
_RULE = re.compile(r"[ ]{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_CALLOUT = re.compile(r"(?:!!!|\?\?\?\+?)(?:[ \t]|$)")
_TAB = re.compile(r"===[!+]?[ \t]+[\"']")
_ALERT = re.compile(r">{1,3}[ \t]*\[![A-Za-z]+\]")
_DELIMITERS = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?$")
_TAG = re.compile(r"[ ]{0,3}<(?P<name>[A-Za-z][\w-]*)(?=[\s/>])")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "i", "kbd", "mark", "small", "span", "strong", "sub", "sup"}
)
_JOINED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class _Source:
    """Lines, and the fences and tags known to have no end behind here, so that none is sought twice."""

    lines: list[str]
    endless: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Span:
    """Lines `start` up to `end`; `first` and `last` are an ordered list's outer numbers."""

    kind: BlockKind
    start: int
    end: int
    language: str = ""
    first: int = 0
    last: int = 0


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a section in order; each block's `text` is a verbatim slice, without trailing blank lines.

    Rules between blocks are left out. An ordered list is one block with everything indented under its items,
    and with code, notes or paragraphs between two items when the numbers go on behind them. A content tab is
    `steps` when its first block is an ordered list, else `admonition`.
    """
    lines = text.split("\n")
    spans = _joined(list(_spans(_Source(lines))))
    return tuple(Block(span.kind, "\n".join(lines[span.start : span.end]), span.language) for span in spans)


def _spans(source: _Source) -> Iterator[_Span]:
    lines, at = source.lines, 0
    while at < len(lines):
        if not lines[at].strip() or _RULE.match(lines[at]):
            at += 1
            continue
        span = _indented_span(source, at) or _list_span(source, at) or _other_span(source, at)
        yield _trimmed(span, lines)
        at = span.end


def _trimmed(span: _Span, lines: list[str]) -> _Span:
    end = span.end
    while end > span.start + 1 and not lines[end - 1].strip():
        end -= 1
    return replace(span, end=end)


def _indented_span(source: _Source, at: int) -> _Span | None:
    """Code, and what holds its content indented."""
    lines, line = source.lines, source.lines[at]
    if fence := _FENCE.match(line):
        language = _LANGUAGE.match(fence["info"])
        return _Span("code", at, _fence_end(source, at), language=(language and language["language"]) or "")
    if line.startswith(("    ", "\t")):
        return _Span("code", at, _indented_end(lines, at))
    if _CALLOUT.match(line):
        return _Span("admonition", at, _indented_end(lines, at + 1))
    return _tab(lines, at) if _TAB.match(line) else None


def _list_span(source: _Source, at: int) -> _Span | None:
    line = source.lines[at]
    if _ORDERED.match(line):
        return _steps(source, at)
    return _Span("list", at, _list_end(source, at, _BULLET)) if _BULLET.match(line) else None


def _other_span(source: _Source, at: int) -> _Span:
    lines, line = source.lines, source.lines[at].lstrip()
    if line.startswith(">"):
        return _Span("admonition" if _ALERT.match(line) else "quote", at, _paragraph_end(lines, at + 1))
    if "|" in line and at + 1 < len(lines) and "-" in lines[at + 1] and _DELIMITERS.match(lines[at + 1]):
        return _Span("table", at, _table_end(lines, at))
    if line.startswith("<!--"):
        return _Span("html", at, _comment_end(source, at))
    if (tag := _TAG.match(line)) and tag["name"].lower() not in _INLINE:
        return _Span("html", at, _element_end(source, at, tag["name"].lower()))
    return _Span("paragraph", at, _paragraph_end(lines, at + 1))


def _fence_end(source: _Source, at: int) -> int:
    fence = source.lines[at].lstrip()
    mark = fence[: len(fence) - len(fence.lstrip(fence[0]))]
    if mark not in source.endless:
        for number in range(at + 1, len(source.lines)):
            closing = source.lines[number].strip()
            if closing.startswith(mark) and not closing.strip(mark[0]):
                return number + 1
    source.endless.add(mark)
    return _paragraph_end(source.lines, at + 1)


def _tab(lines: list[str], at: int) -> _Span:
    end = _indented_end(lines, at + 1)
    content = next((line.strip() for line in lines[at + 1 : end] if line.strip()), "")
    return _Span("steps" if _ORDERED.match(content) else "admonition", at, end)


def _steps(source: _Source, at: int) -> _Span:
    end = _list_end(source, at, _ORDERED)
    numbers = [int(match["number"]) for line in source.lines[at:end] if (match := _ORDERED.match(line))]
    return _Span("steps", at, end, first=numbers[0], last=numbers[-1])


def _indented_end(lines: list[str], at: int) -> int:
    """Behind the lines from `at` that are blank or indented."""
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith(("    ", "\t"))):
        at += 1
    return at


def _list_end(source: _Source, at: int, item: re.Pattern[str]) -> int:
    """Behind the list: its items, what is indented under them, and lines that go on without a blank one."""
    lines, number = source.lines, at + 1
    while number < len(lines):
        line = lines[number]
        if _FENCE.match(line) and line.startswith((" ", "\t")):
            number = _fence_end(source, number)
            continue
        blank_before = not lines[number - 1].strip()
        if line.strip() and not item.match(line) and not line.startswith(("  ", "\t")):
            other = _ORDERED.match(line) or _BULLET.match(line)
            if blank_before or other or _FENCE.match(line) or _CALLOUT.match(line):
                break
        number += 1
    return number


def _paragraph_end(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip():
        line = lines[at]
        if _FENCE.match(line) or _CALLOUT.match(line) or _TAB.match(line):
            break
        if (_BULLET.match(line) and not _RULE.match(line)) or _starts_steps(line):
            break
        at += 1
    return at


def _starts_steps(line: str) -> bool:
    match = _ORDERED.match(line)
    return match is not None and match["number"] == "1"


def _table_end(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip() and "|" in lines[at]:
        at += 1
    return at


def _comment_end(source: _Source, at: int) -> int:
    if "-->" not in source.endless:
        for number in range(at, len(source.lines)):
            if "-->" in source.lines[number]:
                return number + 1
    source.endless.add("-->")
    return _paragraph_end(source.lines, at + 1)


def _element_end(source: _Source, at: int, name: str) -> int:
    if name not in _VOID and name not in source.endless:
        tags = re.compile(rf"<(?P<closing>/?){re.escape(name)}(?=[\s/>])[^<>]*?(?P<empty>/?)>", re.IGNORECASE)
        depth = 0
        for number in range(at, len(source.lines)):
            found = list(tags.finditer(source.lines[number]))
            depth += sum(-1 if tag["closing"] else 0 if tag["empty"] else 1 for tag in found)
            if found and depth <= 0:
                return number + 1
        source.endless.add(name)
    return _paragraph_end(source.lines, at + 1)


def _joined(spans: list[_Span]) -> list[_Span]:
    """Ordered lists whose numbers go on behind a block or three become one with what stands between."""
    joined: list[_Span] = []
    for span in spans:
        before = _continued(joined, span) if span.kind == "steps" and span.first > 1 else None
        if before is None:
            joined.append(span)
        else:
            start = joined[before]
            joined[before:] = [replace(start, end=span.end, last=span.last)]
    return joined


def _continued(spans: list[_Span], steps: _Span) -> int | None:
    for back in range(1, min(len(spans), _JOINED_AT_MOST + 1) + 1):
        candidate = spans[-back]
        if candidate.kind == "steps":
            return len(spans) - back if candidate.last + 1 == steps.first else None
    return None
