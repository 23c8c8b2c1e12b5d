"""Scaffolder templates as documents: what they make, what they ask for, which steps they run.

https://backstage.io/docs/features/software-templates/writing-templates. Nothing of a template is executed
or rendered; its expressions are shown as they are written.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.documents import Block, Section, SectionKind
from ingest.entities import Entity
from ingest.sources.composed import Composer, bullets, one_line, paragraph

MAX_STEPS = 200
_RULES = {
    "default": "default",
    "pattern": "pattern",
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "shortest",
    "maxLength": "longest",
}


def template_sections(entity: Entity) -> tuple[Section, ...]:
    """One section a form of parameters, one for the steps, one for the output; none for other kinds."""
    if entity.ref.kind != "template":
        return ()
    composer = Composer(entity, SectionKind.TEMPLATE, "Template")
    return tuple(_sections(entity, composer))


def _sections(entity: Entity, composer: Composer) -> Iterator[Section]:
    for form in _mappings(entity.spec.get("parameters")):
        fields = list(_fields(form))
        if fields:
            title = one_line(form.get("title") or "Parameters", limit=120)
            intro = f"Parameters of the template {entity.title}, form “{title}”."
            description = str(form.get("description") or "").strip()
            blocks = [paragraph(f"{intro} {description}"), bullets(fields)]
            yield composer.section(f"Parameters: {title}", blocks)
    steps = _mappings(entity.spec.get("steps"))
    if steps:
        opening = paragraph(f"The template {entity.title} runs these steps:")
        yield composer.section("Steps", [opening, _steps(steps[:MAX_STEPS])])
    output = entity.spec.get("output")
    links = _mappings(output.get("links")) if isinstance(output, dict) else []
    if links:
        shown = [f"{one_line(link.get('title') or 'Link')}: {_target(link)}" for link in links]
        yield composer.section("Output", [paragraph(f"The template {entity.title} gives:"), bullets(shown)])


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _target(link: Mapping[str, Any]) -> str:
    return f"`{one_line(link.get('entityRef') or link.get('url') or '')}`"


def _fields(form: Mapping[str, Any]) -> Iterator[str]:
    listed = form.get("required")
    required = listed if isinstance(listed, list) else []
    properties = form.get("properties")
    for name, field in (properties if isinstance(properties, dict) else {}).items():
        if isinstance(field, dict):
            yield f"`{name}` ({', '.join(_traits(field, required=name in required))}){_words(field)}"


def _traits(field: Mapping[str, Any], *, required: bool) -> Iterator[str]:
    yield one_line(field.get("type") or "any")
    yield "required" if required else "optional"
    for key, label in _RULES.items():
        if field.get(key) is not None:
            yield f"{label} `{one_line(field[key])}`"
    choices = field.get("enum")
    if isinstance(choices, list):
        yield "one of " + ", ".join(f"`{one_line(choice)}`" for choice in choices[:40])


def _words(field: Mapping[str, Any]) -> str:
    parts = [one_line(field[key], limit=500) for key in ("title", "description") if field.get(key)]
    return f": {'. '.join(part.rstrip('.') for part in parts)}." if parts else ""


def _steps(steps: list[Mapping[str, Any]]) -> Block:
    lines = []
    for number, step in enumerate(steps, start=1):
        name = one_line(step.get("name") or step.get("id") or step.get("action") or "step")
        lines.append(f"{number}. {name} (`{one_line(step.get('action') or 'no action')}`)")
        values = step.get("input")
        for key, value in (values if isinstance(values, dict) else {}).items():
            if isinstance(value, str | int | float):
                lines.append(f"    - {key}: `{one_line(value, limit=200)}`")
    return Block("steps", "\n".join(lines))
