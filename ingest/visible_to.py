"""Who may see an entity, as its own annotation says: `cuebook.dev/visible-to: group:default/safety, user:default/ada`.

Without the annotation everybody may. With it only those it names and the members of the groups it names, of their
subgroups too: by the catalog, and by what a person's token says. A name that is no reference lets nobody in.
"""

from collections.abc import Callable

from ingest.entities import Entity, EntityRef
from ingest.errors import InvalidEntityRef
from ingest.graph import CatalogGraph
from ingest.permissions import Principal

ANNOTATION = "cuebook.dev/visible-to"
_UPWARDS = ("memberOf", "childOf")


class VisibleTo:
    """`may_see` by the annotation. `catalog` gives the whole catalog, since it decides who belongs to a group."""

    def __init__(self, catalog: Callable[[], CatalogGraph]) -> None:
        self._catalog = catalog

    @staticmethod
    def reserves(entity: Entity) -> bool:
        """Whether it may be hidden from anybody: all others need not be asked about."""
        return ANNOTATION in (entity.metadata.get("annotations") or ())

    def __call__(self, principal: Principal, entity: Entity) -> bool:
        if not self.reserves(entity):
            return True
        named = _named(entity.annotations[ANNOTATION])
        return bool(named) and not named.isdisjoint(self._known_as(principal))

    def _known_as(self, principal: Principal) -> frozenset[str]:
        groups = {str(group).lower() for group in getattr(principal, "groups", ())}
        above = (
            str(group)
            for text in (principal.ref, *sorted(groups))
            if (ref := _parsed(text)) is not None
            for group in self._catalog().reach(ref, _UPWARDS)
        )
        return frozenset((principal.ref.lower(), *groups, *above))


def _named(annotation: str) -> frozenset[str]:
    return frozenset(str(ref) for text in annotation.split(",") if (ref := _parsed(text.strip())) is not None)


def _parsed(text: str) -> EntityRef | None:
    try:
        return EntityRef.parse(text, kind="group")
    except InvalidEntityRef:
        return None
