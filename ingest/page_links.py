"""Which page and heading a link leads to, whatever generator wrote the site.

mkdocs links to files (`../ops/restart.md#swap`), Hugo, Docusaurus and the built site to addresses
(`/docs/ops/restart/`, `../restart/`). Both are read; what leads out of the indexed pages is no page link.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from ingest.documents import Page
from ingest.entities import EntityRef
from ingest.markdown.links import Link, links_of
from ingest.markdown.plain import plain

_SUFFIXES = (".md", ".mdx", ".markdown", ".html")
_INDEXES = ("index", "_index", "readme")
_TEXTS_AT_MOST = 40  # of one section; a page that all others link to needs no more names


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link from `source` to the section `anchor` of the page `path` of `entity`; the top's anchor is ""."""

    source: Page
    link: Link
    entity: EntityRef
    path: str
    anchor: str


class PageLinks:
    """Resolves links among pages."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages: dict[tuple[EntityRef, str], Page] = {}
        for page in pages:
            self._pages.setdefault((page.entity, _address(page.path)), page)

    def of(self, page: Page) -> Iterator[PageLink]:
        """The page's links to other pages, in order."""
        for link in links_of(page.markdown):
            found = self.resolve(page, link.target)
            if found is not None and found[0] is not page:
                yield PageLink(page, link, page.entity, found[0].path, found[1])

    def resolve(self, page: Page, target: str) -> tuple[Page, str] | None:
        """The page that `target` leads to from `page`, and the anchor of one of its sections."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        if not path:
            found = None if parts.netloc else page
        else:
            found = self._at(page, path, from_root=bool(parts.netloc) or path.startswith("/"))
        if found is None or (parts.scheme and parts.scheme not in ("http", "https")):
            return None
        anchor = unquote(parts.fragment)
        return found, anchor if any(section.anchor == anchor for section in found.sections) else ""

    def _at(self, page: Page, path: str, *, from_root: bool) -> Page | None:
        if from_root:
            return self._under_root(page.entity, _address(path.strip("/")))
        folder = str(PurePosixPath(page.path).parent)
        starts = [folder]
        if not path.lower().endswith(_SUFFIXES):  # addresses of pages, which are folders of their own
            starts.insert(0, _address(page.path))
        for start in starts:
            joined = normpath(f"{start}/{path}")
            if not joined.startswith(".."):
                found = self._pages.get((page.entity, _address(joined)))
                if found is not None:
                    return found
        return None

    def _under_root(self, entity: EntityRef, address: str) -> Page | None:
        """A site may be served below any prefix, so leading folders are dropped until a page is met; of a full
        address at least two folders must agree."""
        parts = address.split("/")
        for start in range(len(parts)):
            if start and len(parts) - start < 2:
                break
            found = self._pages.get((entity, "/".join(parts[start:])))
            if found is not None:
                return found
        return None


def link_texts(pages: Iterable[Page]) -> dict[tuple[EntityRef, str, str], str]:
    """What the links to a section say, by its entity, path and anchor: each saying once, one a line."""
    known = tuple(pages)
    links = PageLinks(known)
    said: dict[tuple[EntityRef, str, str], dict[str, None]] = {}
    for page in known:
        for link in links.of(page):
            words = plain(link.link.text).strip()
            if words:
                said.setdefault((link.entity, link.path, link.anchor), {})[words] = None
    return {place: "\n".join(list(words)[:_TEXTS_AT_MOST]) for place, words in said.items()}


def _address(path: str) -> str:
    """A path without suffix, without the name of an index page, in lower case: `Ops/README.md` is `ops`."""
    address = path.strip("/").lower()
    for suffix in _SUFFIXES:
        address = address.removesuffix(suffix)
    folder, _, name = address.rpartition("/")
    address = folder if name in _INDEXES else address
    return "" if address == "." else address
