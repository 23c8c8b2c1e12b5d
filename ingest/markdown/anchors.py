"""The headings of a page with the anchors that mkdocs and TechDocs give them.

python-markdown itself says what is a heading: its preprocessors and block parser run over the page with the
extensions of mkdocs-techdocs-core, so that fences, HTML blocks, admonitions and lists are judged as they are
when the site is built. Three things keep that cheap enough for thousands of pages:

- every line that could be a heading carries a mark, which tells afterwards where it stood in the source;
- running text, which cannot contain a heading, is replaced by one letter before it is parsed;
- inline markup is rendered for headings alone, and only for those that have any.

Nothing is highlighted, drawn or downloaded: fences of every language are dropped unread.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from ingest.markdown.outline import MARK, is_flat, outline
from ingest.markdown.slugs import MKDOCS_SLUG, Slug

if TYPE_CHECKING:
    from markdown import Markdown

_LIMIT = 2_000_000
_UNDERLINED_LIMIT = 1_000
_MARK_END = "\ue001"
_MARK = re.compile(rf"{MARK}(\d+){_MARK_END}")
_ATX = re.compile(r"#{1,6}")
_UNDERLINE = re.compile(r"[=-]+[ ]*$")
_SETEXT_TITLE = re.compile(
    r"(?![\s>#<]|`{3}|~{3}|[-*+][ ]|\d+\.[ ])(?P<title>.*?)(?P<attributes>[ ]+\{[^}\n]*\}[ ]*)?$"
)
_HEADING_TAG = re.compile(r"h[1-6]$")
_PLAIN_NAME = re.compile(
    r"(?:[^\W_]|[ ,;?!'\"-]|[.:](?= |$)|(?<!`)`[^`<>&\\{}#\s](?:[^`<>&\\{}#]*[^`<>&\\{}#\s])?`(?!`))*$"
)
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading that starts in the first column.

    `line` and `end` count from 0: the source's lines from `line` up to but not including `end` are the
    heading itself (two for an underlined one). `text` is without markup.
    """

    level: int
    text: str
    anchor: str
    line: int
    end: int


def headings_of(markdown: str, *, slug: Slug = MKDOCS_SLUG) -> tuple[Heading, ...]:
    """The page's headings in order. Those inside lists, admonitions and tabs are not among them, but count
    when anchors are numbered apart, as they do in mkdocs.

    Pages of more than two million characters or a thousand underlined headings, and pages on which
    python-markdown fails, are read line by line instead; their anchors agree except where markup is nested in unusual ways.
    """
    lines = markdown.replace(MARK, " ").replace(_MARK_END, " ").split("\n")
    candidates = _candidates(lines)
    if not candidates:
        return ()
    if len(markdown) > _LIMIT or _underlined(candidates) > _UNDERLINED_LIMIT:
        return _line_by_line(lines, candidates, slug)
    try:
        return _as_mkdocs(lines, candidates, slug)
    except Exception:  # whatever a page does to the parser, its text is still searched
        return _line_by_line(lines, candidates, slug)


@dataclass(frozen=True, slots=True)
class _Candidate:
    line: int
    end: int
    marked: str


def _underlined(candidates: dict[int, _Candidate]) -> int:
    return sum(candidate.end - candidate.line > 1 for candidate in candidates.values())


