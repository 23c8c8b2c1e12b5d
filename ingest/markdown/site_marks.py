"""What site generators write between the words of a page, which their readers never see.

- Hugo's shortcodes, `{{< note >}}` and `{{% steps %}}`; one that says its words in `text` or `title` leaves those.
- Docusaurus' containers, `:::note Title` to `:::`.
- MDX: lines that import or export, `{/* comments */}`, tags of components (`<Tabs groupId="os">`, `<Version />`).

A `<Name>` without attributes is a placeholder in prose unless it is closed nearby or alone on its line.
"""

import re

# A run of marks is taken whole: trying each part of it takes long where nothing closes it.
CODE = re.compile(
    r"(?<!`)(`{3,})(?!`).*?(?<!`)\1`*|(?<!~)(~{3,})(?!~).*?(?<!~)\2~*|(?<!`)(`{1,2})(?!`).*?(?<!`)\3(?!`)",
    re.DOTALL,
)
"""Fenced blocks and spans of code in markdown."""

_SHORTCODE = re.compile(r"\{\{(?P<mark>[<%])[-]?(?P<inside>[^{}\n]{0,400}?)[-]?[>%]\}\}")
_SAID = re.compile(r"\b(?:text|title)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_COMMENT = re.compile(r"\{/\*.{0,2000}?\*/\}", re.DOTALL)
_CONTAINER = re.compile(r"^[ \t]*:{3,}(?:[ \t]*[a-z][\w-]*(?:[ \t\[{].*)?)?[ \t]*$", re.MULTILINE)
_MODULE = re.compile(
    r"^(?:import\s++(?:(?:[\w*{},]+\s++){1,60}?from\s++)?([\"'])[^\"'\n]+\1(?:[ \t]*;)?|export[ \t]+(?:const|default|function)\b.*)[ \t]*$",
    re.MULTILINE,
)
_COMPONENT = re.compile(
    r"<(?:[A-Z][\w.]*(?:\s+[A-Za-z][\w-]*\s*=\s*(?:\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\}))*\s*/|"
    r"[A-Z][\w.]*(?:\s+[A-Za-z][\w-]*\s*=\s*(?:\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\}))+\s*|/[A-Z][\w.]*)>"
)
_MANY_BLANK = re.compile(r"\n(?:[ \t]*+\n){2,}")
_OPENING = re.compile(r"<(?P<name>[A-Z][\w.]*)>")
_ALONE = re.compile(r"^[ \t]*<[A-Z][\w.]*>[ \t]*$", re.MULTILINE)


def without_site_marks(prose: str) -> str:
    """`prose`, which holds no code, as the site's reader sees it; links and emphasis stay as they are."""
    text = prose
    if "{{" in text:
        text = _SHORTCODE.sub(_words_of, text)
    if "{/*" in text:
        text = _COMMENT.sub("", text)
    if ":::" in text:
        text = _CONTAINER.sub("", text)
    if "import" in text or "export" in text:
        text = _MODULE.sub("", text)
    if "<" in text:
        closed = {match[2:-1] for match in _COMPONENT.findall(text) if match.startswith("</")}
        text = _ALONE.sub("", _COMPONENT.sub("", text))
        text = _OPENING.sub(lambda match: "" if match["name"] in closed else match.group(), text)
    return text


def _words_of(shortcode: re.Match[str]) -> str:
    said = _SAID.search(shortcode["inside"])
    return (said["double"] or said["single"] or "") if said else ""


def as_read(markdown: str) -> str:
    """`markdown` without a generator's marks; code, which may quote them, is kept to the letter."""
    if not any(sign in markdown for sign in ("{{", "{/*", ":::", "import", "export", "<")):
        return markdown
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\0{len(kept) - 1}\0"

    text = without_site_marks(CODE.sub(keep, markdown.replace("\0", "")))
    text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return text if text == markdown else _MANY_BLANK.sub("\n\n", text).strip("\n")


def says_nothing(prose: str) -> bool:
    """Whether there are marks alone."""
    return not without_site_marks(prose).strip()
