"""API definitions as documents, whatever their format: `spec.definition` of entities of kind API.

OpenAPI and AsyncAPI become a section an operation or channel, GraphQL and protobuf a section a declaration,
an MCP server's listing a section a tool. Anything else is kept as text. A definition is data: its references
to other documents are never followed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.documents import Section, SectionKind, Skipped
from ingest.entities import Entity
from ingest.sources.asyncapi import asyncapi_sections
from ingest.sources.composed import Composer, bullets, counted, one_line, paragraph
from ingest.sources.openapi import openapi_sections
from ingest.sources.schema_fields import Schemas
from ingest.sources.schema_text import graphql_sections, plain_section, proto_sections
from ingest.sources.yaml_documents import UnreadableYaml, read_yaml

MAX_YAML = 6_000_000
MAX_TOOLS = 500
_SAYS_ITS_FORMAT = re.compile(r"""^\s*["']?(?:openapi|swagger|asyncapi)["']?\s*:\s*["']?\d""", re.MULTILINE)
_STRUCTURED = frozenset({"openapi", "asyncapi", "swagger", "mcp-server"})


@dataclass(frozen=True, slots=True)
class ApiDocs:
    """The sections of one API, and what of its definition could not be used."""

    sections: tuple[Section, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def api_sections(entity: Entity) -> tuple[Section, ...]:
    """The sections of an API's definition; none for an entity without one."""
    return read_api(entity).sections


def read_api(entity: Entity) -> ApiDocs:
    """As `api_sections`, with what was left out and why."""
    definition = entity.spec.get("definition")
    if entity.ref.kind != "api" or not definition:
        return ApiDocs()
    composer = Composer(entity, SectionKind.API, "API definition")
    try:
        sections, left_out = _read(definition, (entity.type or "").lower(), composer)
    except UnreadableYaml as error:
        whole = definition if isinstance(definition, str) else str(definition)
        reason = f"definition is kept as text only: line {error.line}: {error}"
        return ApiDocs((plain_section(whole, composer),), (_skipped(entity, reason),))
    if left_out:
        reason = f"definition has {left_out} more operations than are indexed one by one"
        return ApiDocs(tuple(sections), (_skipped(entity, reason),))
    return ApiDocs(tuple(sections))


def _skipped(entity: Entity, reason: str) -> Skipped:
    return Skipped(f"{entity.origin.path}:{entity.origin.line}", f"{entity.ref} {reason}")


def _read(definition: Any, type_: str, composer: Composer) -> tuple[list[Section], int]:
    if not isinstance(definition, str):
        return _read_document(definition, composer)
    if type_ in _STRUCTURED or _SAYS_ITS_FORMAT.search(definition):
        return _read_document(_parsed(definition), composer, text=definition)
    if type_ == "graphql":
        return graphql_sections(definition, composer)
    if type_ in ("grpc", "protobuf", "proto"):
        return proto_sections(definition, composer)
    return [plain_section(definition, composer)], 0


def _read_document(document: Any, composer: Composer, *, text: str = "") -> tuple[list[Section], int]:
    if isinstance(document, list) and composer.entity.type == "mcp-server":
        document = {"tools": document}  # what `tools/list` answers, without the envelope
    if not isinstance(document, dict):
        raise UnreadableYaml("is no mapping", line=1)
    if "asyncapi" in document:
        return asyncapi_sections(document, composer)
    if document.keys() & {"paths", "openapi", "swagger"}:
        return openapi_sections(document, composer)
    if isinstance(document.get("tools"), list):
        return _tool_sections(document, composer)
    text = text or json.dumps(document, indent=2, ensure_ascii=False)
    return [plain_section(text, composer)], 0


def _parsed(text: str) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text, parse_constant=str)
        except (json.JSONDecodeError, RecursionError):
            pass  # flow-style YAML also opens with a brace; its reader says what is wrong
    if len(text) > MAX_YAML:
        raise UnreadableYaml(f"has {len(text) / 1e6:.1f} MB of YAML; at most 6 MB are read", line=1)
    return read_yaml(text)


def _tool_sections(document: Mapping[str, Any], composer: Composer) -> tuple[list[Section], int]:
    tools = [tool for tool in document["tools"] if isinstance(tool, dict) and tool.get("name")]
    schemas = Schemas(document)
    names = [f"`{tool['name']}`: {one_line(tool.get('description') or '', limit=160)}" for tool in tools]
    overview = [paragraph(f"{composer.entity.title} is an MCP server of {counted(len(tools), 'tool')}.")]
    sections = [composer.section("API overview", [*overview, *([bullets(names[:200])] if names else [])])]
    for tool in tools[:MAX_TOOLS]:
        blocks = [paragraph(f"`{tool['name']}` is an MCP tool of {composer.entity.title}.")]
        if tool.get("description"):
            blocks.append(paragraph(str(tool["description"])[:3_000]))
        if fields := schemas.fields(tool.get("inputSchema")):
            blocks += [paragraph("Arguments:"), bullets(fields)]
        sections.append(composer.section(f"Tool {tool['name']}", blocks))
    return sections, max(len(tools) - MAX_TOOLS, 0)
