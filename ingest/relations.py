"""Relations between entities, both ways, derived from what their specs declare.

Fields, default kinds and names are those of the software catalog
(https://backstage.io/docs/features/software-catalog/well-known-relations): a reference without a namespace
means its author's namespace. `spec.dependsOn` of Backstage wants the kind written out; here it falls back to
component.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.documents import Skipped
from ingest.entities import Entity, EntityRef, Relation
from ingest.errors import InvalidEntityRef


@dataclass(frozen=True, slots=True)
class _Field:
    """`spec.<name>` holds references of `kind` when they do not say theirs; `only` limits whose field it is."""

    name: str
    kind: str
    type: str
    only: frozenset[str] = frozenset()


_GROUP = frozenset({"group"})
_USER = frozenset({"user"})
_FIELDS = (
    _Field("owner", "group", "ownedBy"),
    _Field("system", "system", "partOf"),
    _Field("domain", "domain", "partOf"),
    _Field("subdomainOf", "domain", "partOf"),
    _Field("subcomponentOf", "component", "partOf"),
    _Field("dependsOn", "component", "dependsOn"),
    _Field("dependencyOf", "component", "dependencyOf"),
    _Field("providesApis", "api", "providesApi"),
    _Field("consumesApis", "api", "consumesApi"),
    _Field("parent", "group", "childOf", _GROUP),
    _Field("children", "group", "parentOf", _GROUP),
    _Field("members", "user", "hasMember", _GROUP),
    _Field("memberOf", "group", "memberOf", _USER),
)

_PAIRS = (
    ("ownedBy", "ownerOf"),
    ("partOf", "hasPart"),
    ("dependsOn", "dependencyOf"),
    ("providesApi", "apiProvidedBy"),
    ("consumesApi", "apiConsumedBy"),
    ("memberOf", "hasMember"),
    ("parentOf", "childOf"),
)
INVERSE: dict[str, str] = {**dict(_PAIRS), **{right: left for left, right in _PAIRS}}


def relations_of(entities: Iterable[Entity]) -> tuple[Relation, ...]:
    """Every relation of `entities` in both directions, sorted, each once.

    `declared` is true where the source's own spec says so (a group that lists its members declares
    `hasMember`), false where it follows from what the other side says. Of an entity whose relations a catalog
    backend computed, those leave it and no others. Targets need not exist.
    """
    stated = {relation for entity in entities for relation in _stated(entity)}
    known = {(relation.source, relation.type, relation.target) for relation in stated}
    derived = {
        Relation(relation.target, inverse, relation.source, declared=False)
        for relation in stated
        if (inverse := INVERSE.get(relation.type))
        and (relation.target, inverse, relation.source) not in known
    }
    return tuple(sorted(stated | derived))


def without_references(entity: Entity, hidden: Collection[EntityRef]) -> Entity:
    """`entity` as if its spec had never named any of `hidden`; the entity itself when it names none."""
    if entity.computed:
        left = tuple(pair for pair in entity.computed if EntityRef.parse(pair[1]) not in hidden)
        entity = replace(entity, computed=left) if left != entity.computed else entity
    named = [
        (field.name, text) for field, text in _references(entity) if _target(entity, field, text) in hidden
    ]
    if not named:
        return entity
    spec = dict(entity.spec)
    for name, text in named:
        items = spec.get(name)
        spec[name] = [item for item in items if item != text] if isinstance(items, list) else None
    return replace(entity, spec={name: value for name, value in spec.items() if value is not None})


def unreadable_references(entities: Sequence[Entity]) -> tuple[Skipped, ...]:
    """Fields that hold something other than entity references, which no relation can be made of."""
    return tuple(
        Skipped(f"{entity.origin.path}:{entity.origin.line}", f"{entity.ref} spec.{name}: {problem}")
        for entity in entities
        for name, problem in _problems(entity)
    )


def _stated(entity: Entity) -> Iterator[Relation]:
    declared = set(_declared(entity))
    if entity.computed is None:
        yield from declared
        return
    for type_, target in entity.computed:
        relation = Relation(entity.ref, type_, EntityRef.parse(target))
        yield relation if relation in declared else replace(relation, declared=False)


def _declared(entity: Entity) -> Iterator[Relation]:
    for field, text in _references(entity):
        if (target := _target(entity, field, text)) is not None:
            yield Relation(entity.ref, field.type, target)


def _target(entity: Entity, field: _Field, text: str) -> EntityRef | None:
    try:
        return EntityRef.parse(text, kind=field.kind, namespace=entity.ref.namespace)
    except InvalidEntityRef:
        return None


def _problems(entity: Entity) -> Iterator[tuple[str, str]]:
    for field, value in _references(entity):
        try:
            EntityRef.parse(value, kind=field.kind)
        except InvalidEntityRef as error:
            yield field.name, str(error)


def _references(entity: Entity) -> Iterator[tuple[_Field, str]]:
    for field in _FIELDS:
        if field.only and entity.ref.kind not in field.only:
            continue
        value = entity.spec.get(field.name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item.strip():
                yield field, item
