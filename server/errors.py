"""Every error, translated once at the edge: the only place that knows HTTP status codes and MCP error shapes.

Errors of `tools` and `ingest` were written for whoever reads them, so their message is passed on. Any other
exception is a bug: the client learns that and nothing of its text, the log gets all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from ingest import errors as ingest
from server.identity.wanted import want_scope
from tools import errors as tools

_STATUS: Mapping[type[Exception], tuple[int, str]] = {
    tools.ActionError: (500, "action_error"),
    tools.InvalidAction: (500, "invalid_action"),
    tools.UnknownAction: (404, "unknown_action"),
    tools.InvalidArguments: (422, "invalid_arguments"),
    tools.NotComparable: (422, "not_comparable"),
    tools.NotAllowed: (403, "not_allowed"),
    tools.MayNotDecide: (403, "may_not_decide"),
    tools.ProofRefused: (401, "proof_refused"),
    tools.LockedOut: (429, "locked_out"),
    tools.LimitReached: (429, "limit_reached"),
    tools.GateRefused: (409, "gate_refused"),
    tools.PolicyInvalid: (503, "policy_invalid"),
    tools.NotFound: (404, "not_found"),
    tools.Unavailable: (503, "unavailable"),
    tools.ActionFailed: (500, "action_failed"),
    tools.RunFailed: (502, "run_failed"),
    tools.PlanMissing: (404, "plan_missing"),
    tools.PlanExpired: (410, "plan_expired"),
    tools.PlanAlreadyApplied: (409, "plan_already_applied"),
    tools.PlanRejected: (409, "plan_rejected"),
    tools.TargetMoved: (409, "target_moved"),
    tools.PlaybookInvalid: (422, "playbook_invalid"),
    tools.PlaybookStopped: (409, "playbook_stopped"),
    tools.StateError: (503, "state_error"),
    tools.StateNewer: (503, "state_newer"),
    tools.StateDamaged: (503, "state_damaged"),
    tools.BackupDamaged: (422, "backup_damaged"),
    tools.BackupRefused: (409, "backup_refused"),
    ingest.IngestError: (500, "ingest_error"),
    ingest.SourceError: (422, "source_error"),
    ingest.InvalidEntityRef: (422, "invalid_entity_ref"),
    ingest.IndexMissing: (503, "index_missing"),
    ingest.IndexBusy: (409, "index_busy"),
    ingest.IndexDamaged: (503, "index_damaged"),
    ingest.EmbedderUnavailable: (503, "embedder_unavailable"),
    ingest.ModelUnavailable: (503, "model_unavailable"),
    ingest.ModelBookUnavailable: (503, "model_registry_unavailable"),
    ingest.NotFound: (404, "not_found"),
}
_INTERNAL = "something broke inside the server; its log has the details under this request's time"
_HTTP_CODES = {
    401: "token_missing",
    404: "no_such_address",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "encoded_body",
    422: "invalid_request",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a client sees it: `{"error": {"code", "message", "details"}}` under `status`."""

    status: int
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "details": dict(self.details)}}


def expected(error: BaseException) -> bool:
    """Whether `error` was foreseen, so that its message may be shown."""
    return isinstance(error, tools.ActionError | ingest.IngestError)


def problem_of(error: BaseException) -> Problem:
    """What the client learns of `error`, by the closest class that the table knows."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            status, code = _STATUS[kind]
            return Problem(status, code, str(error), getattr(error, "details", {}))
    return Problem(500, "internal_error", _INTERNAL)


def tool_error(error: Exception) -> ToolError:
    """What the model reads: the message, which says everything that `details` would."""
    return ToolError(problem_of(error).message)


def resource_error(error: Exception) -> ResourceError:
    """-32602 for what is not there, -32603 with a message for what is not there yet."""
    problem = problem_of(error)
    missing = problem.status in (404, 422)
    return (ResourceNotFoundError if missing else ResourceError)(problem.message)


def problem_response(problem: Problem, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The HTTP answer; `Retry-After` where waiting may help."""
    seconds = problem.details.get("retry_after", 5 if problem.status == 503 else None)
    later = {} if seconds is None else {"Retry-After": str(seconds)}
    return JSONResponse(problem.body(), status_code=problem.status, headers={**later, **(headers or {})})


FORESEEN = (HTTPException, tools.ActionError, ingest.IngestError)


async def foreseen_response(
    request: Request, error: HTTPException | tools.ActionError | ingest.IngestError
) -> Response:
    """What the routes answer to one of `FORESEEN`, for a door that is none of them."""
    return await (_http(request, error) if isinstance(error, HTTPException) else _foreseen(request, error))


def handle_errors(app: FastAPI) -> None:
    """Make every route of `app` answer its failures in this one shape."""
    app.add_exception_handler(tools.ActionError, _foreseen)
    app.add_exception_handler(ingest.IngestError, _foreseen)
    app.exception_handler(RequestValidationError)(_unfit)
    app.exception_handler(HTTPException)(_http)
    app.add_exception_handler(Exception, _unforeseen)


async def _foreseen(request: Request, error: Exception) -> Response:
    want_scope(request, error)
    return problem_response(problem_of(error))


async def _unfit(_request: Request, error: RequestValidationError) -> Response:
    """A request that does not fit a route; rejected values are not repeated, they may be anything."""
    problems = [
        {"field": ".".join(str(part) for part in problem["loc"]), "reason": problem["msg"]}
        for problem in error.errors()
    ]
    text = "; ".join(f"{problem['field']}: {problem['reason']}" for problem in problems)
    return problem_response(Problem(422, "invalid_request", text, {"problems": problems}))


async def _http(request: Request, error: HTTPException) -> Response:
    code = _HTTP_CODES.get(error.status_code, "http_error")
    text, headers = str(error.detail), error.headers
    if error.status_code == 400:  # FastAPI's word for a body that is not even text
        return problem_response(Problem(422, "invalid_request", "the body is no JSON; send an object"))
    if error.status_code in (404, 405) and text == HTTPStatus(error.status_code).phrase:
        text = f"{request.method} {request.url.path[:200]}: {text.lower()}; /api/openapi.json lists what there is"
    if error.status_code == 405:
        headers = {**(headers or {}), "Allow": ", ".join(_methods(request))}
    return problem_response(Problem(error.status_code, code, text), headers=headers)


def _methods(request: Request) -> list[str]:
    """What the address takes: each method has a route of its own, and a route knows only its own."""
    known = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
    routes = request.app.router.routes
    return [
        method
        for method in known
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def _unforeseen(request: Request, error: Exception) -> Response:
    structlog.get_logger(__name__).error("request failed", path=request.url.path, exc_info=error)
    return problem_response(problem_of(error))
