"""Markdown as a reader sees it, for embedding and keyword search: words without markup."""

import html
import re
from functools import lru_cache

from ingest.markdown.site_marks import without_site_marks

_FENCE = re.compile(r"[ \t]*+(?:>[ ]?)*+[ \t]*+(`{3,}|~{3,})")
_COMMENT = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_KEPT = re.compile("\ue002(\\d+)\ue003")
_LINK = re.compile(
    r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"(?:\((?:<[^>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)|\[[^\[\]]*\])"
)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]+\]:?")
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^<>\s]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ATTRIBUTES = re.compile(r"\{[:#.][^{}\n]*\}|\{[ ]+[:#.][^{}\n]*\}")
_EMPHASIS = re.compile(
    r"(\*\*\*|\*\*|\*|~~|==|\^\^)(?=\S)([^\n]{1,300}?)(?<=\S)\1|(?<!\w)(__|_)(?=\S)([^\n]{1,300}?)(?<=\S)\3(?!\w)"
)
_ICON = re.compile(r"(?<!\S):[a-z][a-z0-9_+-]*:(?!\S)")
_ESCAPE = re.compile(r"(\\)([\\`*_{}\[\]()#+.!|<>~^=-])")
_DEFINITION = re.compile(r"[ ]{0,3}(?:\[[^\]^\n]+\]:[ ]*\S+.*|\*\[[^\]\n]+\]:.*)$")
_START = re.compile(r"[ \t]*+(?:>[ ]?)*+[ \t]*+(?:#{1,6}[ \t]+|\[![A-Za-z]+\][ \t]*)?(?:\[[ xX]\][ \t]+)?")
_CALLOUT = re.compile(r"(?:!!!|\?\?\?\+?)[ \t]+(?P<type>[\w-]+)[^\"\n]*(?:\"(?P<title>[^\"\n]*)\")?[ \t]*$")
_TAB = re.compile(r"===[!+]?[ \t]+[\"'](?P<title>.*)[\"'][ \t]*$")
_RULE = re.compile(r"(?:(?=[|:\s]*-)[|:\s-]*|=+|\*[\s*]*\*|_[\s_]*_)$")
_MANY_BLANK = re.compile(r"\n{3,}")


@lru_cache(maxsize=64)  # who cuts a section and who counts its words ask for it one after the other
def plain(markdown: str) -> str:
    """The text of a page, section or block: links become their text, code stays, comments, tags and
    what a site generator reads between the words go.

    Table cells are set apart by ` | `, list items keep their marker, indentation is kept in code alone.
    """
    parts: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        found = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if found and not fence:
            parts.append(_prose("\n".join(prose)))
            prose, fence = [], found[1]
        elif found and found[1].startswith(fence):
            fence = ""
        elif fence:
            parts.append(line)
        else:
            prose.append(line)
    parts.append(_prose("\n".join(prose)))
    return _MANY_BLANK.sub("\n\n", "\n".join(part for part in parts if part)).strip("\n")


def _prose(text: str) -> str:
    if not text.strip():
        return ""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[2].strip())
        return f"\ue002{len(kept) - 1}\ue003"

    text = _CODE_SPAN.sub(keep, text)
    text = _ESCAPE.sub(keep, text) if "\\" in text else text
    text = without_site_marks(_COMMENT.sub("", text))
    text = _inline("\n".join(_line(line) for line in text.split("\n") if not _DEFINITION.match(line)))
    return _KEPT.sub(lambda match: kept[int(match[1])] if int(match[1]) < len(kept) else "", text)


def _line(line: str) -> str:
    line = line[_START.match(line).end() :].rstrip()  # type: ignore[union-attr]  # every line has a start
    if _RULE.match(line):
        return ""
    if line.startswith(("!!!", "???")) and (callout := _CALLOUT.match(line)):
        title = callout["title"]
        return callout["type"].capitalize() if title is None else title
    if line.startswith("===") and (tab := _TAB.match(line)):
        return tab["title"]
    if line.startswith("|"):
        return " | ".join(cell.strip() for cell in line.strip("|").split("|"))
    return line


def _inline(text: str) -> str:
    if "[" in text:
        text = _FOOTNOTE.sub("", _LINK.sub(r"\g<text>", _LINK.sub(r"\g<text>", text)))
    if "<" in text:
        text = _TAG.sub("", _AUTOLINK.sub(r"\1", text))
    if "{" in text:
        text = _ATTRIBUTES.sub("", text)
    text = _EMPHASIS.sub(_emphasised, text)
    text = _ICON.sub("", text)
    return html.unescape(text) if "&" in text else text


def _emphasised(match: re.Match[str]) -> str:
    inside = match[2] or match[4]
    return _EMPHASIS.sub(_emphasised, inside)
