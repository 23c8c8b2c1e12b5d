"""The action `entity_relations`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.bounds import fitting
from tools.effect import Effect
from tools.example import Example
from tools.graph_walk import Direction, Step, of_catalog, walk
from tools.naming import entity_named, is_known
from tools.ports import Catalog
from tools.run import Run
from tools.shapes import Input, Output, Texts
from tools.things import Said

_TYPES = Said(
    values=(
        (
            ["dependsOn"],
            (
                "dependencies",
                "deps",
                "dependency tree",
                "depends on",
                "depend on",
                "relies on",
                "rely on",
                "needs",
            ),
        ),
        (
            ["dependencyOf"],
            (
                "dependents",
                "dependants",
                "who depends on",
                "what depends on",
                "reverse dependencies",
                "reverse deps",
            ),
        ),
        (["providesApi"], ("apis provided", "provided apis", "exposes", "expose")),
        (["consumesApi"], ("apis consumed", "consumed apis")),
    )
)


class EntityRelations(Input):
    entity: str = Field(
        min_length=1, max_length=200, description="Reference kind:namespace/name, a name or a title."
    )
    types: Annotated[Texts, _TYPES] = Field(
        default=(), max_length=20, description="Only these, e.g. dependsOn, dependencyOf; empty for all."
    )
    direction: Direction = Field(
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


_EXAMPLES: tuple[str | Example, ...] = (
    "show the relations of {entity}",
    "list all relations of {entity}",
    "follow the relations of {entity} {depth} steps",
    Example("list the dependencies of {entity}", means={"types": ["dependsOn"]}),
    Example("show the dependency tree of {entity}", means={"types": ["dependsOn"], "depth": 10}),
    Example("list everything {entity} depends on, transitively", means={"types": ["dependsOn"], "depth": 10}),
    Example("list the direct dependents of {entity}", means={"types": ["dependencyOf"]}),
    "graph of {entity}",
    "what is {entity} connected to",
    "show what {entity} relates to",
    "map the relations around {entity}",
    Example("which services does {entity} rely on, as a list", means={"types": ["dependsOn"]}),
    "walk the relations of {entity} {depth} levels deep",
    "everything connected to {entity}",
    Example("walk the dependencies of {entity} {depth} levels deep", means={"types": ["dependsOn"]}),
    "neighbours of {entity} in the graph",
    "what hangs together with {entity}",
    Example("full transitive dependencies of {entity}", means={"types": ["dependsOn"], "depth": 10}),
    Example("dependencies of {entity}, all levels", means={"types": ["dependsOn"], "depth": 10}),
    Example("dependencies of {entity}", means={"types": ["dependsOn"]}),
    Example("dependents of {entity}", means={"types": ["dependencyOf"]}),
    Example("reverse dependencies of {entity}", means={"types": ["dependencyOf"]}),
    "how does {entity} relate to the rest",
    "how is {entity} connected to the others",
    Example("what does {entity} need, {depth} levels down", means={"types": ["dependsOn"]}),
    "incoming relations of {entity}",
    "list what {entity} needs",
)


@action(effect=Effect.READS, scope="catalog:read", examples=_EXAMPLES)
async def entity_relations(input: EntityRelations, run: Run) -> Relations:
    """Follow an entity's relations: dependencies, ownership, APIs, parts.

    Every relation has its inverse (dependsOn/dependencyOf, ownedBy/ownerOf, partOf/hasPart, providesApi/
    apiProvidedBy, consumesApi/apiConsumedBy). What breaks when x fails: types ["dependencyOf"], depth 10.
    """
    near = input.depth == 1 and is_known(input.entity, run)
    return await (run.at_once if near else run.in_thread)(_relations, input)


def _relations(input: EntityRelations, run: Run) -> Relations:
    catalog, start = run.catalog, entity_named(input.entity, run).ref
    types = {type.lower() for type in input.types}
    steps = of_catalog(catalog, types, input.direction)
    wanted = list(walk(steps, start, depth=input.depth, direction=input.direction))
    lines = fitting(_line(step, catalog) for step in wanted[input.offset :][: input.limit])
    end = input.offset + len(lines)
    return Relations(
        entity=str(start),
        total=len(wanted),
        reached=len({step.far for step in wanted} - {start}),
        relations=lines,
        next_offset=end if end < len(wanted) else None,
    )


def _line(step: Step, catalog: Catalog) -> RelationLine:
    relation = step.relation
    return RelationLine(
        source=str(relation.source),
        type=relation.type,
        target=str(relation.target),
        depth=step.depth,
        dangling=catalog.get(relation.target) is None,
    )
