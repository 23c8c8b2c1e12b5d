"""`/api/v1/entities` and `/api/v1/docs`: the catalog to browse, as the page shows it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ingest.entities import Entity, EntityRef
from ingest.errors import NotFound
from server.composition import Cuebook
from server.guard import principal_of
from server.rest.problems import failures
from tools.cards import withheld
from tools.principal import Principal

if TYPE_CHECKING:
    from ingest.graph import CatalogGraph

_FACETS = ("kind", "owner", "system", "lifecycle")
Text = Annotated[str | None, Query(max_length=200)]
Part = Annotated[str, Path(max_length=63)]


class EntitySummary(BaseModel):
    """One entity in a list. References are full and in lower case."""

    ref: str
    kind: str
    title: str
    description: str
    type: str | None
    lifecycle: str | None
    owner: str | None
    system: str | None
    tags: tuple[str, ...]


class EntityList(BaseModel):
    """A part of the entities that match, and how many there are in all."""

    items: list[EntitySummary]
    total: int
    facets: dict[str, dict[str, int]] = Field(
        description="For each filter, the values that are left when the other filters apply, with their number."
    )


class RelationOut(BaseModel):
    """`this entity --type--> target`; `dangling` when the catalog has no such target."""

    type: str
    target: str
    declared: bool
    dangling: bool


class PageOut(BaseModel):
    """A page of an entity's docs."""

    path: str
    title: str


class EntityDetail(EntitySummary):
    """One entity with everything around it."""

    links: list[dict[str, Any]]
    relations: list[RelationOut]
    docs: list[PageOut]


class PageList(BaseModel):
    """The pages of an entity's docs, in the order of its navigation."""

    entity: str
    pages: list[PageOut]


def catalog_routes(cuebook: Cuebook) -> APIRouter:
    """Plain functions: they run on worker threads, since reading the index may wait for the disk."""
    router = APIRouter(prefix="/api/v1", tags=["catalog"])

    def reader(request: Request, action: str, **arguments: str) -> AbstractContextManager[Principal]:
        return cuebook.authorised(action, principal_of(request), **arguments)

    @router.get("/entities", summary="Filter the catalog", operation_id="entities", responses=failures(422))
    def entities(  # noqa: PLR0917 - each is a filter of the query string
        request: Request,
        q: Text = None,
        kind: Text = None,
        type: Text = None,
        owner: Text = None,
        system: Text = None,
        lifecycle: Text = None,
        tag: Text = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> EntityList:
        given = {"kind": kind, "owner": owner, "system": system, "lifecycle": lifecycle}
        given |= {"type": type, "tag": tag, "text": q}
        filters = {name: value for name, value in given.items() if value}
        with reader(request, "query_catalog", **filters) as principal:
            graph = cuebook.library.catalog(principal)
        found = sorted(_query(graph, filters), key=lambda entity: entity.ref)
        items = [_listed(cuebook, entity) for entity in found[offset : offset + limit]]
        return EntityList(items=items, total=len(found), facets=_facets(graph, filters))

    @router.get(
        "/entities/{kind}/{namespace}/{name}",
        summary="One entity",
        operation_id="entity",
        responses=failures(404, 422),
    )
    def entity(request: Request, kind: Part, namespace: Part, name: Part) -> EntityDetail:
        ref = EntityRef.parse(f"{kind}:{namespace}/{name}")
        with reader(request, "describe_entity", entity=str(ref)) as principal:
            graph = cuebook.library.catalog(principal)
            found = graph.get(ref)
            if found is None:
                raise NotFound(f"there is no entity {kind}:{namespace}/{name}")
            cuebook.caller.noticed_entity(principal, found)
            return EntityDetail(
                **_summary(found),
                links=[dict(link) for link in found.links],
                relations=_relations(graph, found),
                docs=_pages(cuebook, found.ref, principal),
            )

    @router.get(
        "/docs/{kind}/{namespace}/{name}",
        summary="The pages of an entity's docs",
        operation_id="docs",
        responses=failures(404, 422),
    )
    def docs(request: Request, kind: Part, namespace: Part, name: Part) -> PageList:
        ref = EntityRef.parse(f"{kind}:{namespace}/{name}")
        with reader(request, "read_doc_section", entity=str(ref)) as principal:
            return PageList(entity=str(ref), pages=_pages(cuebook, ref, principal))

    return router


def _listed(cuebook: Cuebook, entity: Entity) -> EntitySummary:
    """Without the author's words where nobody vouches for them."""
    summary = _summary(entity)
    if concern := cuebook.library.concern(entity):
        summary |= {"title": entity.ref.name, "description": withheld(concern)}
    return EntitySummary(**summary)


def _summary(entity: Entity) -> dict[str, Any]:
    return {
        "ref": str(entity.ref),
        "kind": entity.kind,
        "title": entity.title,
        "description": entity.description,
        "type": entity.type,
        "lifecycle": entity.lifecycle,
        "owner": str(entity.owner) if entity.owner else None,
        "system": str(entity.system) if entity.system else None,
        "tags": entity.tags,
    }


def _relations(graph: "CatalogGraph", entity: Entity) -> list[RelationOut]:
    return [
        RelationOut(
            type=relation.type,
            target=str(relation.target),
            declared=relation.declared,
            dangling=graph.get(relation.target) is None,
        )
        for relation in graph.relations(entity.ref)
    ]


def _pages(cuebook: Cuebook, ref: EntityRef, principal: Principal) -> list[PageOut]:
    return [
        PageOut(path=entry.path, title=entry.title)
        for entry in cuebook.library.pages(str(ref), principal=principal)
    ]


def _query(graph: "CatalogGraph", filters: Mapping[str, str]) -> Sequence[Entity]:
    return graph.query(**filters)


def _facets(graph: "CatalogGraph", filters: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Each filter's values among what the other filters leave, so that a choice can be changed."""
    return {
        facet: _count(facet, _query(graph, {name: value for name, value in filters.items() if name != facet}))
        for facet in _FACETS
    }


def _count(facet: str, entities: Iterable[Entity]) -> dict[str, int]:
    values = (entity.ref.kind if facet == "kind" else getattr(entity, facet) for entity in entities)
    return dict(sorted(Counter(str(value) for value in values if value).items()))
