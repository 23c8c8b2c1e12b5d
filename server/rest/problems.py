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
    401: "Who calls is not known.",
    403: "Not allowed, or from a page of another site.",
    404: "No such thing, or none that you may see.",
    409: "What it was meant for has changed since, or is busy.",
    410: "Too late: the plan has expired.",
    422: "The request does not fit; `details.problems` says where.",
    503: "Something it needs is not there yet, for example the index.",
}


def failures(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can fail with these statuses."""
    return {code: {"model": ErrorBody, "description": _MEANINGS[code]} for code in codes}
