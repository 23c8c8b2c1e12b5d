"""A page's markdown as safe HTML, with the anchors that its sections have and links that stay inside.

The extensions are those of mkdocs-techdocs-core that need nothing beyond this process. The ones that read
files while rendering (snippets, b64) stay off: `Page.markdown` has its includes already. What comes out is
cleaned: no scripts, styles, forms or frames, no images (their text stays), no links but http, mailto and
pages of the same docs.
"""

import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import nh3
from markdown import Markdown
from markdown.blockprocessors import ListIndentProcessor
from markdown.extensions import Extension
from markdown.extensions.sane_lists import SaneOListProcessor, SaneUListProcessor
from markdown.extensions.toc import remove_fnrefs, render_inner_html, strip_tags
from markdown.treeprocessors import Treeprocessor

from ingest.documents import Page, Section
from ingest.entities import EntityRef

_EXTENSIONS = (
    "toc",
    "admonition",
    "pymdownx.details",
    "pymdownx.tabbed",
    "pymdownx.caret",
    "pymdownx.critic",
    "pymdownx.inlinehilite",
    "pymdownx.magiclink",
    "pymdownx.mark",
    "pymdownx.smartsymbols",
    "pymdownx.highlight",
    "pymdownx.extra",
    "pymdownx.tasklist",
    "pymdownx.tilde",
)
_CONFIGURATION: Mapping[str, Mapping[str, Any]] = {
    "pymdownx.tabbed": {"alternate_style": True},
    "pymdownx.extra": {
        "markdown.extensions.tables": {"use_align_attribute": True},  # the policy refuses inline styles
        "pymdownx.betterem": {"smart_enable": "all"},
    },
    "pymdownx.highlight": {"linenums": False, "pygments_lang_class": True},
    "toc": {"permalink": "#", "permalink_class": "anchor", "permalink_title": "Link to this heading"},
}
_MARKS = {"input": {"type", "checked", "disabled", "id", "name"}, "label": {"for"}, "details": {"open"}}
_TAGS = (nh3.ALLOWED_TAGS | {"input", "label"}) - {"img", "map", "area"}


def rendered(page: Page) -> str:
    """The body of `page` as HTML that is safe to embed."""
    markdown = Markdown(
        extensions=[*_EXTENSIONS, _TwoSpaceLists(), _Anchors(page.sections)],
        extension_configs=_CONFIGURATION,
        output_format="html",
    )
    return cleaned(markdown.convert(page.markdown), entity=page.entity, path=page.path)


def cleaned(html: str, *, entity: EntityRef, path: str) -> str:
    """`html` without anything that runs, loads or leaves, its links pointing to this server's pages."""
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={**nh3.ALLOWED_ATTRIBUTES, **_MARKS, "*": {"id", "class", "title", "lang"}},
        attribute_filter=partial(_attribute, entity=entity, path=path),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def page_address(entity: EntityRef, path: str, *, anchor: str = "") -> str:
    """Where this server shows a page."""
    address = f"/docs/{entity.kind}/{entity.namespace}/{entity.name}/{quote(path)}"
    return f"{address}#{quote(anchor)}" if anchor else address


def _attribute(tag: str, name: str, value: str, *, entity: EntityRef, path: str) -> str | None:
    if tag == "input" and name == "type":
        return value if value in ("checkbox", "radio") else "checkbox"
    if tag == "a" and name == "href":
        return _link(value, entity=entity, path=path)
    return value


def _link(href: str, *, entity: EntityRef, path: str) -> str | None:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href if parts.scheme in ("http", "https", "mailto") else None
    if not parts.path:
        return href
    folder = "" if parts.path.startswith("/") else posixpath.dirname(path)
    target = posixpath.normpath(posixpath.join(folder, unquote(parts.path).lstrip("/")))
    if target.startswith(".."):
        return None
    return page_address(entity, "" if target == "." else target, anchor=unquote(parts.fragment))


class _TwoSpaceLists(Extension):
    """Nested lists may be indented by two spaces, as TechDocs sites write them."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - python-markdown's name
        usual, md.tab_length = md.tab_length, 2
        md.parser.blockprocessors.register(ListIndentProcessor(md.parser), "indent", 95)
        md.parser.blockprocessors.register(SaneOListProcessor(md.parser), "olist", 50)
        md.parser.blockprocessors.register(SaneUListProcessor(md.parser), "ulist", 40)
        md.tab_length = usual


class _Anchors(Extension):
    """Gives headings the anchors of their sections, and images their text."""

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - python-markdown's name
        # Just before `toc` (5): it keeps ids that are there and builds its permalinks on them.
        md.treeprocessors.register(_SetAnchors(md, self._sections), "cuebook-anchors", 6)


class _SetAnchors(Treeprocessor):
    def __init__(self, md: Markdown, sections: Sequence[Section]) -> None:
        super().__init__(md)
        self._sections = sections

    def run(self, root: ET.Element) -> None:
        waiting = [section for section in self._sections if section.anchor]
        for heading in _headings(root):
            text = _plain(strip_tags(render_inner_html(remove_fnrefs(heading), self.md)))
            found = next((n for n, section in enumerate(waiting) if _plain(section.heading) == text), None)
            if found is not None:
                heading.set("id", waiting[found].anchor)
                del waiting[: found + 1]
        for image in root.iter("img"):
            text = image.get("alt") or "image"
            image.clear()
            image.tag, image.text = "span", f"[image: {text}]"
            image.set("class", "doc-image")


def _headings(root: ET.Element) -> Iterator[ET.Element]:
    return (element for element in root.iter() if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6"))


def _plain(heading: str) -> str:
    """A heading for comparison: words only, since emphasis and code marks differ between the two forms."""
    return re.sub(r"\W+", "", heading).lower()
