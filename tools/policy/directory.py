"""Who belongs to which group, and who owns what: the port that a policy asks, live, and its adapter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tools.policy.names import plain
from tools.ports import Catalog, Ports
from tools.principal import Principal

_MOST_GROUPS = 1_000
_OWN_KINDS = ("user", "group")


class Directory(Protocol):
    """May raise any error when it cannot be asked; the policy then denies."""

    def teams(self, principal: Principal) -> frozenset[str]:
        """The groups that it is a member of itself; none for an unknown principal."""
        ...

    def groups(self, principal: Principal) -> frozenset[str]:
        """Those, and every group above them."""
        ...

    def owner(self, text: str, principal: Principal) -> str:
        """The owner of the entity that `text` names, as the principal sees the catalog; of a user or group itself.

        Raises `LookupError` when it names none or several, or one without an owner.
        """
        ...


class CatalogDirectory:
    """Asks the software catalog behind the ports, anew each time: what changed there counts at once."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def teams(self, principal: Principal) -> frozenset[str]:
        return _related(self._catalog(principal), self._ports.refs.parse, {principal.ref}, "memberOf")

    def groups(self, principal: Principal) -> frozenset[str]:
        catalog, parse = self._catalog(principal), self._ports.refs.parse
        found = front = _related(catalog, parse, {principal.ref}, "memberOf")
        while (
            front and len(found) < _MOST_GROUPS
        ):  # a cycle of parents ends, since `front` holds only new ones
            front = _related(catalog, parse, front, "childOf") - found
            found |= front
        return found

    def owner(self, text: str, principal: Principal) -> str:
        plain(text)
        ref = _parsed(text, self._ports.refs.parse)
        if ref is not None and ref.kind in _OWN_KINDS:
            return str(ref)
        catalog = self._catalog(principal)
        if ref is not None:
            found = [entity] if (entity := catalog.get(ref)) else []
        else:
            found = [entity for entity in catalog.entities if entity.ref.name == text.strip().lower()]
        if len(found) != 1:
            raise LookupError(f"{text[:120]!r} names {len(found) or 'no'} entities of the catalog")
        if found[0].owner is None:
            raise LookupError(f"{found[0].ref} has no owner in the catalog")
        return str(found[0].owner)

    def _catalog(self, principal: Principal) -> Catalog:
        return self._ports.library.catalog(principal)


@dataclass(frozen=True)
class FakeDirectory:
    """Groups by principal, parents by group, owners by entity, all as full references."""

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    def teams(self, principal: Principal) -> frozenset[str]:
        return self.members.get(principal.ref, frozenset())

    def groups(self, principal: Principal) -> frozenset[str]:
        found = set(self.teams(principal))
        for group in self.teams(principal):
            parent = self.parents.get(group)
            while parent is not None and parent not in found:
                found.add(parent)
                parent = self.parents.get(parent)
        return frozenset(found)

    def owner(self, text: str, principal: Principal) -> str:
        del principal
        if plain(text).startswith(("user:", "group:")):
            return text
        if text not in self.owners:
            raise LookupError(f"{text[:120]!r} names no entities of the catalog")
        return self.owners[text]


def _related(
    catalog: Catalog, parse: Callable[[str], Any], refs: "set[str] | frozenset[str]", type: str
) -> frozenset[str]:
    return frozenset(
        str(relation.target)
        for text in refs
        if (ref := _parsed(text, parse)) is not None
        for relation in catalog.relations(ref, types=(type,))
    )


def _parsed(text: str, parse: Callable[[str], Any]) -> Any | None:
    try:
        return parse(text)
    except ValueError:
        return None
