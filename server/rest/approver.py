"""`/api/v1/approver/session`: an approver signs in on the page, for a quarter of an hour."""

from functools import partial

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from server.approving.sessions import COOKIE, LIFETIME, Session
from server.composition import Cuebook
from server.rest.problems import failures
from server.rest.secret_text import SecretText
from tools.moments import moment
from tools.principal import Principal

_PATH = "/api/v1"


class Secret(BaseModel):
    """What an approver types in."""

    name: str = Field(max_length=63, description="The approver's name.")
    passphrase: SecretText = Field(max_length=1000, description="Their passphrase.")


class ApproverSession(BaseModel):
    """Who is signed in to approve, if anybody is."""

    approver: str | None = Field(description="The approver, such as user:default/ada; null for nobody.")
    csrf: str | None = Field(description="What deciding requests send in the header X-Cuebook-CSRF.")
    expires_at: str | None = Field(description="When the session ends, ISO 8601 in UTC.")
    possible: bool = Field(
        description="Whether anybody could sign in: there is an approver with a passphrase."
    )


def session_of(cuebook: Cuebook, connection: HTTPConnection) -> Session | None:
    """The approver's session of a request, while it is alive."""
    return cuebook.proofs.session(connection.cookies.get(COOKIE, ""))


def approver_of(cuebook: Cuebook, connection: HTTPConnection) -> Principal | None:
    """The approver of that session as a principal, which holds no scope: it can look at plans, and call nothing."""
    session = session_of(cuebook, connection)
    return None if session is None else session.approver.principal


def approver_routes(cuebook: Cuebook) -> APIRouter:
    """Sign in and out as an approver; it gives no right to call anything."""
    router = APIRouter(prefix="/api/v1/approver/session", tags=["plans"])

    @router.get("", summary="Who is signed in to approve", operation_id="approver_session")
    async def approver_session(request: Request) -> ApproverSession:
        return await anyio.to_thread.run_sync(_shown, cuebook, session_of(cuebook, request))

    @router.post(
        "",
        summary="Sign in to approve",
        description="Sets a cookie that scripts cannot read and other sites cannot send. Wrong secrets cost time.",
        operation_id="approver_sign_in",
        responses=failures(422),
    )
    async def approver_sign_in(request: Request, answer: Response, secret: Secret) -> ApproverSession:
        begin = partial(cuebook.proofs.begin_session, secret.name, secret.passphrase.get_secret_value())
        value, session = await anyio.to_thread.run_sync(begin)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, value, max_age=LIFETIME, path=_PATH, httponly=True, samesite="strict", secure=secure
        )
        return await anyio.to_thread.run_sync(_shown, cuebook, session)

    @router.delete("", summary="Sign the approver out", operation_id="approver_sign_out", status_code=204)
    async def approver_sign_out(request: Request) -> Response:
        cuebook.proofs.sessions.end(request.cookies.get(COOKIE, ""))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="strict")
        return answer

    return router


def _shown(cuebook: Cuebook, session: Session | None) -> ApproverSession:
    possible = any(entry.passphrase is not None for entry in cuebook.proofs.approvers.all().values())
    return ApproverSession(
        approver=None if session is None else session.approver.principal.ref,
        csrf=None if session is None else session.csrf,
        expires_at=None if session is None else moment(session.started_at + LIFETIME),
        possible=possible,
    )
