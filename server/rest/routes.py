"""All REST routes of one application."""

from fastapi import FastAPI

from server.composition import Cuebook
from server.rest.actions import action_routes
from server.rest.approver import approver_routes
from server.rest.ask_stream import ask_stream_routes
from server.rest.catalog import catalog_routes
from server.rest.health import health_routes
from server.rest.plans import plan_routes
from server.rest.reference import reference_routes
from server.rest.session import session_routes

TAGS = [
    {
        "name": "actions",
        "description": "What can be asked and done; the same through MCP and the command line.",
    },
    {
        "name": "plans",
        "description": "Actions with an effect are planned first, and applied by their digest.",
    },
    {"name": "catalog", "description": "Entities and their docs, to browse."},
    {"name": "state", "description": "Whether the server lives, is ready, and what it holds."},
]


def add_rest(app: FastAPI, cuebook: Cuebook) -> None:
    """Register the routes; those of the actions are made from whatever actions there are."""
    app.include_router(action_routes(cuebook))
    app.include_router(ask_stream_routes(cuebook))
    app.include_router(plan_routes(cuebook))
    app.include_router(approver_routes(cuebook))
    app.include_router(catalog_routes(cuebook))
    app.include_router(health_routes(cuebook))
    app.include_router(session_routes(cuebook))
    app.include_router(reference_routes(app))
