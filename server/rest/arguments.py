"""Reads the arguments of an action out of a request; what they must be is the action's own business."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from tools.errors import InvalidArguments


async def arguments_of(request: Request) -> dict[str, Any]:
    """The JSON object in the body; an empty body is an empty object. Raises `InvalidArguments`.

    Only `application/json` is read: a page of another site cannot send that without being asked first.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if not body:
        return {}
    if kind != "application/json":
        raise InvalidArguments(
            f"the body is {kind or 'of no type'!r}; send JSON with `content-type: application/json`"
        )
    try:
        arguments = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidArguments(f"the body is no JSON ({error}); send an object of arguments") from error
    if not isinstance(arguments, dict):
        raise InvalidArguments("the body is JSON but no object; send the arguments by their names")
    return arguments


def request_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    """How the OpenAPI document describes that body; it may be left out where no argument has to be given."""
    required = bool(schema.get("required"))
    return {"required": required, "content": {"application/json": {"schema": dict(schema)}}}