def _candidates(lines: list[str]) -> dict[int, _Candidate]:
    found = {}
    for number, line in enumerate(lines):
        if atx := _ATX.match(line):
            marked = f"{atx[0]}{MARK}{number}{_MARK_END}{line[atx.end() :]}"
            found[number] = _Candidate(number, number + 1, marked)
        elif line and number and _UNDERLINE.match(line) and (number - 1) not in found:
            title = _SETEXT_TITLE.match(lines[number - 1])
            if title and title["title"].strip():
                marked = f"{title['title']}{MARK}{number - 1}{_MARK_END}{title['attributes'] or ''}"
                found[number - 1] = _Candidate(number - 1, number + 1, marked)
    return found


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids of a page; `latest` spares a slug that comes often the way through all its numbers."""

    used: set[str]
    latest: dict[str, str] = field(default_factory=dict)

    def unique(self, slug: str) -> str:
        """`slug`, or with `_1`, `_2`, … where it is taken or empty."""
        from markdown.extensions.toc import unique

        self.latest[slug] = unique(self.latest.get(slug, slug), self.used)
        return self.latest[slug]


def _as_mkdocs(lines: list[str], candidates: dict[int, _Candidate], slug: Slug) -> tuple[Heading, ...]:
    marked = list(lines)
    for number, candidate in candidates.items():
        marked[number] = candidate.marked
    md = _parser()
    md.reset()
    root = _tree(md, outline(marked))
    positions = {element: _unmark(element) for element in root.iter() if _is_heading(element)}
    names = _names(md, root, list(positions))
    ids = _Ids({element.attrib["id"] for element in root.iter() if "id" in element.attrib})
    headings = []
    for element, position in positions.items():
        name = html.unescape(names[element])
        anchor = element.attrib.get("id") or ids.unique(slug(name))
        if position is not None:
            at = candidates[position]
            headings.append(Heading(int(element.tag[1]), name, anchor, at.line, at.end))
    return tuple(headings)


def _tree(md: "Markdown", outlined: list[str]) -> Element:
    """The page's blocks; a flat page needs no parser."""
    if not is_flat(outlined):
        for preprocessor in md.preprocessors:
            outlined = preprocessor.run(outlined)
        parsed = md.parser.parseDocument(outlined).getroot()
        return parsed if parsed is not None else Element("div")
    root = Element("div")
    for line in outlined:
        if atx := _ATX.match(line):
            heading = SubElement(root, f"h{len(atx[0])}")
            heading.text = line[atx.end() :].rstrip("#").strip()
    return root


def _is_heading(element: Element) -> bool:
    return isinstance(element.tag, str) and _HEADING_TAG.match(element.tag) is not None


def _unmark(heading: Element) -> int | None:
    """Take the mark out of a heading's text; it is the line where the heading stood, None for nested ones."""
    match = _MARK.search(heading.text or "")
    heading.text = _MARK.sub("", heading.text or "").strip()
    return int(match[1]) if match else None


def _names(md: "Markdown", root: Element, headings: list[Element]) -> dict[Element, str]:
    """Each heading's text as HTML without tags. Explicit ids are set on the elements on the way."""
    from markdown.extensions.toc import remove_fnrefs, render_inner_html, strip_tags

    names = {}
    rendered = Element("div")
    for heading in headings:
        text = heading.text or ""
        if len(heading) == 0 and _PLAIN_NAME.match(text) and "www" not in text:
            names[heading] = html.escape(" ".join(text.replace("`", "").split()), quote=False)
        else:
            rendered.append(heading)
    rendered.extend(element for element in _with_attributes(root) if not _is_heading(element))
    if len(rendered):
        for name in ("inline", "attr_list", "smart-symbols"):
            md.treeprocessors[name].run(rendered)
    for heading in headings:
        if heading not in names:
            names[heading] = strip_tags(render_inner_html(remove_fnrefs(heading), md))
    return names


def _with_attributes(root: Element) -> Iterator[Element]:
    """Blocks whose own text may set an id: `{: #like-this }`."""
    for element in root.iter():
        text = f"{element.text or ''}{element.tail or ''}"
        if "{" in text and "#" in text and not len(element):
            yield element


def _line_by_line(lines: list[str], candidates: dict[int, _Candidate], slug: Slug) -> tuple[Heading, ...]:
    headings, ids, fence = [], _Ids(set()), ""
    for number, line in enumerate(lines):
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        elif not fence and number in candidates:
            at = candidates[number]
            atx = _ATX.match(line)
            level = len(atx[0]) if atx else (1 if lines[number + 1].startswith("=") else 2)
            text = " ".join(line.strip("# ").split())
            headings.append(Heading(level, text, ids.unique(slug(text)), at.line, at.end))
    return tuple(headings)


@lru_cache(maxsize=1)
def _parser() -> "Markdown":
    from ingest.markdown.techdocs_dialect import techdocs_markdown

    return techdocs_markdown()
