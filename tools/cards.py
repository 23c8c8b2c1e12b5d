"""Entities as actions answer them: a line in a list, and a card."""

from typing import Any

from pydantic import Field

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
    tags: tuple[str, ...] = Field(description="Tags.")
    links: tuple[OutsideLink, ...] = Field(description="Links that its author gave.")


_SHORT = 200
_LONG = 4_000
_FOLLOWED = ("https://", "http://", "mailto:")


def line(entity: Entity) -> EntityLine:
    return EntityLine(**_fields(entity, longest=_SHORT))


def card(entity: Entity) -> Card:
    links = tuple(
        OutsideLink(url=str(link["url"]), title=str(link.get("title") or link["url"]))
        for link in entity.links[:50]
        if str(link.get("url", "")).startswith(_FOLLOWED)
    )
    return Card(**_fields(entity, longest=_LONG), kind=entity.kind, tags=entity.tags[:100], links=links)


def _fields(entity: Entity, *, longest: int) -> dict[str, Any]:
    text = entity.description
    return {
        "entity": str(entity.ref),
        "title": entity.title,
        "type": entity.type,
        "lifecycle": entity.lifecycle,
        "owner": str(entity.owner) if entity.owner else None,
        "system": str(entity.system) if entity.system else None,
        "description": text if len(text) <= longest else f"{text[:longest].rstrip()} …",
        "link": entity_link(entity.ref),
    }
