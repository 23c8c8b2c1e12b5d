"""Walks over the catalog's graph: every relation within so many steps, once, the nearest first."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tools.ports import Catalog, Ref, Relation

Direction = Literal["outgoing", "incoming"]
Relations = Callable[[Ref], Iterable[Relation]]
IMPACT = frozenset({"dependencyof", "providesapi", "apiconsumedby"})
"""What leads from a thing to those that it would take down, in lower case."""


@dataclass(frozen=True, slots=True)
class Step:
    """A relation that was followed from `near` to `far`, which is `depth` steps from the start."""

    depth: int
    relation: Relation
    near: Ref
    far: Ref


def walk(
    relations: Relations, start: Ref, *, depth: int, direction: Direction = "outgoing"
) -> Iterator[Step]:
    """Cycles end where they began."""
    seen, frontier = {start}, [start]
    for step in range(1, depth + 1):
        reached: list[Ref] = []
        for ref in frontier:
            for relation in relations(ref):
                near, far = relation.source, relation.target
                if direction == "incoming":
                    near, far = far, near
                yield Step(step, relation, near, far)
                if far not in seen:
                    seen.add(far)
                    reached.append(far)
        frontier = reached


def of_catalog(catalog: Catalog, types: Collection[str], direction: Direction = "outgoing") -> Relations:
    """The relations that leave an entity, or arrive at it; types: in lower case, empty for all."""
    relations = catalog.relations if direction == "outgoing" else _incoming(catalog)
    return lambda ref: (
        relation for relation in relations(ref) if not types or relation.type.lower() in types
    )


def _incoming(catalog: Catalog) -> Relations:
    arriving: defaultdict[Ref, list[Relation]] = defaultdict(list)
    for entity in catalog.entities:
        for relation in catalog.relations(entity.ref):
            arriving[relation.target].append(relation)
    return lambda ref: arriving.get(ref, ())
