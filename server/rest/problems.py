"""How a failure looks in the OpenAPI document; `server.errors` makes it."""

from typing import Any

from pydantic import BaseModel, Field


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str = Field(description="Names the kind of failure, for programs.")
    message: str = Field(description="What was wrong and what to do next.")
    details: dict[str, Any] = Field(description="Parts of the message, for programs; may be empty.")


class ErrorBody(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorDetail


_MEANINGS = {
    401: "Who calls, or who decides, is not proved.",
    403: "Not allowed, or from a page of another site.",
    404: "No such thing, or none that you may see.",
    409: "What it was meant for has changed since, or is busy.",
    410: "Too late: the plan has expired.",
    413: "The body is too long.",
    415: "The body is compressed.",
    421: "This server does not answer to that host.",
    422: "The request does not fit; `details.problems` says where.",
    429: "Too many; `Retry-After` says when to come back.",
    500: "A fault of the server; its log has the details.",
    502: "What the action ran or called did not succeed.",
    503: "Something it needs is not there yet, for example the index.",
}
ANYWHERE = (401, 403, 413, 415, 421, 429, 500, 503)
"""What any request may be answered with, whatever it asks for: by the checks before it, or by a fault."""


_REFERENCE = {"$ref": f"#/components/schemas/{ErrorBody.__name__}"}


def failures(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can fail with these statuses.

    They refer to the one schema that `defining` puts into the document: FastAPI compiles a model anew wherever one
    is named, which with ten failures for each route was most of what a start took.
    """
    content = {"application/json": {"schema": _REFERENCE}}
    return {code: {"description": _MEANINGS[code], "content": content} for code in codes}


def defining(code: int) -> dict[int | str, dict[str, Any]]:
    """As `failures`, for the one route that brings in the schema that all others refer to."""
    return {code: {"description": _MEANINGS[code], "model": ErrorBody}}
