"""A page of a built TechDocs site as Markdown again: headings with the anchors that it has, steps, code, tables, notes.

The portal serves what mkdocs made of a page, not the page. Its text comes back letter by letter; marks that the HTML does
not tell apart (a `*` or a `_` for emphasis) are written one way. What no reader sees is left out. Nothing is fetched and nothing
is rendered.
"""

import re
from collections.abc import Callable, Mapping

from ingest.sources.backstage.page_tree import VOID, Element, first, outermost, page_tree, text_of

_CONTAINERS = frozenset({"div", "section", "figure", "center", "body", "html", "article"})
_HEADING = re.compile(r"h[1-6]")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source)-([\w#+.-]+)")
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "mark": "=="}


def page_markdown(page: str, *, link: Callable[[str], str] = str) -> str:
    """The content of `page`, the HTML of a built page, as Markdown; "" where it has none.

    `link` turns the target of each link into what is written instead.
    """
    tree = page_tree(page, link=link)
    content = (
        lambda one: one.tag == "article",
        lambda one: one.attributes.get("role") == "main",
        lambda one: one.tag == "main",
    )
    article = next(filter(None, (first(tree, wanted) for wanted in content)), tree)
    return "\n\n".join(_blocks(article)).strip("\n")


def _blocks(element: Element) -> list[str]:
    """The blocks in an element; text that stands among them bare is a paragraph of its own."""
    found: list[str] = []
    bare: list[Element | str] = []

    def flush() -> None:
        if text := _inline(bare).strip():
            found.append(text)
        bare.clear()

    for child in element.children:
        made = None if isinstance(child, str) else _block(child)
        if made is None:
            bare.append(child)
        else:
            flush()
            found += [text for text in made if text.strip()]
    flush()
    return found


def _block(element: Element) -> list[str] | None:
    """The blocks that an element is; None for what stands in a line."""
    tag, classes = element.tag, element.classes
    if tag == "hr" or "tabbed-labels" in classes:
        return []
    if "tabbed-set" in classes:
        return _tabs(element)
    made = _maker(tag, classes)
    if made is not None:
        return [made(element)]
    return _blocks(element) if tag in _CONTAINERS else None


def _maker(tag: str, classes: frozenset[str]) -> Callable[[Element], str] | None:
    """What writes an element that is one block."""
    if "admonition" in classes:
        return _note
    if classes & {"highlight", "highlighttable"}:
        return _code
    return _heading if _HEADING.fullmatch(tag) else _MAKERS.get(tag)


def _paragraph(element: Element) -> str:
    return _inline(element.children).strip()


def _heading(element: Element) -> str:
    anchor = element.attributes.get("id", "")
    attributes = f" {{#{anchor}}}" if re.fullmatch(r"[^\s{}\"'=]+", anchor) else ""
    return f"{'#' * int(element.tag[1])} {' '.join(_inline(element.children).split())}{attributes}"


def _code(element: Element) -> str:
    code = first(element, lambda one: one.tag == "code") or element
    known = " ".join([*element.classes, *code.classes])
    language = match[1] if (match := _LANGUAGE.search(known)) else ""
    text = text_of(code).strip("\n")
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}{'' if language == 'text' else language}\n{text}\n{fence}"


def _list(element: Element) -> str:
    items = [child for child in element.children if isinstance(child, Element) and child.tag == "li"]
    start = element.attributes.get("start", "1")
    number = int(start) if start.isdecimal() and len(start) < 8 else 1
    made, loose = [], False
    for at, item in enumerate(items):
        marker = f"{number + at}." if element.tag == "ol" else "-"
        blocks = _blocks(item) or [""]
        loose |= len(blocks) > 1 and not blocks[1].startswith(("- ", "1. "))
        joint = "\n\n" if loose else "\n"
        body = joint.join(blocks)
        made.append(f"{marker} {_indented(body)}")
    return ("\n\n" if loose else "\n").join(made)


def _indented(text: str, *, by: str = "    ") -> str:
    """Every line but the first and empty ones."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(f"{by}{line}" if line else "" for line in rest)])


def _table(element: Element) -> str:
    rows = [[_cell(cell) for cell in _cells(row)] for row in outermost(element, lambda one: one.tag == "tr")]
    rows = [row for row in rows if row]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def _cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element) and child.tag in ("td", "th")]


def _cell(cell: Element) -> str:
    return " ".join(" ".join(_blocks(cell)).split()).replace("|", "\\|")


def _quote(element: Element) -> str:
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(_blocks(element)).split("\n"))


def _note(element: Element) -> str:
    """An admonition, folded or not."""
    kind = next(
        (name for name in element.attributes.get("class", "").split() if name != "admonition"), "note"
    )
    title, body = "", []
    for child in element.children:
        named = isinstance(child, Element) and (child.tag == "summary" or "admonition-title" in child.classes)
        if named and isinstance(child, Element):
            title = _paragraph(child).replace('"', "'")
        else:
            body.append(child)
    text = "\n\n".join(_blocks(Element("div", children=body)))
    opening = "???" if element.tag == "details" else "!!!"
    shown = "" if title == kind.capitalize() else f' "{title}"'  # mkdocs gives a title where there was none
    return f"{opening} {kind}{shown}\n    {_indented(text)}"


def _definitions(element: Element) -> str:
    """Terms, each with what it means under it."""
    made: list[str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag == "dt":
            made.append(("\n" if made else "") + _paragraph(child))
        elif isinstance(child, Element) and child.tag == "dd":
            body = "\n\n".join(_blocks(child))
            made.append(f":   {_indented(body)}")
    return "\n".join(made)


_MAKERS: Mapping[str, Callable[[Element], str]] = {
    "p": _paragraph,
    "dl": _definitions,
    **dict.fromkeys(("ul", "ol"), _list),
    "table": _table,
    "blockquote": _quote,
    "pre": _code,
    "details": _note,
}


def _tabs(element: Element) -> list[str]:
    labels = [
        _paragraph(label).replace('"', "'") for label in outermost(element, lambda one: one.tag == "label")
    ]
    contents = outermost(element, lambda one: "tabbed-block" in one.classes)
    made = []
    for label, content in zip(labels, contents, strict=False):
        text = "\n\n".join(_blocks(content))
        made.append(f'=== "{label}"\n\n    {_indented(text)}')
    return made


def _inline(children: "list[Element | str]") -> str:
    return _SPACES.sub(" ", "".join(_in_line(child) for child in children)).replace(_BREAK, "\\\n")


_BREAK = "\ue001"


def _in_line(child: "Element | str") -> str:
    if isinstance(child, str):
        return child.replace(_BREAK, "")
    tag = child.tag
    if tag == "code":
        return _code_in_line(text_of(child))
    if tag in VOID:
        return _void(child)
    text = "".join(_in_line(each) for each in child.children)
    if tag in _MARKS and text.strip():
        mark = _MARKS[tag]
        return f"{mark}{text.strip()}{mark}"
    target = child.attributes.get("href", "")
    return (
        f"[{text}]({target})" if tag == "a" and re.fullmatch(r"[^\s()<>]+", target) and text.strip() else text
    )


def _void(element: Element) -> str:
    """What stands for an element without content: a line's end, an image's words, a task's box."""
    if element.tag == "br":
        return _BREAK
    if element.tag == "img":
        return element.attributes.get("alt", "")
    ticked = "x" if "checked" in element.attributes else " "
    return f"[{ticked}] " if element.attributes.get("type") == "checkbox" else ""


def _code_in_line(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"
