"""The HTTP server: web page, REST, SSE and MCP in one application."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from server import __version__
from server.access import Access
from server.composition import Cuebook, compose
from server.errors import handle_errors
from server.guard import BodyLimit, HostGuard, Tokens, require_tokens_beyond_loopback
from server.identity.resource import ProtectedResource
from server.identity.verifier import verifier_of
from server.mcp import build_mcp
from server.mcp.door import McpDoor
from server.plain_bodies import PlainBodies
from server.recorded_readings import recorded
from server.refreshing import Refresher
from server.refused_requests import RefusedRequests
from server.rest import add_rest
from server.rest.approver import approver_of
from server.rest.events import event_routes
from server.rest.problems import ANYWHERE, failures
from server.rest.protected_resource import protected_resource_routes
from server.rest.routes import TAGS
from server.settings import Settings
from server.telemetry import start_tracing
from server.web.pages import add_pages

_LONGEST_BODY = 4 * 1024 * 1024  # bytes; the MCP SDK's own limit
_BODY_SECONDS = 30.0
_TEXT = "Cited answers from a software catalog and its docs, and safe predefined actions."


def make_app(
    settings: Settings,
    *,
    cuebook: Cuebook | None = None,
    mcp: MCPServer[Any] | None = None,
    warm: bool = True,
) -> FastAPI:
    """The application for these settings; `cuebook` if it is composed already (the app closes it at its end).

    `mcp` is a server of `build_mcp` over that same `cuebook`, for whoever adds to one. `warm` loads what the first
    question needs once it serves.

    Nothing heavy is loaded here. Raises `TokensMissing` when it would serve a network without tokens, and
    `PolicyInvalid` for a policy that cannot be used.
    """
    require_tokens_beyond_loopback(settings)
    cuebook = cuebook or compose(settings)
    resource = ProtectedResource.of(settings.auth, host=settings.host, port=settings.port)
    _ = cuebook.policies  # one that cannot be used is told before anybody is served
    mcp = mcp or build_mcp(cuebook)
    # `HostGuard` checks Host and Origin for every door, so the SDK's own check is off.
    mcp.streamable_http_app(
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False)
    )

    refresher = Refresher(
        cuebook.parts.indexer.refresh,
        every=settings.refresh_seconds,
        stale=cuebook.parts.stale_sources,
        note=recorded(cuebook.caller, cuebook.parts.clock),
    )
    cuebook.parts.refreshing = refresher.trouble

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop_tracing = start_tracing(settings.telemetry)
        async with mcp.session_manager.run(), cuebook.caller.playing():
            if warm:
                cuebook.warm_in_background()
            refresher.start()
            yield
            refresher.stop()
        cuebook.close()
        stop_tracing()

    app = FastAPI(
        title="Cuebook",
        version=__version__,
        description=_TEXT,
        openapi_tags=TAGS,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=failures(*ANYWHERE),
        lifespan=lifespan,
        middleware=_middleware(settings, cuebook, resource, mcp.session_manager.handle_request),
    )
    app.state.cuebook = cuebook
    handle_errors(app)
    add_rest(app, cuebook)
    app.include_router(event_routes(refresher, cuebook.caller))
    app.include_router(protected_resource_routes(cuebook, resource))
    add_pages(app, cuebook)
    return app


def _middleware(
    settings: Settings, cuebook: Cuebook, resource: ProtectedResource, endpoint: ASGIApp
) -> list[Middleware]:
    """Outermost first."""
    shared, refused = settings.allowed_origins, RefusedRequests(cuebook.caller)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=shared,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        expose_headers=["Mcp-Session-Id", "WWW-Authenticate"],
    )
    return [
        Middleware(Access, telemetry=cuebook.telemetry),
        Middleware(HostGuard, settings=settings, refused=refused),
        *([cors] if shared else []),
        Middleware(
            Tokens,
            tokens=settings.api_tokens,
            local_scopes=cuebook.local_scopes,
            resource=resource,
            refused=refused,
            sessions=cuebook.sessions,
            verifier=verifier_of(settings.auth, resource),
            approver_of=partial(approver_of, cuebook),
        ),
        Middleware(BodyLimit, limit=_LONGEST_BODY, seconds=_BODY_SECONDS),
        Middleware(PlainBodies, calls=cuebook.caller, refused=refused),
        Middleware(McpDoor, endpoint=endpoint),
    ]


def development_app() -> FastAPI:
    """For `uvicorn --factory server.app:development_app --reload`."""
    from server.logs import configure_logging
    from server.settings import load

    settings = load()
    configure_logging(settings)
    logging.getLogger("uvicorn.access").disabled = True
    return make_app(settings)
