"""Entities and pages as resources, and the completions of their addresses and of the prompts' arguments.

    cuebook://entity/{kind}/{namespace}/{name}         what the catalog says, as JSON
    cuebook://docs/{kind}/{namespace}/{name}/{+path}   one page, as the author wrote it

The list goes through the catalog in the order of references, each entity followed by its pages; its cursor
is the last reference, so that a list that spans an index build neither repeats nor loses an entity.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver.exceptions import ResourceError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    ListResourcesResult,
    PaginatedRequestParams,
    PromptReference,
    Resource,
    ResourceTemplateReference,
)

from ingest.entities import Entity, EntityRef
from ingest.errors import IndexMissing, IngestError, InvalidEntityRef
from server.composition import Cuebook
from server.errors import expected, resource_error
from server.mcp.principal import current_principal
from tools.principal import Principal

_ENTITIES_A_PAGE = 50
_COMPLETIONS = 100


def add_resources(server: MCPServer[Any], cuebook: Cuebook) -> None:
    """Register both templates, the paged list and the completions."""

    @server.resource(
        "cuebook://entity/{kind}/{namespace}/{name}",
        name="entity",
        title="An entity of the catalog",
        mime_type="application/json",
    )
    async def entity(kind: str, namespace: str, name: str) -> str:
        """What the catalog says about an entity, with its relations both ways."""
        arguments = {"entity": f"{kind}:{namespace}/{name}"}
        with _translated():
            return json.dumps(
                await cuebook.caller.call("describe_entity", arguments, current_principal()),
                ensure_ascii=False,
            )

    @server.resource(
        "cuebook://docs/{kind}/{namespace}/{name}/{+path}",
        name="page",
        title="A page of an entity's docs",
        mime_type="text/markdown",
    )
    def page(kind: str, namespace: str, name: str, path: str) -> str:
        """One page of TechDocs in markdown, includes expanded, as it was indexed."""
        with _translated():
            principal = cuebook.authorised("read_doc_section", current_principal())
            return cuebook.library.page(f"{kind}:{namespace}/{name}", path, principal=principal).markdown

    async def listed(
        _ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        cursor = params.cursor if params else None
        return await anyio.to_thread.run_sync(_list, cuebook, current_principal(), cursor)

    # The SDK's own list has no cursor, and this is how its `completion` decorator adds a handler.
    server._lowlevel_server.add_request_handler("resources/list", PaginatedRequestParams, listed)

    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK leaves it without types
    async def complete(
        _ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        chosen = (context and context.arguments) or {}
        principal = current_principal()
        found = await anyio.to_thread.run_sync(_complete, cuebook, principal, argument, chosen)
        return Completion(values=found[:_COMPLETIONS], total=len(found), has_more=len(found) > _COMPLETIONS)


def entity_uri(ref: EntityRef) -> str:
    return f"cuebook://entity/{ref.kind}/{ref.namespace}/{ref.name}"


def page_uri(ref: EntityRef, path: str) -> str:
    return f"cuebook://docs/{ref.kind}/{ref.namespace}/{ref.name}/{quote(path)}"


def _list(cuebook: Cuebook, principal: Principal, cursor: str | None) -> ListResourcesResult:
    try:
        after = None if cursor is None else EntityRef.parse(cursor)
    except InvalidEntityRef as error:
        raise MCPError(code=INVALID_PARAMS, message=f"{cursor!r} is no cursor of this server") from error
    try:
        entities = sorted(cuebook.library.catalog(principal).entities, key=lambda found: found.ref)
    except IndexMissing:
        return ListResourcesResult(resources=[])
    rest = [found for found in entities if after is None or found.ref > after]
    shown = rest[:_ENTITIES_A_PAGE]
    resources = [resource for found in shown for resource in _resources(cuebook, principal, found)]
    more = str(shown[-1].ref) if len(rest) > len(shown) else None
    return ListResourcesResult(resources=resources, next_cursor=more)


def _resources(cuebook: Cuebook, principal: Principal, entity: Entity) -> Iterator[Resource]:
    yield Resource(
        uri=entity_uri(entity.ref),
        name=str(entity.ref),
        title=entity.title,
        description=entity.description or None,
        mime_type="application/json",
    )
    for entry in cuebook.library.pages(str(entity.ref), principal=principal):
        yield Resource(
            uri=page_uri(entity.ref, entry.path),
            name=f"{entity.ref}/{entry.path}",
            title=entry.title,
            mime_type="text/markdown",
        )


def _complete(
    cuebook: Cuebook, principal: Principal, argument: CompletionArgument, chosen: dict[str, str]
) -> Sequence[str]:
    """Values that begin with what was typed; nothing while there is no index."""
    try:
        catalog = cuebook.library.catalog(principal)
        if argument.name == "path":
            entity = f"{chosen.get('kind')}:{chosen.get('namespace')}/{chosen.get('name')}"
            values = [entry.path for entry in cuebook.library.pages(entity, principal=principal)]
        elif argument.name in ("kind", "namespace"):
            values = sorted({getattr(entity.ref, argument.name) for entity in catalog.entities})
        else:
            kept = [e.ref for e in catalog.entities if e.ref.kind == chosen.get("kind", e.ref.kind)]
            values = sorted({ref.name for ref in kept})
    except IngestError:
        return []
    typed = argument.value.lower()
    return [value for value in values if value.lower().startswith(typed)]


class _translated:  # noqa: N801 - reads as a statement: with _translated()
    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, ResourceError) and expected(error):
            raise resource_error(error) from error
