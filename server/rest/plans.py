"""`/api/v1/plans`: plan, list, look, approve, reject, and carry out."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from server.composition import Cuebook
from server.guard import principal_of
from server.rest.approver import session_of
from server.rest.problems import failures
from server.rest.secret_text import SecretText
from tools.approver import Approver, Means
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.plan import Outcome

Digest = Annotated[
    str, Path(description="The digest that the action returned with its plan.", max_length=128)
]
_NO_PROOF = "a person who may decide has to prove who they are; whoever calls is not proof enough"
_NO_CSRF = "the session has to be confirmed by the header X-Cuebook-CSRF, with the value it began with"

_STANDING: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "How the plan stands.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PlanAnswer"}}},
    }
}
# `show_plan` brings the schema in; see `failures`.


class Wish(BaseModel):
    """What is to be planned."""

    action: str = Field(max_length=100, description="Name of an action with an effect.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Its arguments.")


class Deciding(BaseModel):
    """How an approver proves who they are, unless the page's session does, and why they say no."""

    token: SecretText | None = Field(
        default=None, description="A token signed for this digest and decision; for CI systems."
    )
    passphrase: SecretText | None = Field(
        default=None,
        max_length=1000,
        description="The passphrase of the approver whom the bearer token names; for portals, where a person is signed in.",
    )
    reason: str = Field(default="", max_length=500, description="Why it is rejected.")


class PlanLine(BaseModel):
    """A plan in a list; `GET /api/v1/plans/DIGEST` has all of it."""

    digest: str
    status: str
    action: str
    summary: str
    principal: str = Field(description="Who planned it.")
    planned_at: str
    expires_at: str
    reversible: bool
    missing: int = Field(description="Approvals that are missing.")
    who: str = Field(description="Whose approval it takes; empty when it takes none.")
    job: str | None
    reason: str


class AnyResult(BaseModel):
    """What the action answers once it is done; its own route under `/api/v1/actions` says what that is."""

    model_config = ConfigDict(extra="allow")


class PlanAnswer(Outcome[AnyResult]):
    """How a plan stands, whatever its action. Nothing has happened while it is planned, waiting or approved."""


class PlanList(BaseModel):
    """Plans, newest first."""

    plans: list[PlanLine] = Field(description="Those of whoever asks, from `offset` on.")
    next_offset: int | None = Field(description="Where the next part begins; null at the end.")
    waiting: list[PlanLine] = Field(
        description="Those that wait for the approver who is signed in, or whom the bearer token names."
    )
    approver: str | None = Field(
        description="Who that is; deciding takes their passphrase or session all the same."
    )


def plan_routes(cuebook: Cuebook) -> APIRouter:
    """The routes; each but the deciding ones acts for the principal of the request."""
    router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
    _reading(router, cuebook)
    _deciding(router, cuebook)

    @router.post(
        "",
        summary="Plan an action",
        description="As calling the action does: nothing happens but that the plan is stored.",
        operation_id="make_plan",
        responses=_STANDING | failures(404, 409, 422, 502),
    )
    async def make_plan(request: Request, wish: Wish) -> JSONResponse:
        if cuebook.actions.get(wish.action).effect is Effect.READS:
            raise InvalidArguments(
                f"{wish.action} only reads, so there is nothing to plan; call it at /api/v1/actions/{wish.action}"
            )
        return JSONResponse(await cuebook.caller.call(wish.action, wish.arguments, principal_of(request)))

    @router.post(
        "/{digest}/apply",
        summary="Carry out a plan",
        description="Exactly once: a repeated call answers the same result. A plan that waits for approval is not "
        "carried out, and answered with the status `waiting`.",
        operation_id="apply_plan",
        responses=_STANDING | failures(404, 409, 410, 422, 502),
    )
    async def apply_plan(request: Request, digest: Digest) -> JSONResponse:
        return JSONResponse(await cuebook.caller.apply(digest, principal_of(request)))

    return router


