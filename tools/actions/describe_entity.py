"""The action `describe_entity`."""

from collections import defaultdict

from pydantic import Field

from tools.action import action
from tools.cards import Card, EntityLine, card, line
from tools.effect import Effect
from tools.links import docs_link
from tools.naming import entities_named, nothing_named
from tools.ports import Entity
from tools.run import Run
from tools.shapes import Input, Output

_MOST_TARGETS = 25
_MOST_PAGES = 100
_MOST_CANDIDATES = 10


class DescribeEntity(Input):
    entity: str = Field(
        min_length=1, max_length=200, description="Reference kind:namespace/name, a name or a title."
    )


class RelationGroup(Output):
    type: str = Field(description="Type of the relation, e.g. dependsOn, ownedBy, providesApi.")
    targets: tuple[str, ...] = Field(description="References it leads to; the first of them when many.")
    total: int = Field(description="How many there are; entity_relations lists them all.")
    missing: tuple[str, ...] = Field(description="Those of the targets that are not in the catalog.")


class DocsPage(Output):
    path: str = Field(description="Pass it to read_doc_section.")
    title: str = Field(description="Title of the page.")
    link: str = Field(description="Address of the page on this server.")


class Described(Output):
    card: Card | None = Field(description="The entity; null when the name fits several candidates.")
    relations: tuple[RelationGroup, ...] = Field(description="Its relations, by type.")
    pages: tuple[DocsPage, ...] = Field(description="Its docs pages, in their order; the first 100.")
    candidates: tuple[EntityLine, ...] = Field(
        description="Filled when the name fits several: call again with the reference of one."
    )


@action(effect=Effect.READS, scope="catalog:read")
async def describe_entity(input: DescribeEntity, run: Run) -> Described:
    """Show one catalog entity: card, owner, relations, docs pages, links.

    Use it when you know what the entity is called. An ambiguous name is answered with candidates, an unknown
    one with the nearest names.
    """
    return await run.in_thread(_described, input)


def _described(input: DescribeEntity, run: Run) -> Described:
    found = entities_named(input.entity, run)
    if not found:
        raise nothing_named(input.entity, run)
    if len(found) > 1:
        candidates = tuple(line(entity) for entity in found[:_MOST_CANDIDATES])
        return Described(card=None, relations=(), pages=(), candidates=candidates)
    return Described(
        card=card(found[0]), relations=_relations(found[0], run), pages=_pages(found[0], run), candidates=()
    )


def _relations(entity: Entity, run: Run) -> tuple[RelationGroup, ...]:
    catalog = run.catalog
    targets = defaultdict(list)
    for relation in catalog.relations(entity.ref):
        targets[relation.type].append(relation.target)
    return tuple(
        RelationGroup(
            type=type,
            targets=tuple(str(ref) for ref in refs[:_MOST_TARGETS]),
            total=len(refs),
            missing=tuple(str(ref) for ref in refs[:_MOST_TARGETS] if catalog.get(ref) is None),
        )
        for type, refs in sorted(targets.items())
    )


def _pages(entity: Entity, run: Run) -> tuple[DocsPage, ...]:
    try:
        pages = run.library.pages(str(entity.ref), principal=run.principal)
    except LookupError:
        return ()
    return tuple(
        DocsPage(path=page.path, title=page.title, link=docs_link(entity.ref, page.path))
        for page in pages[:_MOST_PAGES]
    )
