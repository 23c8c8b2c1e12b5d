"""The action `entity_impact`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field

from tools.action import action
from tools.bounds import fitting, titled
from tools.effect import Effect
from tools.graph_walk import IMPACT, Relations, Step, of_catalog, walk
from tools.models.refs import split_ref
from tools.models.serving import MODEL, ServingTuple, serving_tuples, surfaces_of
from tools.naming import entity_named
from tools.ports import Entity, Ref, Relation
from tools.run import Run
from tools.shapes import Input, Output
from tools.toolset import Toolset

_DEEPEST = 20


class EntityImpact(Input):
    entity: str = Field(
        min_length=1, max_length=200, description="Reference kind:namespace/name, a name or a title."
    )
    limit: int = Field(default=50, ge=1, le=200, description="Most entities to return.")
    offset: int = Field(default=0, ge=0, description="Where to go on: next_offset of the last answer.")


class Impacted(Output):
    entity: str = Field(description="What rests on it.")
    title: str = Field(description="Display name.")
    depth: int = Field(description="1 directly, more through others.")
    through: str = Field(description="What it rests on: the entity one step nearer.")
    owner: str | None = Field(description="Who owns it.")
    surfaces: tuple[str, ...] = Field(description="What listeners see of it.")
    uses_models: tuple[str, ...] = Field(description="Models that it serves.")


class Impact(Output):
    entity: str = Field(description="The entity that was asked about.")
    owner: str | None = Field(description="Who owns it.")
    models: tuple[str, ...] = Field(description="Registered models that it stands for or serves.")
    total: int = Field(description="How many entities rest on it.")
    direct: int = Field(description="How many of them directly.")
    surfaces: tuple[str, ...] = Field(description="Surfaces of all of them, and its own.")
    owners: tuple[str, ...] = Field(description="Owners of all of them, to talk to.")
    items: tuple[Impacted, ...] = Field(description="This part of them, nearest first.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


_EXAMPLES = (
    "what breaks if {entity} goes down",
    "what would break if we changed {entity}",
    "what is hit when {entity} fails",
    "blast radius of {entity}",
    "impact of an outage of {entity}",
    "who is affected if {entity} is down",
    "show everything that rests on {entity}",
    "which surfaces are hit if {entity} fails",
    "impact analysis for {entity}",
    "what happens downstream if we take {entity} offline",
    "if {entity} dies, what else goes with it",
    "downstream impact of taking {entity} offline",
    "what depends on {entity} transitively",
    "which teams do I have to tell if {entity} is down",
    "what stops working without {entity}",
    "who would notice if {entity} failed",
    "consequences of losing {entity}",
    "what would suffer if {entity} were slow",
    "what would be hit if we changed {entity}",
    "knock-on effects if {entity} is unavailable",
    "what else fails once {entity} is gone",
    "we plan maintenance on {entity}, who needs to be warned",
    "ripple effects of changing {entity}",
    "how far does a failure of {entity} reach",
    "what would go wrong if {entity} stopped",
    "what would stop if {entity} stopped",
    "if {entity} broke, what would happen to the others",
    "suppose {entity} is gone, who suffers",
    "what would we lose without {entity}",
    "could anything break when {entity} is switched off",
    "who has to know when {entity} is shut down",
    "what else fails if {entity} fails",
)


@action(effect=Effect.READS, scope="catalog:read", toolset=Toolset.RECSYS, examples=_EXAMPLES)
async def entity_impact(input: EntityImpact, run: Run) -> Impact:
    """Show what would be hit if an entity changed or failed: all that rests on it, surfaces, owners, models.

    Follows dependencies, provided APIs, and serving: an entity that serves a model rests on what stands for it.
    """
    return await run.in_thread(_impact, input)


def _impact(input: EntityImpact, run: Run) -> Impact:
    entity = entity_named(input.entity, run)
    served = {each.entity: each for each in serving_tuples(run.catalog)}
    reached: dict[Ref, Step] = {}
    for step in walk(_resting_on(run, served), entity.ref, depth=_DEEPEST):
        if step.far != entity.ref:
            reached.setdefault(step.far, step)
    found = [_line(here, step, served) for ref, step in reached.items() if (here := run.catalog.get(ref))]
    shown = fitting(found[input.offset :][: input.limit])
    end = input.offset + len(shown)
    return Impact(
        entity=str(entity.ref),
        owner=str(entity.owner) if entity.owner else None,
        models=_models(entity, served),
        total=len(found),
        direct=sum(each.depth == 1 for each in found),
        surfaces=tuple(
            sorted({*surfaces_of(entity), *(surface for each in found for surface in each.surfaces)})
        ),
        owners=tuple(sorted({each.owner for each in found if each.owner})),
        items=shown,
        next_offset=end if shown and end < len(found) else None,
    )


@dataclass(frozen=True, slots=True)
class _Serves:
    """From what stands for a model to an entity that serves it."""

    source: Ref
    target: Ref
    type: str = "servedBy"
    declared: bool = False


def _resting_on(run: Run, served: Mapping[str, ServingTuple]) -> Relations:
    """What rests on an entity: by the graph, and by the models that are served."""
    catalog = run.catalog
    graph = of_catalog(catalog, IMPACT)

    def relations(ref: Ref) -> Iterator[Relation]:
        yield from graph(ref)
        here = catalog.get(ref)
        if here is None or not (name := split_ref(here.annotations.get(MODEL, ""))[0]):
            return
        for each in served.values():
            if name in {used for used, _ in each.uses}:
                yield _Serves(ref, run.refs.parse(each.entity))

    return relations


def _line(entity: Entity, step: Step, served: Mapping[str, ServingTuple]) -> Impacted:
    return Impacted(
        entity=str(entity.ref),
        title=titled(entity.title),
        depth=step.depth,
        through=str(step.near),
        owner=str(entity.owner) if entity.owner else None,
        surfaces=surfaces_of(entity),
        uses_models=_models(entity, served),
    )


def _models(entity: Entity, served: Mapping[str, ServingTuple]) -> tuple[str, ...]:
    stands_for = entity.annotations.get(MODEL, "").strip()
    uses = served[str(entity.ref)].refs if str(entity.ref) in served else ()
    return tuple(dict.fromkeys((*filter(None, (stands_for,)), *uses)))
