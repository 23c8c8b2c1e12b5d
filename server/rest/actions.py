"""`/api/v1/actions`: one documented route for each action, all through the one call path."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from server.composition import Cuebook
from server.guard import principal_of
from server.rest.arguments import arguments_of, request_body
from server.rest.problems import defining, failures
from tools.action import ActionInfo
from tools.errors import InvalidArguments

_FAILURES = failures(404, 409, 422, 502)


class ActionDescription(BaseModel):
    """What a client may know about an action."""

    name: str
    title: str
    description: str
    effect: str = Field(description="reads, writes, starts_job or destroys.")
    scope: str = Field(description="What a caller needs to hold.")
    toolset: str = Field(description="What it belongs to: ask, operate, recsys or admin.")
    version: str = Field(description="Changes with the action's code.")
    input_schema: dict[str, Any] = Field(description="JSON Schema of the arguments.")
    output_schema: dict[str, Any] = Field(description="JSON Schema of the result.")


class ActionList(BaseModel):
    """All actions, in alphabetical order."""

    actions: list[ActionDescription]


def action_routes(cuebook: Cuebook) -> APIRouter:
    """List, describe and call."""
    router = APIRouter(prefix="/api/v1/actions", tags=["actions"])

    @router.get("", summary="List the actions", operation_id="list_actions")
    async def list_actions() -> ActionList:
        return ActionList(actions=[_description(info) for info in cuebook.actions.list()])

    @router.get("/{name}", summary="Describe an action", operation_id="show_action", responses=defining(404))
    async def show_action(name: Annotated[str, Path(description="The action's name.")]) -> ActionDescription:
        return _description(cuebook.actions.get(name).info)

    for info in cuebook.actions.list():
        router.add_api_route(
            f"/{info.name}",
            _endpoint(cuebook, info.name),
            methods=["POST"],
            summary=info.title,
            description=info.description,
            operation_id=info.name,
            responses={**_FAILURES, 200: _documented(info.output_schema, "The structured result.")},
            openapi_extra={"requestBody": request_body(info.input_schema)},
        )

    @router.post("/{name}", include_in_schema=False)
    async def unknown_action(request: Request, name: str) -> JSONResponse:
        # Raises, and is recorded: every action that there is has a route of its own.
        return JSONResponse(await cuebook.caller.call(name, {}, principal_of(request)))

    return router


def _endpoint(cuebook: Cuebook, name: str) -> Callable[..., Awaitable[JSONResponse]]:
    async def call_action(request: Request) -> JSONResponse:
        principal = principal_of(request)
        try:
            arguments = await arguments_of(request)
        except InvalidArguments as error:
            await cuebook.caller.refused("call", principal, action=name, reason=str(error))
            raise
        return JSONResponse(await cuebook.caller.call(name, arguments, principal))

    return call_action


def _description(info: ActionInfo) -> ActionDescription:
    return ActionDescription(
        name=info.name,
        title=info.title,
        description=info.description,
        effect=info.effect.value,
        scope=info.scope,
        toolset=info.toolset.value,
        version=info.version,
        input_schema=info.input_schema,
        output_schema=info.output_schema,
    )


def _documented(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, **_content(schema)}


def _content(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": dict(schema)}}}
