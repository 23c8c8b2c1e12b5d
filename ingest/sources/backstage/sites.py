"""The TechDocs of one entity, as the portal has built them: its pages with their own anchors, by conditional requests."""

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from ingest.documents import Page
from ingest.entities import Entity, EntityRef
from ingest.markdown.sections import split_sections
from ingest.reviews import reviewed
from ingest.sources.backstage.kept import KeptPage, KeptSite
from ingest.sources.backstage.page_text import page_markdown
from ingest.sources.backstage.portal import Portal, PortalError
from ingest.sources.techdocs import content_hash_of, section_of

_MOST_PAGES = 5_000  # of a site
_ROOT = "/"
DOCS = "backstage.io/techdocs-ref"


def has_docs(entity: Entity) -> bool:
    """Whether the portal shows docs of its own for an entity."""
    return DOCS in entity.annotations


def build_docs(portal: Portal, ref: EntityRef) -> None:
    """Have the portal build the docs if it does so itself and its sources are newer. Raises `PortalError`."""
    portal.text(f"/api/techdocs/sync/{_triplet(ref)}", events=True)


def current_site(portal: Portal, ref: EntityRef, kept: KeptSite | None) -> KeptSite:
    """The site as it is built now; of an unchanged build nothing is asked for but its metadata.

    Raises `PortalError` when it cannot be had whole.
    """
    metadata = _metadata(portal, ref)
    build = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode()).hexdigest()
    if kept is not None and kept.build == build:
        return kept
    titles = _titles(portal, ref)
    before = {page.location: page for page in kept.pages} if kept else {}
    built_at = _moment(metadata.get("build_timestamp"))
    pages: list[KeptPage] = []
    left_out: list[tuple[str, str]] = []
    for location, title in titles.items():
        page = _page(portal, ref, location, titles, before.get(location))
        if page is None:
            left_out.append((page_path(location), "is in the site's search index, but there is no such page"))
        else:
            changed = page.changed or built_at
            pages.append(replace(page, title=title or page.path, changed=changed))
    return KeptSite(build, str(metadata.get("site_name") or ""), tuple(pages), tuple(left_out))


def live_page(portal: Portal, entity: Entity, path: str) -> Page | None:
    """One page as it is now; None when the site has none at `path`. Raises `PortalError`."""
    titles = _titles(portal, entity.ref)
    location = next((each for each in titles if page_path(each) == path), None)
    found = None if location is None else _page(portal, entity.ref, location, titles, None)
    return None if found is None else made_page(entity, found, site="")


def made_page(entity: Entity, kept: KeptPage, *, site: str) -> Page:
    """The page with its sections."""
    split = split_sections(kept.markdown)
    content_hash = content_hash_of(kept.markdown)
    page = Page(
        entity=entity.ref,
        path=kept.path,
        title=kept.title,
        trail=(site or entity.title,),
        markdown=kept.markdown,
        revision=f"sha256:{content_hash}",
        content_hash=content_hash,
        sections=(),
        modified=datetime.fromisoformat(kept.changed) if kept.changed else None,
        owner=entity.owner,
        reviewed=reviewed({}, entity),
    )
    return replace(page, sections=tuple(section_of(page, cut) for cut in split.cuts))


def page_path(location: str) -> str:
    """`runbook/` is the page `runbook.md`, and the site's first one `index.md`."""
    bare = unquote(location).removesuffix("/").removesuffix(".html")
    return f"{bare or 'index'}.md"


def _metadata(portal: Portal, ref: EntityRef) -> Mapping[str, Any]:
    address = f"/api/techdocs/metadata/techdocs/{_triplet(ref)}"
    metadata = portal.json(address)
    if metadata is None:
        build_docs(portal, ref)
        metadata = portal.json(address)
    if not isinstance(metadata, dict):
        raise PortalError(f"the docs of {ref} have not been built; open them once in the portal")
    return metadata


def _titles(portal: Portal, ref: EntityRef) -> dict[str, str]:
    """The pages' locations in the site, and their titles. Raises `PortalError`."""
    index = portal.json(f"{_static(ref)}/search/search_index.json")
    entries = index.get("docs") if isinstance(index, dict) else None
    if not isinstance(entries, list):
        raise PortalError(f"the docs of {ref} have no search index; build them with the plugin techdocs-core")
    titles: dict[str, str] = {}
    for location, title in _entries(entries):
        whole, _, anchor = location.partition("#")
        if _is_inside(whole) and (not anchor or whole not in titles):
            titles[whole] = "" if anchor else title
    if len(titles) > _MOST_PAGES:
        raise PortalError(f"the docs of {ref} have {len(titles):,} pages; at most {_MOST_PAGES:,} are read")
    return titles


def _entries(entries: list[Any]) -> Iterator[tuple[str, str]]:
    from html import unescape

    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("location"), str):
            yield entry["location"], unescape(str(entry.get("title") or "")).strip()


def _is_inside(location: str) -> bool:
    """Whether a location is a plain path in the site: what the index names is somebody's text."""
    plain = "\\" not in location and "\0" not in location and not urlsplit(location).scheme
    parts = unquote(location).split("/")
    return plain and not location.startswith("/") and ".." not in parts and len(location) < 1_000


def _page(
    portal: Portal, ref: EntityRef, location: str, titles: Mapping[str, str], kept: KeptPage | None
) -> KeptPage | None:
    """None when there is no such page; `changed` is "" for one whose content is new."""
    file = location if location.endswith(".html") else f"{location}index.html"
    answer = portal.text(f"{_static(ref)}/{quote(unquote(file))}", etag=kept.etag if kept else "")
    if answer.status == 304 and kept is not None:
        return kept
    if answer.status != 200:
        return None
    markdown = page_markdown(answer.value, link=_linked(location, titles))
    unchanged = kept is not None and kept.markdown == markdown
    changed = kept.changed if kept and unchanged else ""
    return KeptPage(page_path(location), location, titles[location], answer.etag, markdown, changed)


def _linked(location: str, titles: Mapping[str, str]) -> Callable[[str], str]:
    """What a link in the page at `location` is written as: to another page of the site by that one's path."""
    here = posixpath.dirname(page_path(location))

    def linked(target: str) -> str:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path:
            return target
        inside = urljoin(_ROOT + location, parts.path).removeprefix(_ROOT)
        inside = inside.removesuffix("index.html")
        if inside not in titles:
            return target
        path = posixpath.relpath(page_path(inside), here or ".")
        return f"{path}#{parts.fragment}" if parts.fragment else path

    return linked


def _static(ref: EntityRef) -> str:
    return f"/api/techdocs/static/docs/{_triplet(ref)}"


def _triplet(ref: EntityRef) -> str:
    return f"{ref.namespace}/{ref.kind}/{ref.name}"


def _moment(value: Any) -> str:
    """Milliseconds since 1970 as ISO 8601; "" for what is no such time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e14:
        return ""
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
