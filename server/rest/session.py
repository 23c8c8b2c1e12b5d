"""`/api/v1/session`: a person's token for a cookie, so that the page and the docs need no header."""

import hmac
import time

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from server.composition import Cuebook
from server.errors import Problem, problem_response
from server.refused_requests import RefusedRequests
from server.rest.problems import failures
from server.rest.secret_text import SecretText
from server.sessions import COOKIE, LIFETIME


class Credentials(BaseModel):
    """What a person types in."""

    token: SecretText = Field(max_length=1000, description="One of the tokens in CUEBOOK_API_TOKENS.")


def session_routes(cuebook: Cuebook) -> APIRouter:
    """Sign in and out; without tokens in the settings there is nothing to sign in to, and both do nothing."""
    router = APIRouter(prefix="/api/v1/session", tags=["state"])
    tokens = cuebook.settings.api_tokens
    refused = RefusedRequests(cuebook.caller)

    @router.post(
        "",
        summary="Sign a browser in",
        operation_id="sign_in",
        status_code=204,
        response_class=Response,
        responses=failures(422),
    )
    async def sign_in(request: Request, credentials: Credentials) -> Response:
        given = credentials.token.get_secret_value().strip().encode()
        known = [
            token for token in tokens if hmac.compare_digest(token.token.get_secret_value().encode(), given)
        ]
        if cuebook.settings.asks_who and not known:
            why = "this is none of the server's tokens"
            await refused.note(request, door="rest", reason=why)
            return problem_response(Problem(401, "token_unknown", why))
        answer = Response(status_code=204)
        if known:
            secure = request.url.scheme == "https"
            value = cuebook.sessions.begin(known[0], now=time.time())
            answer.set_cookie(
                COOKIE, value, max_age=LIFETIME, httponly=True, samesite="strict", secure=secure
            )
        return answer

    @router.delete(
        "", summary="Sign a browser out", operation_id="sign_out", status_code=204, response_class=Response
    )
    async def sign_out(request: Request) -> Response:
        cuebook.sessions.end(request.cookies.get(COOKIE, ""), tokens, now=time.time())
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return router
