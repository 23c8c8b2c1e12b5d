"""Entities of the Backstage software catalog: references, envelopes, relations.

The model is https://backstage.io/docs/features/software-catalog/descriptor-format. Kinds that it does not
name are kept as they are: a team's own kind is an entity like any other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ingest.errors import InvalidEntityRef

_REF = re.compile(
    r"^(?:(?P<kind>[A-Za-z][A-Za-z0-9-]{0,62}):)?"
    r"(?:(?P<namespace>[A-Za-z0-9][A-Za-z0-9-]{0,62})/)?"
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,62})$"
)


@dataclass(frozen=True, slots=True, order=True)
class EntityRef:
    """`kind:namespace/name`, always in lower case, as Backstage compares references."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str, *, kind: str | None = None, namespace: str = "default") -> "EntityRef":
        """Read `[kind:][namespace/]name`; `kind` and `namespace` fill what the text leaves out.

        Raises `InvalidEntityRef` when the text does not have that form, or names no kind and none is given.
        """
        return _parsed(
            text.strip(), kind, namespace
        )  # what does not fit is not kept, so that texts stay short

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


@lru_cache(maxsize=65_536)  # lists show an owner and a system for every entity, and many share them
def _parsed(text: str, kind: str | None, namespace: str) -> EntityRef:
    match = _REF.match(text)
    if match is None:
        raise InvalidEntityRef(
            f"{text!r} is not an entity reference; write `kind:namespace/name`, "
            f"for example `component:default/feature-store`"
        )
    found_kind = match["kind"] or kind
    if found_kind is None:
        raise InvalidEntityRef(f"{text!r} names no kind; write it out, for example `component:{text}`")
    return EntityRef(found_kind.lower(), (match["namespace"] or namespace).lower(), match["name"].lower())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entity was read: `path` relative to the source's root, `line` counted from 1."""

    path: str
    line: int
    revision: str


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """`source --type--> target`. `declared` is false for the half that was derived from its inverse."""

    source: EntityRef
    type: str
    target: EntityRef
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Entity:
    """One catalog document. `kind` keeps the author's spelling; `ref.kind` is lower case.

    `untrusted` is whether its source is marked so. `computed` are the relations that leave it as a catalog backend
    computed them, type and target; None where they follow from what specs declare.
    """

    ref: EntityRef
    kind: str
    api_version: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = Origin(path="", line=1, revision="")
    untrusted: bool = False
    computed: tuple[tuple[str, str], ...] | None = None

    @property
    def title(self) -> str:
        """The display name: `metadata.title`, else the name as the author wrote it."""
        return str(self.metadata.get("title") or self.metadata.get("name") or self.ref.name)

    @property
    def description(self) -> str:
        return str(self.metadata.get("description") or "").strip()

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(str(tag) for tag in self.metadata.get("tags") or ())

    @property
    def annotations(self) -> Mapping[str, str]:
        return {str(k): str(v) for k, v in (self.metadata.get("annotations") or {}).items()}

    @property
    def links(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(link for link in self.metadata.get("links") or () if isinstance(link, Mapping))

    @property
    def type(self) -> str | None:
        return self._text("type")

    @property
    def lifecycle(self) -> str | None:
        return self._text("lifecycle")

    @property
    def owner(self) -> EntityRef | None:
        return self._reference("owner", kind="group")

    @property
    def system(self) -> EntityRef | None:
        return self._reference("system", kind="system")

    def _text(self, key: str) -> str | None:
        value = self.spec.get(key)
        return str(value) if isinstance(value, str | int | float) else None

    def _reference(self, key: str, *, kind: str) -> EntityRef | None:
        value = self.spec.get(key)
        if not isinstance(value, str):
            return None
        try:
            return EntityRef.parse(value, kind=kind, namespace=self.ref.namespace)
        except InvalidEntityRef:
            return None
