"""The page's session: a cookie that stands for a bearer token that a person typed in.

The cookie says who and until when, with an HMAC by the token itself. So nothing is kept here, the token is
nowhere in the browser, and a token that is taken out of the settings ends its sessions. Scripts cannot read
the cookie (HttpOnly) and other sites cannot send it (SameSite=Strict); `HostGuard` refuses requests of other
origins besides. MCP clients do not use it.

There is no sign-out on the server's side: a copied cookie works until it expires or its token is replaced.
"""

import hashlib
import hmac
from collections.abc import Iterable

from server.settings import ApiToken

COOKIE = "cuebook_session"
LIFETIME = 12 * 3600  # seconds


def cookie_of(token: ApiToken, *, now: float) -> str:
    """A cookie's value that stands for `token` during `LIFETIME`."""
    expires = int(now) + LIFETIME
    return f"{token.name}|{expires}|{_seal(token, expires)}"


def token_of(cookie: str, tokens: Iterable[ApiToken], *, now: float) -> ApiToken | None:
    """The token that a cookie's value stands for; None when it was not made here, or is too old."""
    name, _, rest = cookie.partition("|")
    until, _, seal = rest.partition("|")
    if not (until.isascii() and until.isdigit() and seal.isascii()) or len(until) > 12 or int(until) < now:
        return None
    return next(
        (
            token
            for token in tokens
            if token.name == name and hmac.compare_digest(_seal(token, int(until)), seal)
        ),
        None,
    )


def _seal(token: ApiToken, expires: int) -> str:
    key = token.token.get_secret_value().encode()
    return hmac.new(key, f"cuebook-session|{token.name}|{expires}".encode(), hashlib.sha256).hexdigest()
