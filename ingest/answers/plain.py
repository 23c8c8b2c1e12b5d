"""Source markdown made fit to stand inside an answer: no images, no hidden parts, no marks of a site generator, and no
links but those to hosts that the deployment knows.

Other links leave their text; code is kept to the letter.
"""

import re
import textwrap
from collections.abc import Collection
from urllib.parse import urlsplit

from ingest.markdown.site_marks import CODE, without_site_marks

# An address ends somewhere: trying each part of it takes long where nothing closes it.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\[]*)\](?:\([^)]{0,2000}\)|\[[^\]\[]*\])")
_LINK = re.compile(r"\[([^\]\[]+)\](?:\(([^)\s]{0,2000})(?:\s+\"[^\"]{0,2000}\")?\)|\[[^\]\[]*\])")
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
_PLAIN_ADDRESS = re.compile(r"https://[A-Za-z0-9.:-]{1,253}(?:[/?#][\w\-./?#%&=+,:@~!*]{0,1800})?")


def inline(markdown: str, hosts: Collection[str] = ()) -> str:
    """One line of running text; links over https to `hosts` (lower case, with a port where one is written) stay."""
    kept: list[str] = []

    def keep(text: str) -> str:
        kept.append(text)
        return f"\0{len(kept) - 1}\0"

    def linked(match: re.Match[str]) -> str:
        words, address = match[1], match[2] or ""
        return f"[{words}]{keep(f'({address})')}" if _leads_to(hosts, address) else words

    def told(match: re.Match[str]) -> str:
        return f"[{match[1]}]({match[1]})" if _leads_to(hosts, match[1]) else f"`{match[1]}`"

    text = without_site_marks(CODE.sub(lambda match: keep(match.group()), _COMMENT.sub(" ", markdown)))
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(linked, text)
    text = _TAG.sub("", _ATTRIBUTES.sub("", _FOOTNOTE.sub("", text)))
    # A bare `[3]` of the source would read like one of the answer's own citations.
    text = _MARK.sub(r"(\1)", text)
    text = _ADDRESS.sub(told, _INVISIBLE.sub("", text))
    text = re.sub(r"\s*\n\s*(?:>\s*)?", " ", text)
    text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return re.sub(r"[ \t]+", " ", text).strip()


def _leads_to(hosts: Collection[str], address: str) -> bool:
    """Whether an https address is at one of `hosts`, with no user, space or mark that an answer's link could not hold."""
    if not hosts or not _PLAIN_ADDRESS.fullmatch(address):
        return False
    return urlsplit(address).netloc.lower() in hosts


def block(markdown: str, hosts: Collection[str] = ()) -> str:
    """Several lines, dedented; each line outside code cleaned on its own, with links to `hosts` as `inline` keeps them."""
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
            if told := inline(line, hosts):
                lines.append(indent + told)
    return "\n".join(lines).strip("\n")
