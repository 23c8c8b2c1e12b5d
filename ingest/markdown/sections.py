"""A page cut at its headings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.documents import Block
from ingest.markdown.anchors import Heading, headings_of
from ingest.markdown.blocks import blocks_of
from ingest.markdown.slugs import MKDOCS_SLUG, Slug

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LEADING_BLANK = re.compile(r"\A(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Cut:
    """One heading and what stands under it: `parents` are the headings above it, the page's first included."""

    anchor: str
    heading: str
    parents: tuple[str, ...]
    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class SplitPage:
    """`title` is the text of the h1 that the page starts with, "" where it starts with no h1."""

    title: str
    cuts: tuple[Cut, ...]


def split_sections(markdown: str, *, slug: Slug = MKDOCS_SLUG) -> SplitPage:
    """Cut a page at every heading of its first column. The first cut is the page's top, with anchor "".

    Each text is a verbatim slice without its heading line. Only where something other than a comment stands
    above the page's h1 does the top's text include that line; its blocks never do. A heading whose explicit
    id is already taken starts no section, because a link to it would lead to the first.
    """
    lines = markdown.split("\n")
    headings = _distinct(headings_of(markdown, slug=slug))
    titled = bool(headings) and headings[0].level == 1
    below = headings[1:] if titled else headings
    starts = [heading.line for heading in below] + [len(lines)]
    cuts = [_top(lines, headings[0] if titled else None, starts[0])]
    above: list[Heading] = headings[:1] if titled else []
    for heading, end in zip(below, starts[1:], strict=True):
        above = [parent for parent in above if parent.level < heading.level]
        text = _slice(lines, heading.end, end)
        parents = tuple(parent.text for parent in above)
        cuts.append(Cut(heading.anchor, heading.text, parents, text, blocks_of(text)))
        above.append(heading)
    return SplitPage(headings[0].text if titled else "", tuple(cuts))


def _top(lines: Sequence[str], title: Heading | None, end: int) -> Cut:
    if title is None:
        text = _slice(lines, 0, end)
        return Cut("", "", (), text, blocks_of(text))
    preamble = _slice(lines, 0, title.line)
    text = _slice(lines, title.end, end)
    blocks = blocks_of(text)
    if _COMMENT.sub("", preamble).strip():
        text, blocks = _slice(lines, 0, end), (*blocks_of(preamble), *blocks)
    return Cut("", title.text, (), text, blocks)


def _slice(lines: Sequence[str], start: int, end: int) -> str:
    return _LEADING_BLANK.sub("", "\n".join(lines[start:end])).rstrip()


def _distinct(headings: Sequence[Heading]) -> list[Heading]:
    first: dict[str, Heading] = {}
    for heading in headings:
        first.setdefault(heading.anchor, heading)
    return list(first.values())
