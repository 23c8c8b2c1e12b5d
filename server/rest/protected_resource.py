"""`/.well-known/oauth-protected-resource`: where an OAuth client learns who issues tokens for this server."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from server.composition import Cuebook
from server.errors import Problem, problem_response
from server.identity.resource import ProtectedResource


def protected_resource_routes(cuebook: Cuebook, resource: ProtectedResource) -> APIRouter:
    """The same document at each of `resource.paths`; 404 where no token is wanted."""
    router = APIRouter()

    async def metadata() -> Response:
        if not cuebook.settings.asks_who:
            return problem_response(
                Problem(404, "no_token_wanted", "this server answers this machine without a token")
            )
        found: dict[str, Any] = resource.metadata({info.scope for info in cuebook.actions.list()})
        return JSONResponse(found, headers={"Cache-Control": "max-age=300"})

    for path in sorted(resource.paths):
        router.add_api_route(path, metadata, methods=["GET"], include_in_schema=False, response_model=None)
    return router
