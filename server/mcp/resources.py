"""Entities and pages as resources, and the completions of their addresses and of the prompts' arguments.

    cuebook://entity/{kind}/{namespace}/{name}         what the catalog says, as JSON
    cuebook://docs/{kind}/{namespace}/{name}/{+path}   one page, as the author wrote it

The list goes through the catalog in the order of references, each entity followed by its pages; its cursor
is the place of the last one, so that a list that spans an index build neither repeats nor loses any.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    Completion,
    CompletionArgument,
    CompletionContext,
    ListResourcesResult,
    PaginatedRequestParams,
    PromptReference,
    Resource,
    ResourceTemplateReference,
)

from ingest.documents import Page
from ingest.entities import Entity, EntityRef
from ingest.errors import IndexMissing, IngestError, InvalidEntityRef
from server.composition import Cuebook
from server.errors import expected, resource_error
from server.identity.wanted import want_scope
from server.mcp.principal import current_principal
from tools.bounds import LARGEST, fitting, titled
from tools.errors import ActionError, LimitReached
from tools.principal import Principal

_A_PAGE = 100
_COMPLETIONS = 100


def add_resources(server: MCPServer[Any], cuebook: Cuebook) -> None:
    """Register both templates, the paged list and the completions."""

    @server.resource(
        "cuebook://entity/{kind}/{namespace}/{name}",
        name="entity",
        title="An entity of the catalog",
        mime_type="application/json",
    )
    async def entity(kind: str, namespace: str, name: str, ctx: Context) -> str:
        """What the catalog says about an entity, with its relations both ways."""
        arguments = {"entity": f"{kind}:{namespace}/{name}"}
        with _translated(ctx):
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
    def page(kind: str, namespace: str, name: str, path: str, ctx: Context) -> str:
        """One page of TechDocs in markdown, includes expanded, as it was indexed."""
        with _translated(ctx):
            entity = f"{kind}:{namespace}/{name}"
            asked = {"entity": entity, "path": path}
            with cuebook.authorised("read_doc_section", current_principal(), **asked) as principal:
                found = cuebook.library.page(entity, path, principal=principal)
                cuebook.caller.noticed(principal, found)
                return _bounded(found)

    async def listed(
        _ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        cursor = params.cursor if params else None
        if not await anyio.to_thread.run_sync(_may_list, cuebook, current_principal()):
            return ListResourcesResult(resources=[])
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
        if not await anyio.to_thread.run_sync(_may_list, cuebook, principal):
            return Completion(values=[], total=0, has_more=False)
        found = await anyio.to_thread.run_sync(_complete, cuebook, principal, argument, chosen)
        return Completion(values=found[:_COMPLETIONS], total=len(found), has_more=len(found) > _COMPLETIONS)


def _may_list(cuebook: Cuebook, principal: Principal) -> bool:
    """Record a look at the catalog, and whether it is allowed: for who may not, there is nothing in it."""
    try:
        with cuebook.authorised("query_catalog", principal):
            pass
    except LimitReached as error:
        raise MCPError(code=INVALID_REQUEST, message=str(error)) from error
    except ActionError:
        return False
    return True


def _bounded(page: Page) -> str:
    """The page, or its beginning and how to read on: a resource has no cursor."""
    text, rest = page.markdown[:LARGEST], len(page.markdown) - LARGEST
    if rest <= 0:
        return text
    arguments = {"entity": str(page.entity), "path": page.path, "whole_page": True, "offset": LARGEST}
    return f"{text}\n\n[{rest:,} more characters: read_doc_section {json.dumps(arguments)}]\n"


def entity_uri(ref: EntityRef) -> str:
    return f"cuebook://entity/{ref.kind}/{ref.namespace}/{ref.name}"


def page_uri(ref: EntityRef, path: str) -> str:
    return f"cuebook://docs/{ref.kind}/{ref.namespace}/{ref.name}/{quote(path)}"


def _list(cuebook: Cuebook, principal: Principal, cursor: str | None) -> ListResourcesResult:
    ref, _, path = (cursor or "").partition("#")
    try:
        after = (EntityRef.parse(ref), path) if cursor is not None else None
    except InvalidEntityRef as error:
        raise MCPError(code=INVALID_PARAMS, message=f"{cursor!r} is no cursor of this server") from error
    try:
        entities = sorted(cuebook.library.catalog(principal).entities, key=lambda found: found.ref)
    except IndexMissing:
        return ListResourcesResult(resources=[])
    rest = (found for found in entities if after is None or found.ref >= after[0])
    listed = (place for found in rest for place in _resources(cuebook, principal, found))
    left = list(islice((place for place in listed if after is None or place[0] > after), _A_PAGE + 1))
    shown = fitting(resource for _, resource in left[:_A_PAGE])
    (last, path), more = left[len(shown) - 1][0] if shown else (None, ""), len(left) > len(shown)
    return ListResourcesResult(resources=list(shown), next_cursor=f"{last}#{path}" if more else None)


def _resources(
    cuebook: Cuebook, principal: Principal, entity: Entity
) -> Iterator[tuple[tuple[EntityRef, str], Resource]]:
    """An entity and then its pages by their paths, each with its place in the list.

    Clients list on their own, so the list has no author's words that nobody vouches for.
    """
    concern = cuebook.library.concern(entity)
    yield (
        (entity.ref, ""),
        Resource(
            uri=entity_uri(entity.ref),
            name=str(entity.ref),
            title=entity.ref.name if concern else titled(entity.title),
            description=None if concern else titled(entity.description) or None,
            mime_type="application/json",
        ),
    )
    pages = cuebook.library.pages(str(entity.ref), principal=principal)
    for entry in sorted(pages, key=lambda page: page.path):
        yield (
            (entity.ref, entry.path),
            Resource(
                uri=page_uri(entity.ref, entry.path),
                name=f"{entity.ref}/{entry.path}",
                title=entry.path if concern else titled(entry.title),
                mime_type="text/markdown",
            ),
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


class _translated:  # noqa: N801 - reads as a statement: with _translated(ctx)
    def __init__(self, ctx: Context) -> None:
        self._request = ctx.request_context.request

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, ResourceError) and expected(error):
            want_scope(self._request, error)
            raise resource_error(error) from error
