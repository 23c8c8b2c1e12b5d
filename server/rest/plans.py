"""`/api/v1/plans`: how a plan stands, and carrying it out."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse

from server.composition import Cuebook
from server.guard import principal_of
from server.rest.problems import failures

Digest = Annotated[
    str, Path(description="The digest that the action returned with its plan.", max_length=128)
]


def plan_routes(cuebook: Cuebook) -> APIRouter:
    """Look at a plan of one's own, and apply it."""
    router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

    @router.get(
        "/{digest}", summary="How a plan stands", operation_id="show_plan", responses=failures(404, 503)
    )
    async def show_plan(request: Request, digest: Digest) -> dict[str, Any]:
        return await cuebook.caller.planned(digest, principal_of(request))

    @router.post(
        "/{digest}/apply",
        summary="Carry out a plan",
        description="Exactly once: a repeated call answers the same result.",
        operation_id="apply_plan",
        responses=failures(403, 404, 409, 410, 503),
    )
    async def apply_plan(request: Request, digest: Digest) -> JSONResponse:
        return JSONResponse(await cuebook.caller.apply(digest, principal_of(request)))

    return router
