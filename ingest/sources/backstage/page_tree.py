"""The elements of a page of HTML, as far as they are shown.

Scripts, styles, navigation, what is marked as hidden, the mark behind a heading and the numbers beside code are left out when the
tree is made, so that nobody quotes what no reader sees.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_SILENT = frozenset({"script", "style", "template", "svg", "button", "nav", "iframe"})
_SILENT_CLASSES = frozenset({"headerlink", "linenos", "linenodiv", "md-content__button", "md-source-file"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DEEPEST = 100  # elements; what nests deeper stands beside each other there


@dataclass(slots=True)
class Element:
    """One element; text among `children` is as it stands there."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.attributes.get("class", "").split())

    @property
    def is_shown(self) -> bool:
        """Whether a reader sees it; its parents may still be hidden."""
        hidden = "hidden" in self.attributes or _HIDDEN.search(self.attributes.get("style", ""))
        return not (hidden or self.tag in _SILENT or self.classes & _SILENT_CLASSES)


def page_tree(page: str, *, link: Callable[[str], str] = str) -> Element:
    """The whole page. `link` turns the target of each link into what stands there instead."""
    tree = _Tree(link)
    tree.feed(page)
    tree.close()
    return _pruned(tree.root)


def first(element: Element, wanted: Callable[[Element], bool]) -> Element | None:
    """The first element in it that is `wanted`, in the order of the page."""
    for child in element.children:
        if isinstance(child, Element):
            found = child if wanted(child) else first(child, wanted)
            if found is not None:
                return found
    return None


def outermost(element: Element, wanted: Callable[[Element], bool]) -> list[Element]:
    """Those in it that are `wanted` and inside no other such one."""
    found: list[Element] = []
    for child in element.children:
        if isinstance(child, Element):
            found += [child] if wanted(child) else outermost(child, wanted)
    return found


def text_of(element: Element) -> str:
    """All of its text, spaces and line ends as they stand there."""
    if element.tag == "br":
        return "\n"
    return "".join(child if isinstance(child, str) else text_of(child) for child in element.children)


def _pruned(element: Element) -> Element:
    shown = (child for child in element.children if isinstance(child, str) or child.is_shown)
    element.children = [child if isinstance(child, str) else _pruned(child) for child in shown]
    return element


class _Tree(HTMLParser):
    def __init__(self, link: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self._link = link
        self.root = Element("html")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if tag == "a" and "href" in element.attributes:
            element.attributes["href"] = self._link(element.attributes["href"])
        self._open[-1].children.append(element)
        if tag not in VOID and len(self._open) < _DEEPEST:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)
