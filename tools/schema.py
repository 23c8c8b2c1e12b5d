"""JSON schemas that every client can read.

Clients map tool schemas onto narrower dialects, so what is published here has no references (but for models
that contain themselves), no generated titles and no place that accepts anything without saying so.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

_PREFIX = "#/$defs/"


def portable_schema(model: type[BaseModel], *, mode: JsonSchemaMode) -> dict[str, Any]:
    """The schema of `model`, self-contained: `mode` is "validation" for inputs, "serialization" for outputs."""
    schema = model.model_json_schema(mode=mode)
    definitions: Mapping[str, Any] = schema.pop("$defs", {})
    kept: dict[str, Any] = {}
    inlined: dict[str, Any] = _inlined(schema, definitions, kept=kept)
    inlined.pop("description", None)  # the action's own text says it
    if mode == "serialization":
        inlined, kept = _open(inlined), _open(kept)
    return {**inlined, "$defs": kept} if kept else inlined


def _inlined(node: Any, definitions: Mapping[str, Any], *, kept: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions, kept=kept) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(_PREFIX):
        name = reference.removeprefix(_PREFIX)
        if _contains_itself(name, definitions):
            if name not in kept:
                kept[name] = {}
                kept[name] = _children(definitions[name], definitions, kept=kept)
            return node
        own = {key: value for key, value in node.items() if key != "$ref"}
        target = _inlined(definitions[name], definitions, kept=kept)
        return {**target, **own}
    return _children(node, definitions, kept=kept)


def _children(
    node: Mapping[str, Any], definitions: Mapping[str, Any], *, kept: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "properties":
            found[key] = {name: _inlined(sub, definitions, kept=kept) for name, sub in value.items()}
        elif key in {"default", "examples", "enum", "const"}:
            found[key] = value
        else:
            found[key] = _inlined(value, definitions, kept=kept)
    return found


def _open(node: Any) -> Any:
    """What is answered may gain fields later, and always has all that it has: neither limits nor defaults."""
    if isinstance(node, list):
        return [_open(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _open(sub) for name, sub in value.items()}
        if key in {"properties", "$defs"}
        else _open(value)
        for key, value in node.items()
        if key != "default" and not (key == "additionalProperties" and value is False)
    }


def _contains_itself(name: str, definitions: Mapping[str, Any]) -> bool:
    seen: set[str] = set()
    waiting = list(_named_in(definitions[name]))
    while waiting:
        found = waiting.pop()
        if found == name:
            return True
        if found not in seen:
            seen.add(found)
            waiting.extend(_named_in(definitions[found]))
    return False


def _named_in(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for item in node for name in _named_in(item)}
    if not isinstance(node, dict):
        return set()
    reference = node.get("$ref")
    own = {reference.removeprefix(_PREFIX)} if isinstance(reference, str) else set()
    return own | {name for value in node.values() for name in _named_in(value)}


def undescribed(schema: Mapping[str, Any], *, at: str = "") -> tuple[str, ...]:
    """Paths of the properties without a description, nested ones included."""
    missing: list[str] = []
    for name, sub in schema.get("properties", {}).items():
        path = f"{at}.{name}" if at else name
        if not sub.get("description"):
            missing.append(path)
        missing.extend(undescribed(sub, at=path))
    if isinstance(schema.get("items"), Mapping):
        missing.extend(undescribed(schema["items"], at=f"{at}[]"))
    for branch in schema.get("anyOf", ()):
        missing.extend(undescribed(branch, at=at))
    return tuple(missing)