def _reading(router: APIRouter, cuebook: Cuebook) -> None:
    @router.get("", summary="List plans", operation_id="list_plans")
    async def list_plans(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    ) -> PlanList:
        found = await cuebook.caller.plans(principal_of(request), limit=limit + 1, offset=offset)
        approver = _known_approver(cuebook, request)
        waiting = await cuebook.caller.waiting_for(approver) if approver is not None else ()
        return PlanList(
            plans=[_line(each) for each in found[:limit]],
            next_offset=offset + limit if len(found) > limit else None,
            waiting=[_line(each) for each in waiting],
            approver=None if approver is None else approver.principal.ref,
        )

    @router.get(
        "/{digest}",
        summary="How a plan stands",
        description="One's own, or one that may be decided by the approver who is signed in or whom the token names.",
        operation_id="show_plan",
        responses={200: {"description": "How the plan stands.", "model": PlanAnswer}, **failures(404)},
    )
    async def show_plan(request: Request, digest: Digest) -> JSONResponse:
        approver = _known_approver(cuebook, request)
        found = await cuebook.caller.planned(digest, principal_of(request), approver=approver)
        return JSONResponse(found)


def _deciding(router: APIRouter, cuebook: Cuebook) -> None:
    @router.post(
        "/{digest}/approve",
        summary="Approve a plan",
        description="By an approver's session with its CSRF token, their passphrase beside the token that names them, or a "
        "token signed for it; nothing else approves.",
        operation_id="approve_plan",
        responses=_STANDING | failures(404, 409, 410, 422),
    )
    async def approve_plan(
        request: Request, digest: Digest, deciding: Deciding | None = None
    ) -> JSONResponse:
        approver = await _approver(cuebook, request, digest, "approve", deciding or Deciding())
        if approver is None:
            approver = await _refused(cuebook, _NO_PROOF)
        seen_by = principal_of(request)
        return JSONResponse(await cuebook.caller.approve(digest, approver, seen_by=seen_by))

    @router.post(
        "/{digest}/reject",
        summary="Reject a plan",
        description="For good. By an approver, proved as for approving; or by whoever planned it, with no more proof.",
        operation_id="reject_plan",
        responses=_STANDING | failures(404, 409, 410, 422),
    )
    async def reject_plan(request: Request, digest: Digest, deciding: Deciding | None = None) -> JSONResponse:
        given, principal = deciding or Deciding(), principal_of(request)
        who = await _approver(cuebook, request, digest, "reject", given)
        if who is None:
            known = _known_approver(cuebook, request)
            plan = await cuebook.caller.planned(digest, principal, approver=known)
            if plan["principal"] != principal.ref:
                await _refused(cuebook, _NO_PROOF)
        answer = await cuebook.caller.reject(
            digest, who or principal, reason=given.reason, seen_by=None if who is None else principal
        )
        return JSONResponse(answer)


def _known_approver(cuebook: Cuebook, request: Request) -> Approver | None:
    """Who may look at what waits for an approver: whoever signed in as one, or is named by an identity provider's token."""
    if (session := session_of(cuebook, request)) is not None:
        return session.approver
    caller = principal_of(request)
    entry = cuebook.proofs.approvers.get(cuebook.proofs.known_as(caller))
    return None if entry is None or entry.passphrase is None else Approver(caller, Means.OWN)


async def _approver(
    cuebook: Cuebook, request: Request, digest: str, decision: str, given: Deciding
) -> Approver | None:
    """Who proved that they decide; None when no proof was given. Raises `ProofRefused` for one that is none."""
    if given.token is not None:
        token = given.token.get_secret_value()
        return await cuebook.proofs.in_thread(
            partial(cuebook.proofs.by_token, token, digest=digest, decision=decision)
        )
    if given.passphrase is not None:
        passphrase = given.passphrase.get_secret_value()
        return await cuebook.proofs.in_thread(
            partial(cuebook.proofs.in_portal, principal_of(request), passphrase)
        )
    session = session_of(cuebook, request)
    if session is None:
        return None
    if not session.confirms(request.headers.get("x-cuebook-csrf", "")):
        return await _refused(cuebook, _NO_CSRF)
    return session.approver


async def _refused(cuebook: Cuebook, reason: str) -> Approver:
    """Records the attempt; always raises `ProofRefused`."""
    return await cuebook.proofs.in_thread(
        lambda: cuebook.proofs.proving().signed(None, Means.PAGE, reason=reason)
    )


def _line(plan: dict[str, Any]) -> PlanLine:
    asking = plan["approval"] or {"missing": 0, "who": ""}
    kept = ("digest", "status", "action", "principal", "planned_at", "expires_at", "job", "reason")
    return PlanLine(
        **{name: plan[name] for name in kept},
        summary=plan["plan"]["summary"],
        reversible=plan["plan"]["reversible"],
        missing=asking["missing"],
        who=asking["who"],
    )
