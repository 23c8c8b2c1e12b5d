"""Who may reach the HTTP doors: the check of Host and Origin, the bearer tokens, the page's session cookie.

A server on loopback can be reached from any web page through the reader's browser. So the Host must be one
of ours (no DNS rebinding), and a page that calls must come from that same Host or be allowed by setting (no
cross-site requests). MCP and REST share this one check; the MCP SDK's own is switched off for it.

It does not hide anything from other users of this machine: on loopback without tokens every local process is
`user:default/local`.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.authentication import AuthCredentials
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import Problem, problem_response
from server.sessions import COOKIE, token_of
from server.settings import LOOPBACK_NAMES, ApiToken, Settings, SettingsInvalid
from server.web.shell import shell_html
from tools.principal import Principal

_PRINCIPAL = "cuebook.principal"
_OPEN_PATHS = frozenset(
    {
        *("/", "/search", "/actions", "/catalog"),
        *("/healthz", "/readyz", "/api/v1/health", "/api/v1/ready", "/api/v1/session"),
    }
)
_OPEN_PREFIXES = ("/static/", "/catalog/")  # the page itself; what it shows comes from the API


class TokensMissing(SettingsInvalid):
    """The server would listen beyond this machine without asking anybody who they are."""


def require_tokens_beyond_loopback(settings: Settings) -> None:
    """Raises `TokensMissing` when `settings` would serve a network without tokens."""
    if settings.on_loopback or settings.api_tokens:
        return
    raise TokensMissing(
        f"CUEBOOK_HOST is {settings.host!r}, which other machines can reach, and no CUEBOOK_API_TOKENS are set; "
        f'set them, for example CUEBOOK_API_TOKENS=\'[{{"name":"ci","token":"<openssl rand -hex 32>"}}]\', '
        f"or listen on 127.0.0.1"
    )


def principal_of(connection: HTTPConnection) -> Principal:
    """On whose behalf this request runs, as `Tokens` verified it."""
    principal: Principal = connection.scope[_PRINCIPAL]
    return principal


class HostGuard:
    """Refuses requests to a Host that is not ours (421) and from pages that are not ours (403)."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        own = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._hosts = {name.lower() for name in (*LOOPBACK_NAMES, own, *settings.allowed_hosts)}
        self._origins = {origin.rstrip("/").lower() for origin in settings.allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # uvicorn's httptools leaves spaces around values; https://www.rfc-editor.org/rfc/rfc9110#section-5.5
            scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        problem = self._problem(Headers(scope=scope)) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(problem)(scope, receive, send)

    def _problem(self, headers: Headers) -> Problem | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts and _without_port(host) not in self._hosts:
            text = f"this server does not answer to the host {host!r}; if it should, add it to CUEBOOK_ALLOWED_HOSTS"
            return Problem(421, "unknown_host", text)
        origin = headers.get("origin", "").rstrip("/").lower()
        if origin and urlsplit(origin).netloc != host and origin not in self._origins:
            text = f"pages of {origin!r} may not call this server; if they should, add it to CUEBOOK_ALLOWED_ORIGINS"
            return Problem(403, "foreign_origin", text)
        return None


class BodyLimit:
    """Stops reading a request's body after `limit` bytes; the route that reads it answers 413."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise HTTPException(413, f"the body is longer than {self._limit:,} bytes; send less at once")
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)


class Tokens:
    """Attaches the principal: of the token where tokens are set, else whoever sits at this machine.

    A token comes as a bearer token, or by the page's session (`server.sessions`); `/mcp` takes the former only.

    `local_scopes` is asked at each request, so that actions may be discovered late.
    """

    def __init__(
        self, app: ASGIApp, *, tokens: Iterable[ApiToken], local_scopes: Callable[[], frozenset[str]]
    ) -> None:
        self._app = app
        self._tokens = {_digest(token.token.get_secret_value()): token for token in tokens}
        self._local_scopes = local_scopes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        door = "mcp-http" if path == "/mcp" else "rest"
        if not self._tokens:
            scope[_PRINCIPAL] = Principal(ref="user:default/local", scopes=self._local_scopes(), door=door)
        elif token := self._verified(HTTPConnection(scope), door):
            ref = f"user:default/{token.name}"
            scope[_PRINCIPAL] = Principal(ref=ref, scopes=token.scopes, door=door)
            # The SDK binds an MCP session to the user who opened it.
            access = AccessToken(token="", client_id=token.name, scopes=sorted(token.scopes), subject=ref)
            scope["user"], scope["auth"] = AuthenticatedUser(access), AuthCredentials(access.scopes)
        elif path not in _OPEN_PATHS and not path.startswith(_OPEN_PREFIXES):
            await _unknown(HTTPConnection(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _verified(self, connection: HTTPConnection, door: str) -> ApiToken | None:
        kind, _, value = connection.headers.get("authorization", "").partition(" ")
        if not kind and door == "rest":
            return token_of(connection.cookies.get(COOKIE, ""), self._tokens.values(), now=time.time())
        if kind.lower() != "bearer":
            return None
        given = _digest(value.strip())
        # Every digest is compared, so that the time tells nothing about which one came close.
        found = [token for known, token in self._tokens.items() if hmac.compare_digest(known, given)]
        return found[0] if found else None


def _unknown(connection: HTTPConnection) -> Response:
    """401 for a program; for a person who opens a page, one that asks for the token (`static/docs.js`)."""
    headers = {"WWW-Authenticate": 'Bearer realm="cuebook"'}
    if connection.scope["method"] == "GET" and "text/html" in connection.headers.get("accept", ""):
        text = '<div class="empty" data-sign-in><p class="empty-title">This page wants an access token.</p></div>'
        return HTMLResponse(shell_html("Sign in", text), status_code=401, headers=headers)
    text = "this server wants a bearer token; send the header `Authorization: Bearer <token>`"
    return problem_response(Problem(401, "token_missing", text), headers=headers)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
