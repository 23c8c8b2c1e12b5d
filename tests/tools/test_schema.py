"""Published schemas pass what the inspector's `tools/list --strict` checks, and more."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field

from tools import Actions
from tools.schema import portable_schema

_CONSTRAINING = {"type", "enum", "const", "anyOf", "allOf", "oneOf", "$ref", "not"}


def _findings(schema: Any, at: str) -> Iterator[str]:
    if isinstance(schema, bool):
        yield f"{at}: bare {schema}"
        return
    if isinstance(schema.get("type"), list):
        yield f"{at}: union of types"
    if "$ref" in schema:
        yield f"{at}: reference"
    if not _CONSTRAINING & set(schema):
        yield f"{at}: accepts anything"
    for name, sub in schema.get("properties", {}).items():
        yield from _findings(sub, f"{at}.{name}")
    if "items" in schema:
        yield from _findings(schema["items"], f"{at}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _findings(schema["additionalProperties"], f"{at}{{}}")
    for number, sub in enumerate(schema.get("anyOf", ())):
        yield from _findings(sub, f"{at}|{number}")


def test_every_schema_is_portable(actions: Actions) -> None:
    found = [
        finding
        for info in actions.list()
        for kind, schema in (("in", info.input_schema), ("out", info.output_schema))
        for finding in _findings(schema, f"{info.name}.{kind}")
    ]
    assert found == []


def test_inputs_have_no_null_and_no_unknown_fields(actions: Actions) -> None:
    for info in actions.list():
        assert info.input_schema["type"] == "object"
        assert info.input_schema["additionalProperties"] is False
        assert "null" not in str(info.input_schema)


def test_a_property_called_title_survives() -> None:
    class Titled(BaseModel):
        title: str = Field(description="A title.")

    assert portable_schema(Titled, mode="validation")["properties"]["title"] == {
        "type": "string",
        "description": "A title.",
    }


class Tree(BaseModel):
    children: tuple["Tree", ...] = Field(default=(), description="Below.")


def test_a_model_that_contains_itself_keeps_its_reference() -> None:
    class Holder(BaseModel):
        tree: Tree = Field(description="A tree.")

    schema = portable_schema(Holder, mode="validation")
    assert schema["properties"]["tree"] == {"$ref": "#/$defs/Tree", "description": "A tree."}
    assert schema["$defs"]["Tree"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}


def test_the_default_actions_are_cheap_to_list(actions: Actions) -> None:
    spent = sum(len(f"{info.name}{info.description}{info.input_schema}") for info in actions.list()) / 4
    assert spent < 260 * len(actions)
