"""The catalog as a graph: look-ups, filters, reachability, and the entities that a text names."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property

from ingest.entities import Entity, EntityRef, Relation
from ingest.entity_table import EntityTable
from ingest.linking import EntityLinker, Link
from ingest.relations import relations_of, without_references


class CatalogGraph:
    """Entities and their relations. Immutable and free of I/O; what it is searched by is built on first use."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        """Of entities with the same reference the first counts."""
        self._by_ref: dict[EntityRef, Entity] = {}
        for entity in entities:
            self._by_ref.setdefault(entity.ref, entity)
        self._outgoing = _by_source(relations_of(self._by_ref.values()))

    @property
    def entities(self) -> tuple[Entity, ...]:
        return tuple(self._by_ref.values())

    def get(self, ref: EntityRef) -> Entity | None:
        return self._by_ref.get(ref)

    def relations(self, ref: EntityRef, *, types: Collection[str] | None = None) -> tuple[Relation, ...]:
        """Relations that leave `ref`, declared and derived, by type and target."""
        found = self._outgoing.get(ref, ())
        return found if types is None else tuple(relation for relation in found if relation.type in types)

    @property
    def dangling(self) -> tuple[Relation, ...]:
        """Declared relations whose target is not in the catalog."""
        return tuple(
            relation
            for relations in self._outgoing.values()
            for relation in relations
            if relation.declared and relation.target not in self._by_ref
        )

    def query(
        self,
        *,
        kind: str | None = None,
        type: str | None = None,
        owner: str | None = None,
        system: str | None = None,
        lifecycle: str | None = None,
        tag: str | None = None,
        text: str | None = None,
    ) -> tuple[Entity, ...]:
        """Entities that meet every given filter, by reference; letter case never matters.

        `owner` and `system` are references or bare names; `text` wants each of its words in the name, title,
        description or tags.
        """
        filters = {"kind": kind, "type": type, "owner": owner, "system": system}
        return self._table.query(**filters, lifecycle=lifecycle, tag=tag, text=text)

    @cached_property
    def _table(self) -> EntityTable:
        return EntityTable(self._by_ref.values())

    def called(self, text: str) -> tuple[Entity, ...]:
        """Entities with this name, `namespace/name` or title, by reference; see `EntityTable.called`."""
        return self._table.called(text)

    def reach(
        self, ref: EntityRef, types: Collection[str], *, depth: int | None = None
    ) -> tuple[EntityRef, ...]:
        """What relations of `types` lead to from `ref`, the nearest first and without `ref` itself.

        `depth` limits the number of steps. Targets that are not in the catalog are included.
        """
        return tuple(self.steps_to(ref, types, depth=depth))

    def steps_to(
        self, ref: EntityRef, types: Collection[str], *, depth: int | None = None, ends: str | None = None
    ) -> Mapping[EntityRef, int]:
        """As `reach`, with how many steps away each is; nothing is followed from entities of the kind `ends`."""
        steps_to = {ref: 0}  # keeps the order of the walk
        waiting = deque([ref])
        while waiting:
            here = waiting.popleft()
            if (depth is not None and steps_to[here] >= depth) or (here.kind == ends and here != ref):
                continue
            for relation in self.relations(here, types=types):
                if relation.target not in steps_to:
                    steps_to[relation.target] = steps_to[here] + 1
                    waiting.append(relation.target)
        del steps_to[ref]
        return steps_to

    def link(self, text: str) -> tuple[Entity, ...]:
        """Entities that a free text names, the surest first; see `ingest.linking`."""
        return tuple(link.entity for link in self.link_scored(text))

    def link_scored(self, text: str) -> tuple[Link, ...]:
        """As `link`, with a score from 0 to 1 and the words that named the entity."""
        return self._linker.links(text)

    @cached_property
    def _linker(self) -> EntityLinker:
        return EntityLinker(self.entities)

    def restricted(self, allowed: Callable[[Entity], bool]) -> "CatalogGraph":
        """The graph of those entities that `allowed` lets through.

        Relations with a hidden entity are gone as well, and no spec names one: who is owned by a hidden team has
        no owner here. Relations to what is nowhere in the catalog stay.
        """
        hidden = {ref for ref, entity in self._by_ref.items() if not allowed(entity)}
        if not hidden:
            return self
        visible = CatalogGraph.__new__(CatalogGraph)
        visible._by_ref = {
            ref: without_references(entity, hidden)
            for ref, entity in self._by_ref.items()
            if ref not in hidden
        }
        visible._outgoing = {
            source: tuple(relation for relation in relations if relation.target not in hidden)
            for source, relations in self._outgoing.items()
            if source not in hidden
        }
        return visible


def _by_source(relations: Iterable[Relation]) -> Mapping[EntityRef, tuple[Relation, ...]]:
    found: defaultdict[EntityRef, list[Relation]] = defaultdict(list)
    for relation in relations:
        found[relation.source].append(relation)
    return {source: tuple(outgoing) for source, outgoing in found.items()}
