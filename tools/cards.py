"""Entities as actions answer them: a line in a list, and a card."""

from typing import Any

from pydantic import Field

from tools.bounds import titled
from tools.links import entity_link
from tools.ports import Entity
from tools.shapes import Output


class EntityLine(Output):
    """One entity in a list."""

    entity: str = Field(description="Full reference, kind:namespace/name.")
    title: str = Field(description="Display name.")
    type: str | None = Field(description="spec.type.")
    lifecycle: str | None = Field(description="spec.lifecycle.")
    owner: str | None = Field(description="Owner's reference; null when nobody owns it.")
    system: str | None = Field(description="System it is part of.")
    description: str = Field(description="What it is, shortened.")
    link: str = Field(description="Address of its page on this server.")


class OutsideLink(Output):
    """A link that the entity's author wrote; it leads out of this server."""

    url: str = Field(description="Where it leads.")
    title: str = Field(description="What the author calls it.")


class Card(EntityLine):
    """All that the catalog says about one entity, but for its relations."""

    kind: str = Field(description="Kind, as its author spelled it.")
    tags: tuple[str, ...] = Field(description="Tags, at most 100.")
    tags_total: int = Field(description="How many it has; read_doc_section without a path shows all.")
    links: tuple[OutsideLink, ...] = Field(description="Links that its author gave, at most 50.")
    links_total: int = Field(description="How many it has; read_doc_section without a path shows all.")


_SHORT = 200
_LONG = 4_000
_MOST_TAGS, _MOST_LINKS = 100, 50
_FOLLOWED = ("https://", "http://", "mailto:")


def line(entity: Entity, *, concern: str = "") -> EntityLine:
    """An entity in a list, without its author's words where nobody vouches for them: `concern` says why."""
    fields = _fields(entity, longest=_SHORT)
    if concern:
        fields |= {"title": entity.ref.name, "description": withheld(concern)}
    return EntityLine(**fields)


def withheld(concern: str) -> str:
    """Stands in lists for the words of an author whom nobody vouches for."""
    return f"(not shown in lists, because {concern}; the entity itself shows it)"


def card(entity: Entity) -> Card:
    links = tuple(
        OutsideLink(url=str(link["url"]), title=titled(str(link.get("title") or link["url"])))
        for link in entity.links
        if str(link.get("url", "")).startswith(_FOLLOWED)
    )
    return Card(
        **_fields(entity, longest=_LONG),
        kind=entity.kind,
        tags=entity.tags[:_MOST_TAGS],
        tags_total=len(entity.tags),
        links=links[:_MOST_LINKS],
        links_total=len(links),
    )


def _fields(entity: Entity, *, longest: int) -> dict[str, Any]:
    text = entity.description
    return {
        "entity": str(entity.ref),
        "title": titled(entity.title),
        "type": entity.type,
        "lifecycle": entity.lifecycle,
        "owner": str(entity.owner) if entity.owner else None,
        "system": str(entity.system) if entity.system else None,
        "description": text if len(text) <= longest else f"{text[:longest].rstrip()} …",
        "link": entity_link(entity.ref),
    }
