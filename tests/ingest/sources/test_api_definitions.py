"""API definitions become sections that can be read, searched and quoted."""

import json
from typing import Any

import pytest

from ingest.entities import Entity, EntityRef, Origin
from ingest.sources.api_definitions import api_sections, read_api


def api(definition: Any, *, type_: str = "openapi", kind: str = "api") -> Entity:
    spec = {"type": type_, "definition": definition, "owner": "ranking"}
    return Entity(
        EntityRef(kind, "default", "feed"), "API", "v1", {"name": "feed"}, spec, Origin("a.yaml", 4, "git:1")
    )


OPENAPI = """
openapi: 3.0.3
info: {title: Feed, version: 1.2.0, description: Shelves of the home screen.}
servers: [{url: "https://feed.example"}]
paths:
  /v1/feed/{user}:
    parameters: [{$ref: "#/components/parameters/User"}]
    get:
      operationId: getFeed
      summary: Rank the home screen
      description: Answers within 120 ms.
      parameters: [{name: explain, in: query, schema: {type: boolean, default: false}}]
      responses:
        "200":
          description: Ranked shelves
          content: {application/json: {schema: {$ref: "#/components/schemas/Feed"}}}
        "429": {description: Too many requests}
    delete: {responses: {"204": {description: Gone}}, deprecated: true}
components:
  parameters: {User: {name: user, in: path, required: true, schema: {type: string, format: uuid}}}
  schemas:
    Feed:
      type: object
      required: [shelves]
      properties:
        shelves: {type: array, items: {$ref: "#/components/schemas/Shelf"}}
        self: {$ref: "#/components/schemas/Feed"}
    Shelf: {properties: {title: {type: string, description: Shown above}}}
"""


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "mapping"])
def test_an_operation_is_a_section_with_all_that_a_caller_needs(as_text: bool) -> None:
    from ingest.sources.yaml_documents import read_yaml

    sections = api_sections(api(OPENAPI if as_text else read_yaml(OPENAPI)))

    assert [(s.anchor, s.heading) for s in sections] == [
        ("api-overview", "API overview"),
        ("getfeed", "GET /v1/feed/{user}"),
        ("delete-v1-feed-user", "DELETE /v1/feed/{user}"),
    ]
    text = sections[1].text
    assert "`GET /v1/feed/{user}`, operation `getFeed`, of feed: Rank the home screen." in text
    assert "Answers within 120 ms." in text
    assert "- `user` (path, string (uuid), required)" in text
    assert "- `explain` (query, boolean, default `false`)" in text
    assert "- `429`: Too many requests" in text
    assert "- `shelves` (array of Shelf, required)" in text
    assert "- `shelves[].title` (string): Shown above" in text
    assert "It is deprecated." in sections[2].text
    assert "- Server: `https://feed.example`" in sections[0].text
    assert {section.path for section in sections} == {None}
    assert {section.revision for section in sections} == {"git:1"}


def test_swagger_two_is_read_as_well() -> None:
    document = {
        "swagger": "2.0",
        "host": "feed.example",
        "basePath": "/v2",
        "paths": {
            "/a": {
                "post": {
                    "parameters": [
                        {"in": "body", "name": "b", "schema": {"properties": {"x": {"type": "integer"}}}}
                    ],
                    "responses": {"200": {"description": "ok", "schema": {"type": "string"}}},
                }
            }
        },
    }

    overview, operation = api_sections(api(json.dumps(document)))

    assert "`feed.example/v2`" in overview.text
    assert "- `x` (integer)" in operation.text
    assert "Response body of `200`: string." in operation.text


def test_operations_with_one_name_keep_their_own_anchors() -> None:
    operation = {"operationId": "same", "responses": {}}
    document = {"openapi": "3.1.0", "paths": {"/a": {"get": operation}, "/b": {"get": operation}}}

    assert [section.anchor for section in api_sections(api(document))][1:] == ["same", "same_1"]


def test_a_broken_definition_is_kept_as_text_and_reported() -> None:
    docs = read_api(api("openapi: 3.0.0\npaths: ["))

    assert [section.heading for section in docs.sections] == ["API definition"]
    assert "paths: [" in docs.sections[0].text
    assert docs.skipped[0].path == "a.yaml:4"
    assert "api:default/feed definition is kept as text only: line " in docs.skipped[0].reason


