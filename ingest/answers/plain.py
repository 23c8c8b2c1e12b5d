"""Source markdown made fit to stand inside an answer: no links or images to follow, no hidden parts, no marks of a site generator.

Links leave their text, since an answer's only links are its citations; code is kept to the letter.
"""

import re
import textwrap

from ingest.markdown.site_marks import without_site_marks

# A run of marks is taken whole and an address ends somewhere: trying each part of them takes long where nothing closes them.
_CODE = re.compile(
    r"(?<!`)(`{3,})(?!`).*?(?<!`)\1`*|(?<!~)(~{3,})(?!~).*?(?<!~)\2~*|(?<!`)(`{1,2})(?!`).*?(?<!`)\3(?!`)",
    re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\[]*)\](?:\([^)]{0,2000}\)|\[[^\]\[]*\])")
_LINK = re.compile(r"\[([^\]\[]+)\](?:\([^)\s]{0,2000}(?:\s+\"[^\"]{0,2000}\")?\)|\[[^\]\[]*\])")
_FOOTNOTE = re.compile(r"\[\^[^\]]+\]:?")
_ATTRIBUTES = re.compile(r"\{:?\s*[#.][^}]*\}")
# Known elements only: `<producer>-<day>` is a placeholder, not markup.
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|center|code|dd|details|div|dl|dt|em|figcaption|figure|font|form|h[1-6]|hr|i|iframe|img|input|"
    r"kbd|li|mark|object|ol|p|picture|pre|s|script|small|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|"
    r"th|thead|tr|u|ul|video)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# An address is told as text: what shows the answer would make a link of it, or fetch it.
_ADDRESS = re.compile(
    r"<?(?<![\w/`])((?:https?|ftp)://[^\s<>()\[\]`\0]{1,2000}?)(?<![.,;:!?])>?(?=[.,;:!?]*(?:[\s<>()\[\]]|$))"
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e01ef]")
_MARK = re.compile(r"\[(\d+)\]")


def inline(markdown: str) -> str:
    """One line of running text."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\0{len(kept) - 1}\0"

    text = without_site_marks(_CODE.sub(keep, _COMMENT.sub(" ", markdown)))
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub("", _ATTRIBUTES.sub("", _FOOTNOTE.sub("", text)))
    # A bare `[3]` of the source would read like one of the answer's own citations.
    text = _MARK.sub(r"(\1)", text)
    text = _ADDRESS.sub(r"`\1`", _INVISIBLE.sub("", text))
    text = re.sub(r"\s*\n\s*(?:>\s*)?", " ", text)
    text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return re.sub(r"[ \t]+", " ", text).strip()


def block(markdown: str) -> str:
    """Several lines, dedented; each line outside code cleaned on its own."""
    lines: list[str] = []
    fenced = False
    for line in textwrap.dedent(_COMMENT.sub("", markdown)).splitlines():
        fence = re.match(r"\s*(`{3,}|~{3,})", line)
        if fence:
            fenced = not fenced
        if fenced or fence or not line.strip():
            lines.append(line)
        else:
            indent = line[: len(line) - len(line.lstrip())]
            if told := inline(line):
                lines.append(indent + told)
    return "\n".join(lines).strip("\n")
