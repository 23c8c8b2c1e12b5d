"""A page reduced to what decides where its headings are, so that it parses many times faster.

Text that cannot start, end or hide a heading becomes the letter `x`: paragraphs, fenced code, the words of
list items, tables. What stays as it is: every line with a mark (a possible heading), with `<`, `>` or `{`, with
indentation, list markers or an underline, and whatever else begins with a sign.
"""

import re

MARK = "\ue000"
"""Begins the mark that a possible heading carries."""

_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})(?P<rest>.*)$")
_INFO = re.compile(r"(?:[ \t]*[\w#.+-]+)?(?:[ \t]+[A-Za-z]\w*=(?:\"[^\"`]*\"|'[^'`]*'))*[ \t]*$")
_RUN = re.compile(
    r"(?P<indent>[ \t]*)"
    r"(?:[^\W\d_]|[\"'(“]|\*{1,2}[^\W_]|_[^\W_]|`(?!``)|!?\[[^\]^\n]*\]\()"
    rf"[^<>{{{MARK}\n]*$"
)
_ITEM = re.compile(rf"(?P<marker>[ \t]*(?:[-*+]|\d+\.)[ ]+(?:\[[ xX]\][ ]+)?)[^\W\d_][^<>{{{MARK}\n]*$")
_ROW = re.compile(rf"(?P<indent>[ \t]*)\|[^<>{{{MARK}\n]*$")
_ALONE = re.compile(rf"(?:-{{3,}}|\*{{3,}}|_{{3,}})[ \t]*$|<!--[^<>{MARK}]*-->[ \t]*$")
_UNDERLINE = re.compile(r"[ \t]*[=-]+[ ]*$")
_HEADING = re.compile(rf"#{{1,6}}{MARK}")
_FLAT = re.compile(rf"[ \t]*(?:(?:[-*+]|\d+\.)[ ]+)?x$|#{{1,6}}{MARK}[^\\]*$|$")


def outline(lines: list[str]) -> list[str]:
    """`lines` with running text replaced; headings come out of a parser as they would have before."""
    kept: list[str] = []
    block: list[str] = []
    for line in _without_code(lines):
        heading = _HEADING.match(line) is not None
        if line.strip() and not heading:
            block.append(line)
            continue
        _flush(block, kept)
        block = []
        _blank(kept)
        if heading:  # between blank lines, which spares the parser taking it out of a block
            kept.extend((line, ""))
    _flush(block, kept)
    return kept


def _blank(kept: list[str]) -> None:
    if not kept or kept[-1]:
        kept.append("")


def is_flat(outlined: list[str]) -> bool:
    """Whether nothing is left but `#` headings, prose and list items: then each marked line is a heading."""
    return all(_FLAT.match(line) for line in outlined)


def _without_code(lines: list[str]) -> list[str]:
    """Fences that start in the first column, and leave no doubt where they end, become one `x` each."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        found = _FENCE.match(lines[at])
        if found is None:
            kept.append(lines[at])
            at += 1
            continue
        end = _end_of_fence(lines, at, found["fence"]) if _INFO.match(found["rest"]) else None
        if end is None:
            return [*kept, *lines[at:]]
        kept.append("x")
        at = end
    return kept


def _end_of_fence(lines: list[str], start: int, fence: str) -> int | None:
    for at in range(start + 1, len(lines)):
        line = lines[at]
        if line.startswith(fence) and not line[len(fence) :].strip():
            return at + 1
        if line.lstrip().startswith(">"):
            return None
    return None


def _flush(block: list[str], kept: list[str]) -> None:
    if not block:
        return
    whole = _whole(block)
    if whole is None:
        kept.extend(_shortened(block))
    elif len(kept) < 2 or kept[-1] or kept[-2] != whole:
        kept.append(whole)
    else:
        kept.pop()


def _whole(block: list[str]) -> str | None:
    """One line for a block that is nothing but prose, or nothing but a table; None for any other."""
    if len(block) == 1 and _ALONE.match(block[0]):
        return "x"
    pattern = _ROW if _ROW.match(block[0]) else _RUN
    indents = set()
    for line in block:
        match = pattern.match(line)
        if match is None:
            return None
        indents.add(match["indent"])
    return f"{indents.pop()}x" if len(indents) == 1 else None


def _shortened(block: list[str]) -> list[str]:
    short: list[str] = []
    for line, following in zip(block, [*block[1:], ""], strict=True):
        if _UNDERLINE.match(following):
            short.append(line)
        elif match := _ITEM.match(line):
            item = f"{match['marker']}x"
            if not short or short[-1] != item:
                short.append(item)
        elif (match := _RUN.match(line)) and "|" not in line:
            prose = f"{match['indent']}x"
            if not short or short[-1] != prose:
                short.append(prose)
        else:
            short.append(line)
    return short
