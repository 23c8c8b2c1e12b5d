"""Finds entities by what their fields say, without looking at each: made once for entities that do not change."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from ingest.entities import Entity, EntityRef
from ingest.errors import InvalidEntityRef

Numbers = dict[int, None]  # keeps the order, and is quick to look into


class EntityTable:
    """Entities in the order of their references. Immutable; each index is built on first use."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._entities = tuple(sorted(entities, key=lambda entity: entity.ref))

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
        plain = {"kind": kind, "type": type, "lifecycle": lifecycle, "tag": tag}
        found: list[Collection[int]] = [
            self._by_value.get((field, value.lower()), {})
            for field, value in plain.items()
            if value is not None
        ]
        found += [
            self._named(field, name)
            for field, name in (("owner", owner), ("system", system))
            if name is not None
        ]
        words = (text or "").lower().split()
        if not found and not words:
            return self._entities
        numbers = _in_all(found) if found else range(len(self._entities))
        for word in words:
            numbers = [number for number in numbers if word in self._texts[number]]
        return tuple(self._entities[number] for number in numbers)

    def called(self, text: str) -> tuple[Entity, ...]:
        """Entities with this name, `namespace/name` or title, by reference.

        Letter case never matters, and `feature store` means `feature-store`.
        """
        return tuple(self._entities[number] for number in self._by_name.get(_folded(text), ()))

    @cached_property
    def _by_name(self) -> dict[str, Numbers]:
        found: dict[str, Numbers] = {}
        for number, entity in enumerate(self._entities):
            ref = entity.ref
            for name in (ref.name, f"{ref.namespace}/{ref.name}", _folded(entity.title)):
                found.setdefault(name, {})[number] = None
        return found

    @cached_property
    def _by_value(self) -> dict[tuple[str, str], Numbers]:
        found: dict[tuple[str, str], Numbers] = {}
        for number, entity in enumerate(self._entities):
            for key in _values(entity):
                found.setdefault(key, {})[number] = None
        return found

    @cached_property
    def _by_reference(self) -> dict[tuple[str, str], dict[EntityRef, Numbers]]:
        """By field and bare name: what a filter such as `ranking` may mean."""
        found: dict[tuple[str, str], dict[EntityRef, Numbers]] = {}
        for number, entity in enumerate(self._entities):
            for field, ref in (("owner", entity.owner), ("system", entity.system)):
                if ref is not None:
                    found.setdefault((field, ref.name), {}).setdefault(ref, {})[number] = None
        return found

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(
            " ".join((entity.ref.name, entity.title, entity.description, *entity.tags)).lower()
            for entity in self._entities
        )

    def _named(self, field: str, wanted: str) -> Collection[int]:
        """`ranking`, `group:ranking` and `group:default/ranking` all mean that group."""
        try:
            name = EntityRef.parse(wanted, kind="any").name
        except InvalidEntityRef:
            return {}
        refs = self._by_reference.get((field, name), {})
        meant = [numbers for ref, numbers in refs.items() if _means(wanted, ref)]
        return (
            meant[0]
            if len(meant) == 1
            else dict.fromkeys(sorted(number for numbers in meant for number in numbers))
        )


def _folded(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.strip().lower())


def _values(entity: Entity) -> Iterator[tuple[str, str]]:
    for field in ("kind", "type", "lifecycle"):
        if (value := getattr(entity, field)) is not None:
            yield field, str(value).lower()
    for tag in entity.tags:
        yield "tag", tag.lower()


def _in_all(found: list[Collection[int]]) -> Collection[int]:
    """What is in each of them, in order."""
    least, *others = sorted(found, key=len)
    for other in others:
        least = [number for number in least if number in other]
    return least


def _means(wanted: str, ref: EntityRef) -> bool:
    return EntityRef.parse(wanted, kind=ref.kind, namespace=ref.namespace) == ref
