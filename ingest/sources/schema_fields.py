"""JSON schemas as lines of text: which fields, of which type, meaning what. References stay inside their document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ingest.sources.composed import one_line

MAX_FIELDS = 40
MAX_DEPTH = 5
MAX_STEPS = 2_000
_MAX_HOPS = 10


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of one API document; `document` is what `#/…` references point into."""

    document: Mapping[str, Any]

    def resolved(self, value: Any) -> Mapping[str, Any]:
        """`value` with a local `$ref` followed; empty when it is no mapping or leads nowhere."""
        for _ in range(_MAX_HOPS):
            if not isinstance(value, dict):
                return {}
            ref = value.get("$ref")
            if not isinstance(ref, str):
                return value
            value = self._at(ref)
        return {}

    def _at(self, ref: str) -> Any:
        if not ref.startswith("#/"):
            return None
        here: Any = self.document
        for step in ref[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            here = here.get(key) if isinstance(here, dict) else None
        return here

    def type_of(self, value: Any, *, depth: int = 0) -> str:
        """A short name of a schema's type: `string (uuid)`, `array of Pet`, `Pet`."""
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            return one_line(value["$ref"].rsplit("/", 1)[-1], limit=80)
        schema = self.resolved(value)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = " or ".join(str(item) for item in kind)
        if kind == "array":
            return f"array of {self.type_of(schema.get('items'), depth=depth + 1) if depth < MAX_DEPTH else 'any'}"
        form = f" ({one_line(schema['format'], limit=40)})" if schema.get("format") else ""
        return f"{one_line(kind or ('object' if schema.get('properties') else 'any'), limit=60)}{form}"

    def fields(self, value: Any) -> list[str]:
        """One line a field, nested ones as `parent.child`; at most 40, five levels deep."""
        lines: list[str] = []
        for line in islice(self._fields(value, prefix="", depth=0), MAX_STEPS):
            if len(lines) == MAX_FIELDS:
                lines.append("… and more fields")
                break
            if line is not None:
                lines.append(line)
        return lines

    def _fields(self, value: Any, *, prefix: str, depth: int) -> Iterator[str | None]:
        """Lines, and None for each schema that is entered, so that a caller can bound the walk."""
        yield None
        schema = self.resolved(value)
        if schema.get("type") == "array":
            inner = f"{prefix}[]" if prefix else ""
            if depth < MAX_DEPTH:
                yield from self._fields(schema.get("items"), prefix=inner, depth=depth + 1)
            return
        for part in _listed(schema, "allOf") if depth < MAX_DEPTH else ():
            yield from self._fields(part, prefix=prefix, depth=depth + 1)
        properties = schema.get("properties")
        for name, field in (properties if isinstance(properties, dict) else {}).items():
            path = f"{prefix}.{name}" if prefix else str(name)
            traits = self.traits(field, required=name in _listed(schema, "required"))
            yield f"`{path}` ({traits}){self.words(field)}"
            if depth + 1 < MAX_DEPTH:
                yield from self._fields(field, prefix=path, depth=depth + 1)

    def traits(self, value: Any, *, required: bool) -> str:
        """Type, whether it must be there, its default and its choices, between commas."""
        schema = self.resolved(value)
        traits = [self.type_of(value), *(["required"] if required else [])]
        for key, label in (("default", "default"), ("minimum", "at least"), ("maximum", "at most")):
            if isinstance(schema.get(key), str | int | float):
                traits.append(f"{label} `{_literal(schema[key])}`")
        choices = _listed(schema, "enum")
        if choices:
            traits.append("one of " + ", ".join(f"`{_literal(item)}`" for item in choices[:20]))
        return ", ".join(traits)

    def words(self, value: Any) -> str:
        """`: description`, or nothing."""
        text = self.resolved(value).get("description")
        return f": {one_line(text)}" if text else ""


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else one_line(value, limit=60)


def _listed(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []
