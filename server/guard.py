"""Who may reach the HTTP doors: the check of Host and Origin, bearer tokens, the page's session cookie.

A server on loopback can be reached from any web page through the reader's browser. So the Host must be one
of ours (no DNS rebinding), and a page that calls must come from that same Host or be allowed by setting (no
cross-site requests). MCP and REST share this one check; the MCP SDK's own is switched off for it.

A token is a static one of the settings, which stands for a program (`service:default/NAME`), or one that a trusted
issuer signed (`server.identity`). It is looked at here and goes no further: no action, log or other server gets it.

It does not hide anything from other users of this machine: on loopback without tokens every local process is
`user:default/local`.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable
from functools import lru_cache

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.authentication import AuthCredentials
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import Problem, problem_response
from server.identity.errors import IssuerUnavailable, TokenRefused
from server.identity.resource import WELL_KNOWN, ProtectedResource
from server.identity.stepping_up import SteppingUp
from server.identity.verifier import TokenVerifier
from server.refused_requests import RefusedRequests
from server.sessions import COOKIE, ReaderSessions
from server.settings import LOOPBACK_NAMES, ApiToken, Settings, SettingsInvalid
from server.web.shell import VIEWS, shell_html
from tools.principal import LOCAL, Principal

_PRINCIPAL = "cuebook.principal"
_OPEN_PATHS = frozenset(
    {
        *("/", "/search", *(f"/{view}" for view in VIEWS)),
        *(
            "/healthz",
            "/readyz",
            "/api/v1/health",
            "/api/v1/ready",
            "/api/v1/session",
            "/api/v1/approver/session",
        ),
    }
)
# The page itself, whose content comes from the API; and where clients learn who issues tokens.
_OPEN_PREFIXES = ("/static/", *(f"/{view}/" for view in VIEWS), WELL_KNOWN)
PLANS = "/api/v1/plans"
_MOST_PROGRAMS = 1_024
_NOBODY = "this server wants a bearer token; send the header `Authorization: Bearer <token>`"
_IN_ADDRESS = (
    "a token in an address is not taken, because addresses end up in logs and histories; withdraw that token and "
    "send the next one as the header `Authorization: Bearer <token>`"
)


class TokensMissing(SettingsInvalid):
    """The server would listen beyond this machine without asking anybody who they are."""


def require_tokens_beyond_loopback(settings: Settings) -> None:
    """Raises `TokensMissing` when `settings` would serve a network without asking who calls."""
    if settings.auth.issuers and not settings.auth.resource and not settings.on_loopback:
        raise TokensMissing(
            f"CUEBOOK_HOST is {settings.host!r} and CUEBOOK_AUTH__ISSUERS are set, but not the address that tokens are "
            f"made for; set CUEBOOK_AUTH__RESOURCE to that of /mcp as clients know it, for example "
            f"https://cuebook.example.com/mcp"
        )
    if settings.on_loopback or settings.asks_who:
        return
    raise TokensMissing(
        f"CUEBOOK_HOST is {settings.host!r}, which other machines can reach, and neither CUEBOOK_API_TOKENS nor "
        f"CUEBOOK_AUTH__ISSUERS are set; "
        f'set them, for example CUEBOOK_API_TOKENS=\'[{{"name":"ci","token":"<openssl rand -hex 32>"}}]\', '
        f"or listen on 127.0.0.1"
    )


def principal_of(connection: HTTPConnection) -> Principal:
    """On whose behalf this request runs, as `Tokens` verified it."""
    return principal_of_scope(connection.scope)


def principal_of_scope(scope: Scope) -> Principal:
    """The same for whoever has no more than the ASGI scope."""
    principal: Principal = scope[_PRINCIPAL]
    return principal


def known_principal(scope: Scope) -> Principal | None:
    """The same, or None at an address that is open to everybody where tokens are wanted."""
    return scope.get(_PRINCIPAL)


class HostGuard:
    """Refuses requests to a Host that is not ours (421) and from pages that are not ours (403)."""

    def __init__(self, app: ASGIApp, *, settings: Settings, refused: RefusedRequests) -> None:
        self._app, self._refused = app, refused
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
            connection, door = HTTPConnection(scope), door_of(scope["path"])
            await self._refused.note(connection, door=door, reason=problem.message[:300], kind="origin")
            await problem_response(problem)(scope, receive, send)

    def _problem(self, headers: Headers) -> Problem | None:
        # Of a header that stands twice, a proxy before this server may have judged by the other one.
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) > 1:
            return Problem(
                421, "unknown_host", f"the request names {len(hosts)} hosts at once, {hosts!r}; send one"
            )
        if len(origins) > 1:
            return Problem(
                403, "foreign_origin", f"the request names {len(origins)} origins, {origins!r}; send one"
            )
        host = headers.get("host", "").lower()
        if host not in self._hosts and _without_port(host) not in self._hosts:
            text = f"this server does not answer to the host {host!r}; if it should, add it to CUEBOOK_ALLOWED_HOSTS"
            return Problem(421, "unknown_host", text)
        origin = headers.get("origin", "").rstrip("/").lower()
        own = (
            f"http://{host}",
            f"https://{host}",
        )  # whoever ends TLS before this server has the other scheme
        if origin and origin not in own and origin not in self._origins:
            text = f"pages of {origin!r} may not call this server; if they should, add it to CUEBOOK_ALLOWED_ORIGINS"
            return Problem(403, "foreign_origin", text)
        return None


class BodyLimit:
    """Stops reading a request's body after `limit` bytes (413) or `seconds` (408), so that nobody holds a connection by
    sending a byte now and then."""

    def __init__(self, app: ASGIApp, *, limit: int, seconds: float) -> None:
        self._app, self._limit, self._seconds = app, limit, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read, whole = 0, False
        until = asyncio.get_running_loop().time() + self._seconds

        async def counted() -> Message:
            nonlocal read, whole
            try:
                # What comes after the body is only that the client left, for which an answer may wait long.
                async with asyncio.timeout_at(None if whole else until):
                    message = await receive()
            except TimeoutError as error:
                text = f"the body had not come after {self._seconds:g} s; send it at once"
                raise HTTPException(408, text, headers={"Connection": "close"}) from error
            read += len(message.get("body", b""))
            whole = not message.get("more_body")
            if read > self._limit:
                raise HTTPException(413, f"the body is longer than {self._limit:,} bytes; send less at once")
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)


class Tokens:
    """Attaches the principal: of the token where tokens are wanted, else whoever sits at this machine.

    A static token comes as a bearer token, or by the page's session (`server.sessions`); `/mcp` takes the former
    only. `verifier` is asked about any other token; without it there are only static ones.

    `local_scopes` is asked at each request, so that actions may be discovered late.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Iterable[ApiToken],
        local_scopes: Callable[[], frozenset[str]],
        resource: ProtectedResource,
        refused: RefusedRequests,
        sessions: ReaderSessions,
        verifier: TokenVerifier | None = None,
        approver_of: Callable[[HTTPConnection], Principal | None] = lambda _connection: None,
    ) -> None:
        self._app = app
        self._approver_of = approver_of
        self._tokens = {_digest(token.token.get_secret_value()): token for token in tokens}
        self._local_scopes, self._sessions = local_scopes, sessions
        self._resource, self._verifier, self._refused = resource, verifier, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        app, door = self._app, door_of(scope["path"])
        if not self._tokens and self._verifier is None:
            client = _client(connection, door)
            local = Principal(ref=LOCAL, scopes=self._local_scopes(), door=door, client=client)
            signed_in = self._approver_of(connection)
            scope[_PRINCIPAL] = (
                local.model_copy(update={"on_behalf_of": signed_in.ref}) if signed_in else local
            )
        elif token := self._known(connection, door):
            ref = f"service:default/{token.name}"
            client, signed_in = _client(connection, door, token.name), self._approver_of(connection)
            for_whom = signed_in.ref if signed_in else token.on_behalf_of
            _attach(scope, _program(ref, token.scopes, for_whom, door, client))
        elif not _open(scope["path"]):
            try:
                principal = await self._verified(connection, door)
            except TokenRefused as error:
                approver = self._approver(connection)
                if approver is not None:
                    scope[_PRINCIPAL] = approver
                else:
                    await self._refused.note(connection, door=door, reason=str(error) or "no token was sent")
                    app = self._unknown(connection, str(error))
            except IssuerUnavailable:
                text = (
                    "the keys of the token's issuer cannot be read at the moment; the server's log says why"
                )
                app = problem_response(Problem(503, "issuer_unavailable", text))
            else:
                client = _client(connection, door, principal.client)
                _attach(scope, principal.model_copy(update={"client": client}))
                app = SteppingUp(app, self._resource, principal.scopes)
        await app(scope, receive, send)

    def _known(self, connection: HTTPConnection, door: str) -> ApiToken | None:
        kind, value = _credentials(connection)
        if not kind and door == "rest":
            cookie = connection.cookies.get(COOKIE, "")
            return self._sessions.token_of(cookie, self._tokens.values(), now=time.time())
        if kind != "bearer":
            return None
        given = _digest(value)
        # Every digest is compared, so that the time tells nothing about which one came close.
        found = [token for known, token in self._tokens.items() if hmac.compare_digest(known, given)]
        return found[0] if found else None

    def _approver(self, connection: HTTPConnection) -> Principal | None:
        """Whoever signed in to approve needs no token to see and decide plans; it gives them no scope."""
        path = connection.scope["path"]
        return self._approver_of(connection) if path.startswith(PLANS) else None

    async def _verified(self, connection: HTTPConnection, door: str) -> Principal:
        kind, value = _credentials(connection)
        if kind != "bearer" or not value:
            raise TokenRefused("")
        if self._verifier is None:
            raise TokenRefused("it is none of the server's tokens")
        return await self._verifier.verify(value, door=door)

    def _unknown(self, connection: HTTPConnection, why: str) -> Response:
        """401 for a program; for a person who opens a page, one that asks for the token (`static/docs.js`)."""
        error = "invalid_token" if why else ""
        headers = {
            "WWW-Authenticate": self._resource.challenge(
                error=error, description=f"the token is refused: {why}"
            )
        }
        if connection.scope["method"] == "GET" and "text/html" in connection.headers.get("accept", ""):
            text = '<div class="empty" data-sign-in><p class="empty-title">This page wants an access token.</p></div>'
            return HTMLResponse(shell_html("Sign in", text), status_code=401, headers=headers)
        if why:
            problem = Problem(401, "token_refused", f"the token is refused: {why}")
        else:
            text = _IN_ADDRESS if "access_token" in connection.query_params else _NOBODY
            problem = Problem(401, "token_missing", text)
        return problem_response(problem, headers=headers)


@lru_cache(_MOST_PROGRAMS)
def _program(ref: str, scopes: frozenset[str], for_whom: str, door: str, client: str) -> Principal:
    """Whoever a static token stands for; the same at each of its requests."""
    return Principal(ref=ref, scopes=scopes, on_behalf_of=for_whom, door=door, client=client)


def _attach(scope: Scope, principal: Principal) -> None:
    scope[_PRINCIPAL] = principal
    scope["user"], scope["auth"] = _user(principal.ref, principal.scopes, principal.client)


@lru_cache(_MOST_PROGRAMS)
def _user(ref: str, scopes: frozenset[str], client: str) -> tuple[AuthenticatedUser, AuthCredentials]:
    """As the SDK knows it, which binds an MCP session to the user who opened it."""
    access = AccessToken(token="", client_id=client, scopes=sorted(scopes), subject=ref)
    return AuthenticatedUser(access), AuthCredentials(access.scopes)


def _credentials(connection: HTTPConnection) -> tuple[str, str]:
    kind, _, value = connection.headers.get("authorization", "").partition(" ")
    return kind.lower(), value.strip()


def _client(connection: HTTPConnection, door: str, verified: str = "") -> str:
    """The program as its token names it, and over REST as it names itself; MCP clients do so in the protocol."""
    named = connection.headers.get("user-agent", "") if door == "rest" else ""
    return f"{verified} {named}".strip()[:200]


def door_of(path: str) -> str:
    """How the audit calls the door behind an address."""
    return "mcp-http" if path == "/mcp" else "rest"


def _open(path: str) -> bool:
    return path in _OPEN_PATHS or path.startswith(_OPEN_PREFIXES)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
