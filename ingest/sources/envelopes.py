"""One document of catalog YAML becomes an entity, or the reason why it does not.

The envelope is https://backstage.io/docs/features/software-catalog/descriptor-format#overall-shape-of-an-entity.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.entities import Entity, EntityRef, Origin

_ENTITY_API = ("backstage.io/", "scaffolder.backstage.io/")
_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_KIND = re.compile(r"[a-zA-Z][a-z0-9A-Z-]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_MAX_LENGTH = 63
_EXPRESSION = re.compile(r"\{\{|\{%")


class InvalidEnvelope(ValueError):
    """A document that cannot be an entity; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Header:
    """What identifies a document."""

    ref: EntityRef
    kind: str
    api_version: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)


def looks_like_entity(value: Any) -> bool:
    """Whether a document of any YAML file says itself that it is an entity of Backstage."""
    return (
        isinstance(value, dict)
        and str(value.get("apiVersion") or "").startswith(_ENTITY_API)
        and isinstance(value.get("kind"), str)
        and isinstance(value.get("metadata"), dict)
    )


def is_skeleton(text: str) -> bool:
    """Whether a text holds template expressions, as the files of a scaffolder skeleton do."""
    return _EXPRESSION.search(text) is not None


def read_header(value: Any) -> Header:
    """Check the envelope of a document. Raises `InvalidEnvelope`."""
    if not isinstance(value, dict):
        raise InvalidEnvelope(f"a catalog document is a mapping, this is {_described(value)}")
    metadata, spec = value.get("metadata"), value.get("spec")
    if not value.get("kind"):
        raise InvalidEnvelope("has no `kind`; say for example `kind: Component`")
    if not isinstance(metadata, dict) or metadata.get("name") in (None, ""):
        raise InvalidEnvelope("has no `metadata.name`; every entity needs one")
    if spec is not None and not isinstance(spec, dict):
        raise InvalidEnvelope(f"`spec` is {_described(spec)}; it must be a mapping")
    _refuse_skeleton(value, metadata, spec or {})
    kind = _checked("kind", value["kind"], _KIND)
    name = _checked("metadata.name", metadata["name"], _NAME)
    namespace = _checked("metadata.namespace", metadata.get("namespace") or "default", _NAMESPACE)
    return Header(
        ref=EntityRef(kind.lower(), namespace.lower(), name.lower()),
        kind=kind,
        api_version=str(value.get("apiVersion") or ""),
        metadata={**metadata, "name": name},
        spec=spec or {},
    )


def _refuse_skeleton(value: Mapping[str, Any], metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    identity = (
        value["kind"],
        metadata["name"],
        metadata.get("namespace"),
        spec.get("owner"),
        spec.get("system"),
    )
    if any(is_skeleton(str(part)) for part in identity if isinstance(part, str | dict)):
        raise InvalidEnvelope("is the skeleton of a template, not an entity: it holds `{{ … }}` expressions")


def _checked(label: str, value: Any, form: re.Pattern[str]) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text:
        raise InvalidEnvelope(f"`{label}` is {_described(value)}; it must be text")
    if len(text) > _MAX_LENGTH:
        raise InvalidEnvelope(
            f"`{label}` {text[:40]!r}… has {len(text)} characters; {_MAX_LENGTH} are allowed"
        )
    if form.fullmatch(text) is None:
        raise InvalidEnvelope(
            f"`{label}` {text!r} is not valid; use letters, digits and single `-`, `_` or `.` between them"
        )
    return text


def _described(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return names.get(type(value), "empty" if value is None else "a number")


def entity_of(header: Header, *, origin: Origin) -> tuple[Entity, tuple[str, ...]]:
    """The entity, and what had to be left out of its metadata because it had the wrong type."""
    problems: list[str] = []
    metadata = dict(header.metadata)
    for key, expected in (("annotations", dict), ("labels", dict), ("tags", list), ("links", list)):
        value = metadata.get(key)
        if key == "tags" and isinstance(value, str):
            value = metadata[key] = [value]
        if value is not None and not isinstance(value, expected):
            problems.append(
                f"`metadata.{key}` is {_described(value)}, not {_described(expected())}; left out"
            )
            value = None
        if value is None:
            metadata.pop(key, None)
    metadata["tags"] = [str(tag) for tag in metadata.get("tags", ()) if isinstance(tag, str | int | float)]
    for key in ("annotations", "labels"):
        metadata[key] = {k: v for k, v in metadata.get(key, {}).items() if isinstance(v, str | int | float)}
    kept = {key: value for key, value in metadata.items() if value not in ({}, [])}
    entity = Entity(
        ref=header.ref,
        kind=header.kind,
        api_version=header.api_version,
        metadata=kept,
        spec=dict(header.spec),
        origin=origin,
    )
    return entity, tuple(problems)
