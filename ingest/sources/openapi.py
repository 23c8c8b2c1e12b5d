"""OpenAPI 3 and Swagger 2 documents as sections: an overview, then one an operation.

https://spec.openapis.org/oas/v3.1.0 and https://swagger.io/specification/v2/. References to other documents
are not followed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.documents import Block, Section
from ingest.sources.composed import Composer, bullets, counted, one_line, paragraph
from ingest.sources.schema_fields import Schemas

MAX_OPERATIONS = 500
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MAX_TEXT = 3_000

Operation = tuple[str, str, Mapping[str, Any], list[Any]]


def openapi_sections(document: Mapping[str, Any], composer: Composer) -> tuple[list[Section], int]:
    """The sections, and how many operations were left out because there are more than 500."""
    schemas = Schemas(document)
    operations = list(_operations(document, schemas))
    sections = [composer.section("API overview", _overview(document, operations, composer))]
    sections += [_section(operation, schemas, composer) for operation in operations[:MAX_OPERATIONS]]
    return sections, max(len(operations) - MAX_OPERATIONS, 0)


def _operations(document: Mapping[str, Any], schemas: Schemas) -> Iterator[Operation]:
    paths = document.get("paths")
    for path, written in (paths if isinstance(paths, dict) else {}).items():
        item = schemas.resolved(written)
        shared = item.get("parameters")
        for method in _METHODS:
            if isinstance(operation := item.get(method), dict):
                yield method.upper(), str(path), operation, shared if isinstance(shared, list) else []


def _overview(document: Mapping[str, Any], operations: list[Operation], composer: Composer) -> list[Block]:
    info = document.get("info")
    info = info if isinstance(info, dict) else {}
    version = f", version {one_line(info['version'], limit=40)}" if info.get("version") else ""
    title = one_line(info.get("title") or composer.entity.title)
    blocks = [paragraph(f"{title}{version}, is an HTTP API of {counted(len(operations), 'operation')}.")]
    if info.get("description"):
        blocks.append(paragraph(_text(info["description"])))
    facts = [*(f"Server: {server}" for server in _servers(document)), *_security(document)]
    if facts:
        blocks.append(bullets(facts))
    if operations:
        blocks.append(bullets([_listed(operation) for operation in operations[:200]]))
    return blocks


def _text(value: object) -> str:
    text = str(value).strip()
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]} …"


def _listed(operation: Operation) -> str:
    method, path, body, _shared = operation
    summary = one_line(body.get("summary") or "", limit=160)
    return f"`{method} {path}`" + (f": {summary}" if summary else "")


def _servers(document: Mapping[str, Any]) -> list[str]:
    listed = document.get("servers")
    servers = [server for server in (listed if isinstance(listed, list) else []) if isinstance(server, dict)]
    urls = [
        f"`{one_line(server['url'])}`"
        + (f" ({one_line(server['description'])})" if server.get("description") else "")
        for server in servers
        if server.get("url")
    ]
    if not urls and document.get("host"):
        urls.append(f"`{one_line(document['host'])}{one_line(document.get('basePath') or '')}`")
    return urls


def _security(document: Mapping[str, Any]) -> Iterator[str]:
    components = document.get("components")
    holder = components.get("securitySchemes") if isinstance(components, dict) else None
    schemes = holder or document.get("securityDefinitions")
    for name, scheme in (schemes if isinstance(schemes, dict) else {}).items():
        if isinstance(scheme, dict):
            details = (scheme.get(key) for key in ("type", "scheme", "in", "name"))
            shown = ", ".join(one_line(part, limit=60) for part in details if part)
            yield f"Security `{name}`: {shown}"


def _section(operation: Operation, schemas: Schemas, composer: Composer) -> Section:
    method, path, body, shared = operation
    name = f", operation `{one_line(body['operationId'])}`," if body.get("operationId") else ""
    summary = one_line(body.get("summary") or "")
    opening = f"`{method} {path}`{name} of {composer.entity.title}" + (f": {summary}" if summary else "")
    blocks = [paragraph(f"{opening.rstrip('.')}.{' It is deprecated.' if body.get('deprecated') else ''}")]
    if body.get("description"):
        blocks.append(paragraph(_text(body["description"])))
    blocks += [
        *_parameters(body, shared, schemas),
        *_request(body, schemas),
        *_responses(body, schemas),
    ]
    heading = f"{method} {path}"
    return composer.section(heading, blocks, anchor=str(body.get("operationId") or heading))


def _parameters(body: Mapping[str, Any], shared: list[Any], schemas: Schemas) -> Iterator[Block]:
    own = body.get("parameters")
    parameters = [schemas.resolved(item) for item in [*shared, *(own if isinstance(own, list) else [])]]
    lines = []
    for parameter in parameters:
        schema = parameter.get("schema", parameter)
        if parameter.get("in") == "body":
            yield from _fields("Request body", schema, schemas)
        elif parameter.get("name"):
            traits = schemas.traits(schema, required=parameter.get("required") is True)
            place = one_line(parameter.get("in") or "query", limit=20)
            lines.append(f"`{parameter['name']}` ({place}, {traits}){schemas.words(parameter)}")
    if lines:
        yield paragraph("Parameters:")
        yield bullets(lines)


def _request(body: Mapping[str, Any], schemas: Schemas) -> Iterator[Block]:
    request = schemas.resolved(body.get("requestBody"))
    for media, schema in _content(request):
        required = ", required" if request.get("required") is True else ""
        yield from _fields(f"Request body (`{media}`{required})", schema, schemas)


def _content(holder: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    content = holder.get("content")
    for media, value in (content if isinstance(content, dict) else {}).items():
        yield str(media), value.get("schema") if isinstance(value, dict) else None
        return  # further media types repeat the same schema


def _fields(label: str, schema: Any, schemas: Schemas) -> Iterator[Block]:
    lines = schemas.fields(schema)
    yield paragraph(f"{label}: {schemas.type_of(schema)}{', with the fields:' if lines else '.'}")
    if lines:
        yield bullets(lines)


def _responses(body: Mapping[str, Any], schemas: Schemas) -> Iterator[Block]:
    responses = body.get("responses")
    lines, bodies = [], []
    for code, written in (responses if isinstance(responses, dict) else {}).items():
        response = schemas.resolved(written)
        lines.append(f"`{code}`: {one_line(response.get('description') or 'no description')}")
        schema = next((schema for _media, schema in _content(response)), response.get("schema"))
        if schema and str(code).startswith("2"):
            bodies += list(_fields(f"Response body of `{code}`", schema, schemas))
    if lines:
        yield paragraph("Responses:")
        yield bullets(lines)
    yield from bodies
