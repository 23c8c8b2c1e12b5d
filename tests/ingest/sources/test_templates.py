"""Scaffolder templates as documents."""

from typing import Any

from ingest.documents import SectionKind
from ingest.entities import Entity, EntityRef
from ingest.sources.templates import template_sections


def template(**spec: Any) -> Entity:
    metadata = {"name": "job", "title": "Training job"}
    return Entity(EntityRef("template", "default", "job"), "Template", "v1", metadata, spec)


def test_forms_steps_and_output_are_sections() -> None:
    name = {
        "type": "string",
        "title": "Model name",
        "description": "It cannot change.",
        "pattern": "^[a-z]+$",
    }
    form = {
        "title": "Model",
        "required": ["name"],
        "properties": {"name": name, "queue": {"enum": ["gold", "silver"]}},
    }
    fetch = {
        "id": "fetch",
        "name": "Fetch",
        "action": "fetch:template",
        "input": {"url": "./skeleton", "values": {}},
    }
    link = {"title": "Repository", "url": "${{ steps.publish.output.remoteUrl }}"}

    parameters, steps, output = template_sections(
        template(parameters=[form], steps=[fetch, {"id": "bare"}], output={"links": [link]})
    )

    assert parameters.anchor == "parameters-model"
    assert "- `name` (string, required, pattern `^[a-z]+$`): Model name. It cannot change." in parameters.text
    assert "- `queue` (any, optional, one of `gold`, `silver`)" in parameters.text
    assert steps.blocks[1].kind == "steps"
    assert "1. Fetch (`fetch:template`)\n    - url: `./skeleton`\n2. bare (`no action`)" in steps.text
    assert "- Repository: `${{ steps.publish.output.remoteUrl }}`" in output.text
    assert {section.kind for section in (parameters, steps, output)} == {SectionKind.TEMPLATE}


def test_a_template_of_wrong_types_has_no_sections() -> None:
    assert template_sections(template(parameters="x", steps=[1], output=[])) == ()
    assert template_sections(template(parameters={"properties": ["x"]})) == ()
