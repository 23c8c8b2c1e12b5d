"""A block's sentences, each exactly as it stands in the text, so that it can be quoted and found again."""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"[ \t]*+(?:>[ ]?)*+[ \t]*+(`{3,}|~{3,})")
_MARKER = re.compile(
    r"[ \t]*+(?:>[ ]?)*+[ \t]*+"
    r"(?:#{1,6}[ \t]+|(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?"
    r"|(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+|:[ \t]{1,3}|\[![A-Za-z]+\][ \t]*)"
)
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_DELIMITERS = re.compile(r"(?=[\s|:]*-)[\s|:-]*$")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_OPAQUE = re.compile(
    r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|!?\[[^\[\]]*\]\([^()\s]*(?:\s+\"[^\"]*\")?\)|<[^<>\s][^<>]*>|https?://\S+(?<![.,;:!?)])",
    re.DOTALL,
)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]*_`]*\s+(?=[\"'“‘(\[*_!]*(?:[A-Z0-9À-ÖØ-Þ]|`))")
_NEVER_LAST = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|Dr|Mr|Mrs|Ms|St|al|ca|resp|incl|esp|aka|a\.k\.a)|(?<![\w.])[A-Z])\.$"
)
_BEFORE_NUMBER = re.compile(r"\b(?:[Nn]o|[Nn]os|[Ff]ig|[Ss]ec|[Ee]q|pp?|[Vv]ol|[Vv]er|[Cc]h)\.$")


def sentences(block_text: str) -> tuple[str, ...]:
    """The sentences of a block's text in order; each is a substring of it, without list or heading marks.

    List items, table rows and titles start sentences of their own; a code fence stays whole, and so does
    what stands in inline code, in links and in numbers such as `v1.2.3` or `0.5`.
    """
    found: list[str] = []
    for start, end, splits in _units(block_text):
        unit = block_text[start:end]
        pieces = _split(unit) if splits else [unit]
        found.extend(piece.strip() for piece in pieces)
    return tuple(piece for piece in found if any(letter.isalnum() for letter in piece))


def _units(text: str) -> Iterator[tuple[int, int, bool]]:
    """Stretches of the text that no sentence crosses: start, end, and whether sentences are sought inside."""
    start, at, fence, fence_start = 0, 0, "", 0
    for line in text.splitlines(keepends=True):
        end = at + len(line)
        opened = _FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence):
                yield fence_start, end, False
                fence, start = "", end
        elif opened:
            yield start, at, True
            fence, fence_start = opened[1], at
        elif not line.strip() or _ROW.match(line):
            yield start, at, True
            if not _DELIMITERS.match(line):
                yield at, end, False
            start = end
        elif marker := _MARKER.match(line):
            yield start, at, True
            start = at + marker.end()
        at = end
    yield (fence_start, at, False) if fence else (start, at, True)


def _split(unit: str) -> Iterator[str]:
    """Cut where a sentence ends, judged on a copy in which code, links and comments are blotted out."""
    unit_without = _COMMENT.sub(lambda match: "\n" * len(match[0]), unit)
    blotted = _OPAQUE.sub(_blot, unit_without)
    begin = 0
    for match in _END.finditer(blotted):
        before = blotted[begin : match.end()].rstrip()
        if _NEVER_LAST.search(before) or (_BEFORE_NUMBER.search(before) and blotted[match.end()].isdigit()):
            continue
        yield from _outside_comments(unit, begin, match.end())
        begin = match.end()
    yield from _outside_comments(unit, begin, len(unit))


def _outside_comments(unit: str, begin: int, end: int) -> Iterator[str]:
    yield from (piece for piece in _COMMENT.split(unit[begin:end]) if piece.strip())


def _blot(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith("`"):
        return f"`{'x' * (len(found) - 2)}`"
    return f"[{'X' * (len(found) - 1)}" if found.startswith("[") else "x" * len(found)
