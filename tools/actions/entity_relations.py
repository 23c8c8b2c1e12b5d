"""The action `entity_relations`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.naming import entity_named
from tools.ports import Catalog, Ref, Relation
from tools.run import Run
from tools.shapes import Input, Output, Texts


class EntityRelations(Input):
    entity: str = Field(
        min_length=1, max_length=200, description="Reference kind:namespace/name, a name or a title."
    )
    types: Texts = Field(
        default=(), max_length=20, description="Only these, e.g. dependsOn, dependencyOf; empty for all."
    )
    direction: Literal["outgoing", "incoming"] = Field(
        default="outgoing",
        description="outgoing: entity --type--> others; incoming: others --type--> entity.",
    )
    depth: int = Field(default=1, ge=1, le=10, description="How many steps to follow.")
    limit: int = Field(default=100, ge=1, le=500, description="Most relations to return.")
    offset: int = Field(default=0, ge=0, description="Where to go on: next_offset of the last answer.")


class RelationLine(Output):
    source: str = Field(description="Where it starts.")
    type: str = Field(description="Its type.")
    target: str = Field(description="Where it leads.")
    depth: int = Field(description="Steps from the entity that was asked about, from 1.")
    dangling: bool = Field(description="True when the target is not in the catalog.")


class Relations(Output):
    entity: str = Field(description="The entity that was asked about.")
    total: int = Field(description="How many relations there are in all.")
    reached: int = Field(description="How many different entities they lead to, or come from.")
    relations: tuple[RelationLine, ...] = Field(description="This part of them, nearest first.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


@action(effect=Effect.READS, scope="catalog:read")
async def entity_relations(input: EntityRelations, run: Run) -> Relations:
    """Follow an entity's relations: dependencies, ownership, APIs, parts.

    Every relation has its inverse (dependsOn/dependencyOf, ownedBy/ownerOf, partOf/hasPart, providesApi/
    apiProvidedBy, consumesApi/apiConsumedBy). What breaks when x fails: types ["dependencyOf"], depth 10.
    """
    return await run.in_thread(_relations, input)


def _relations(input: EntityRelations, run: Run) -> Relations:
    catalog, start = run.catalog, entity_named(input.entity, run).ref
    types = {type.lower() for type in input.types}
    steps = _outgoing(catalog) if input.direction == "outgoing" else _incoming(catalog)
    wanted = [
        (depth, relation)
        for depth, relation in _walk(
            start, lambda ref: _of_types(steps(ref), types), input.depth, input.direction
        )
    ]
    end = input.offset + input.limit
    far = {_far_end(relation, input.direction) for _, relation in wanted} - {start}
    return Relations(
        entity=str(start),
        total=len(wanted),
        reached=len(far),
        relations=tuple(_line(depth, relation, catalog) for depth, relation in wanted[input.offset : end]),
        next_offset=end if end < len(wanted) else None,
    )


Steps = Callable[[Ref], Iterable[Relation]]


def _outgoing(catalog: Catalog) -> Steps:
    return catalog.relations


def _incoming(catalog: Catalog) -> Steps:
    arriving: defaultdict[Ref, list[Relation]] = defaultdict(list)
    for entity in catalog.entities:
        for relation in catalog.relations(entity.ref):
            arriving[relation.target].append(relation)
    return lambda ref: arriving.get(ref, ())


def _of_types(relations: Iterable[Relation], types: set[str]) -> Iterator[Relation]:
    return (relation for relation in relations if not types or relation.type.lower() in types)


def _walk(start: Ref, steps: Steps, depth: int, direction: str) -> Iterator[tuple[int, Relation]]:
    """Every relation within `depth` steps once, nearest first; cycles end where they began."""
    seen, frontier = {start}, [start]
    for step in range(1, depth + 1):
        reached: list[Ref] = []
        for ref in frontier:
            for relation in steps(ref):
                yield step, relation
                far = _far_end(relation, direction)
                if far not in seen:
                    seen.add(far)
                    reached.append(far)
        frontier = reached


def _far_end(relation: Relation, direction: str) -> Ref:
    return relation.target if direction == "outgoing" else relation.source


def _line(depth: int, relation: Relation, catalog: Catalog) -> RelationLine:
    return RelationLine(
        source=str(relation.source),
        type=relation.type,
        target=str(relation.target),
        depth=depth,
        dangling=catalog.get(relation.target) is None,
    )