def test_a_huge_definition_is_cut_and_the_rest_counted() -> None:
    paths = {f"/v1/things{n}": {"get": {"summary": "x" * 800}} for n in range(700)}

    docs = read_api(api(json.dumps({"openapi": "3.0.0", "paths": paths})))

    assert len(docs.sections) == 501
    assert "has 200 more operations" in docs.skipped[0].reason


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Loop"},
        {"$ref": "#/components/schemas/Array"},
        {"$ref": "#/components/schemas/Wide"},
        {"$ref": "https://elsewhere.example/schema.json"},
        {"$ref": 7},
        "nonsense",
    ],
)
def test_schemas_that_lead_nowhere_or_in_circles_come_to_an_end(schema: object) -> None:
    ref = "#/components/schemas/"
    document = {
        "openapi": "3.0.0",
        "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}},
        "components": {
            "schemas": {
                "Loop": {"$ref": f"{ref}Loop"},
                "Array": {"type": "array", "items": {"$ref": f"{ref}Array"}},
                "Wide": {"allOf": [{"$ref": f"{ref}Wide"}] * 500},
            }
        },
    }

    assert [section.heading for section in api_sections(api(document))] == ["API overview", "POST /a"]


def test_a_channel_of_events_is_a_section() -> None:
    text = """
asyncapi: 3.0.0
info: {title: Batches, version: 1.0.0}
channels:
  batch/state:
    address: embedding.batches.v1
    messages: {state: {$ref: "#/components/messages/State"}}
operations:
  sendState: {action: send, channel: {$ref: "#/channels/batch~1state"}, summary: Tells that a batch is live}
components:
  messages:
    State: {name: BatchState, payload: {type: object, properties: {state: {enum: [staged, live]}}}}
"""
    _overview, channel = api_sections(api(text, type_="asyncapi"))

    assert (channel.anchor, channel.heading) == ("channel-batch-state", "Channel embedding.batches.v1")
    assert "Operation `sendState` (send): Tells that a batch is live" in channel.text
    assert "- `state` (any, one of `staged`, `live`)" in channel.text


def test_a_service_of_protobuf_comes_with_its_messages_verbatim() -> None:
    text = (
        'syntax = "proto3";\n\n// Finds neighbours.\nservice Ann {\n  rpc Search(Query) returns (Hits);\n}\n'
    )
    text += "message Query { int32 k = 1; } // at most 800\n\nmessage Hits {\n  repeated Hit hits = 1;\n}\nmessage Hit {}\n"

    service, message = api_sections(api(text, type_="grpc"))

    assert service.anchor == "service-ann"
    assert "// Finds neighbours.\nservice Ann {\n  rpc Search(Query) returns (Hits);\n}" in service.text
    assert "message Query { int32 k = 1; } // at most 800" in service.text
    assert message.heading == "message Hit"


def test_types_of_graphql_keep_their_descriptions() -> None:
    text = '"""\nA listener.\n"""\ntype User {\n  id: ID!\n}\n\n"Roots"\ntype Query {\n  me: User\n}\n'

    user, query = api_sections(api(text, type_="graphql"))

    assert (user.anchor, query.anchor) == ("type-user", "type-query")
    assert '"""\nA listener.\n"""\ntype User {' in user.text
    assert '"Roots"\ntype Query {' in query.text


def test_tools_of_an_mcp_server_are_sections() -> None:
    tool = {
        "name": "ask",
        "description": "Answers a question.",
        "inputSchema": {"properties": {"question": {"type": "string"}}, "required": ["question"]},
    }

    overview, section = api_sections(api(json.dumps({"tools": [tool]}), type_="mcp-server"))

    assert "- `ask`: Answers a question." in overview.text
    assert "- `question` (string, required)" in section.text


def test_a_bare_list_of_tools_is_read_like_the_listing_around_it() -> None:
    tool = {"name": "ask", "description": "Answer a question."}
    listing, bare = (api(json.dumps(each), type_="mcp-server") for each in ({"tools": [tool]}, [tool]))

    assert [each.text for each in api_sections(bare)] == [each.text for each in api_sections(listing)]
    assert read_api(bare).skipped == ()


def test_an_unknown_format_is_kept_as_it_stands() -> None:
    (section,) = api_sections(api("```\nweird", type_="soap"))

    assert section.text.endswith("````\n```\nweird\n````")


def test_other_kinds_and_apis_without_definition_have_no_sections() -> None:
    assert api_sections(api("x", kind="component")) == ()
    assert api_sections(api(None)) == ()
