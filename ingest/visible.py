"""Sections and pages as someone finds them who may not see every entity.

What the catalog says is written anew from what they may see. The text of a page stays as its author wrote it:
a page that they may read can mention what they may not.
"""

from collections.abc import Callable
from dataclasses import replace

from ingest.documents import Page, Section
from ingest.entities import EntityRef
from ingest.graph import CatalogGraph
from ingest.sources.entity_cards import card

IsHidden = Callable[[EntityRef | None], bool]


def visible_section(section: Section, *, graph: CatalogGraph, is_hidden: IsHidden) -> Section:
    """`section` without hidden relations and owners; `graph` holds what may be seen."""
    entity = graph.get(section.entity)
    if entity is not None and section.path is None and not section.anchor:
        return card(entity, graph)
    return replace(section, owner=None) if is_hidden(section.owner) else section


def visible_page(page: Page, *, graph: CatalogGraph, is_hidden: IsHidden) -> Page:
    """As `visible_section`, for a page and its sections."""
    if not is_hidden(page.owner):
        return page
    sections = tuple(visible_section(one, graph=graph, is_hidden=is_hidden) for one in page.sections)
    return replace(page, owner=None, sections=sections)
