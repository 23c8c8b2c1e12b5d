"""The HTTP server: web page, REST, SSE and MCP in one application."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from server import __version__
from server.access import Access
from server.composition import Cuebook, compose
from server.errors import handle_errors
from server.guard import BodyLimit, HostGuard, Tokens, require_tokens_beyond_loopback
from server.mcp import build_mcp
from server.rest import add_rest
from server.rest.routes import TAGS
from server.settings import Settings
from server.telemetry import start_tracing
from server.web.pages import add_pages

_LONGEST_BODY = 4 * 1024 * 1024  # bytes; the MCP SDK's own limit
_TEXT = "Cited answers from a software catalog and its docs, and safe predefined actions."


def make_app(settings: Settings, *, cuebook: Cuebook | None = None) -> FastAPI:
    """The application for these settings; `cuebook` if it is composed already (the app closes it at its end).

    Nothing heavy is loaded here. Raises `TokensMissing` when it would serve a network without tokens.
    """
    require_tokens_beyond_loopback(settings)
    cuebook = cuebook or compose(settings)
    mcp = build_mcp(cuebook)
    # `HostGuard` checks Host and Origin for every door, so the SDK's own check is off.
    endpoint = mcp.streamable_http_app(
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False)
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop_tracing = start_tracing(settings.telemetry)
        async with mcp.session_manager.run():
            cuebook.warm_in_background()
            yield
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
        lifespan=lifespan,
        middleware=_middleware(settings, cuebook),
    )
    app.state.cuebook = cuebook
    handle_errors(app)
    add_rest(app, cuebook)
    add_pages(app, cuebook)
    app.router.routes.extend(endpoint.routes)  # a mount would answer `/mcp` with a redirect
    return app


def _middleware(settings: Settings, cuebook: Cuebook) -> list[Middleware]:
    """Outermost first."""
    shared = settings.allowed_origins
    cors = Middleware(
        CORSMiddleware,
        allow_origins=shared,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        expose_headers=["Mcp-Session-Id"],
    )
    return [
        Middleware(Access, telemetry=cuebook.telemetry),
        Middleware(HostGuard, settings=settings),
        *([cors] if shared else []),
        Middleware(Tokens, tokens=settings.api_tokens, local_scopes=cuebook.local_scopes),
        Middleware(BodyLimit, limit=_LONGEST_BODY),
    ]


def development_app() -> FastAPI:
    """For `uvicorn --factory server.app:development_app --reload`."""
    from server.logs import configure_logging
    from server.settings import load

    settings = load()
    configure_logging(settings)
    logging.getLogger("uvicorn.access").disabled = True
    return make_app(settings)
