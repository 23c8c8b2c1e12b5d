"""Alive, ready, state and metrics: what operators and the page's footer ask."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from server import __version__
from server.composition import Cuebook
from server.errors import Problem, problem_response
from server.telemetry import METRICS_TYPE


class Health(BaseModel):
    """The process answers; says nothing about the index."""

    status: Literal["alive"] = "alive"
    version: str = __version__


class Ready(BaseModel):
    """Questions can be answered."""

    status: Literal["ready"] = "ready"


class Status(BaseModel):
    """What this server holds."""

    version: str
    index: dict[str, Any] | None = Field(
        description="The current generation of the index; null before the first."
    )
    model: str | None = Field(description="The chat model that words answers; null when passages are quoted.")
    embedder: str = Field(description="Kind of the embedder.")
    asked_again: dict[str, int] | None = Field(
        description="How many questions that had failed or helped were put to this index, and how many of them are "
        "answered now, or not any more; null when none were."
    )
    degraded: list[str] = Field(description="What does not work, in words; empty when all is well.")


def health_routes(cuebook: Cuebook) -> APIRouter:
    """Each under its API address, and the first two where orchestrators look for them."""
    router = APIRouter(tags=["state"])

    @router.get("/healthz", include_in_schema=False)
    @router.get("/api/v1/health", summary="Is the process alive?", operation_id="health")
    async def health() -> Health:
        return Health()

    @router.get("/readyz", include_in_schema=False, response_model=Ready)
    @router.get(
        "/api/v1/ready",
        summary="Can questions be answered?",
        operation_id="ready",
        response_model=Ready,
    )
    async def ready() -> Ready | Response:
        found = await run_in_threadpool(cuebook.readiness)
        return Ready() if found.ready else problem_response(Problem(503, found.code, found.reason))

    @router.get("/api/v1/status", summary="What this server holds", operation_id="status")
    async def status() -> Status:
        return Status.model_validate(await run_in_threadpool(cuebook.status))

    if cuebook.settings.telemetry.metrics:

        @router.get("/metrics", include_in_schema=False)
        async def metrics() -> Response:
            text = await run_in_threadpool(cuebook.telemetry.exposition)
            return Response(text, media_type=METRICS_TYPE)

    return router
