"""The action `describe_entity`."""

from collections import defaultdict

from pydantic import Field

from tools.action import action
from tools.bounds import titled
from tools.cards import Card, EntityLine, card, line
from tools.effect import Effect
from tools.links import docs_link
from tools.naming import entities_named, is_known, nothing_named
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
    pages_offset: int = Field(default=0, ge=0, description="Where to go on: next_pages_offset.")


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
    pages: tuple[DocsPage, ...] = Field(description="Its docs pages, in their order; this part of them.")
    pages_total: int = Field(description="How many pages it has.")
    next_pages_offset: int | None = Field(
        description="Pass it as pages_offset for the rest; null when this is the end."
    )
    candidates: tuple[EntityLine, ...] = Field(
        description="Filled when the name fits several: call again with the reference of one."
    )
    candidates_total: int = Field(description="How many it fits; query_catalog lists them all.")


_EXAMPLES = (
    "describe {entity}",
    "show me {entity}",
    "show the card of {entity}",
    "show me the catalog entry of {entity}",
    "give me an overview of {entity}",
    "tell me everything in the catalog about {entity}",
    "details of {entity}",
    "open the entity {entity}",
    "show the links and docs pages of {entity}",
    "what pages does {entity} have",
    "pull up {entity} in the catalog",
    "look up {entity}",
    "what is registered for {entity} in the catalog",
    "catalog card for {entity}",
    "info on {entity}",
    "which links does {entity} have",
    "show the metadata of {entity}",
    "what do we know about {entity} in the catalog",
    "profile of {entity}",
    "bring up {entity}",
    "metadata for {entity}",
    "show the profile page of {entity}",
    "summary card for {entity}",
    "who and what is {entity} in the catalog",
    "tell me about the catalog entry {entity}",
    "show the catalog page of {entity}",
    "give me the facts on {entity}",
    "{entity} details from the catalog",
    "{entity}: show its catalog entry",
)


@action(effect=Effect.READS, scope="catalog:read", examples=_EXAMPLES)
async def describe_entity(input: DescribeEntity, run: Run) -> Described:
    """Show one catalog entity: card, owner, relations, docs pages, links.

    Use it when you know what the entity is called. An ambiguous name is answered with candidates, an unknown
    one with the nearest names.
    """
    here = is_known(input.entity, run) and not _to_be_noticed(input.entity, run)
    return await (run.at_once if here else run.in_thread)(_described, input)


def _to_be_noticed(text: str, run: Run) -> bool:
    """Whether showing it has to be remembered, which waits for the disk."""
    return any(run.concern(entity) for entity in entities_named(text, run)[:_MOST_CANDIDATES])


def _described(input: DescribeEntity, run: Run) -> Described:
    found = entities_named(input.entity, run)
    if not found:
        raise nothing_named(input.entity, run)
    if len(found) > 1:
        candidates = tuple(line(entity, concern=run.concern(entity)) for entity in found[:_MOST_CANDIDATES])
        return Described(
            card=None,
            relations=(),
            pages=(),
            pages_total=0,
            next_pages_offset=None,
            candidates=candidates,
            candidates_total=len(found),
        )
    run.noticed_entity(found[0])
    pages = _pages(found[0], run)
    shown = pages[input.pages_offset :][:_MOST_PAGES]
    end = input.pages_offset + len(shown)
    return Described(
        card=card(found[0]),
        relations=_relations(found[0], run),
        pages=shown,
        pages_total=len(pages),
        next_pages_offset=end if end < len(pages) else None,
        candidates=(),
        candidates_total=0,
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
        DocsPage(path=page.path, title=titled(page.title), link=docs_link(entity.ref, page.path))
        for page in pages
    )
