"""The page's sessions: a cookie that stands for a bearer token that a person typed in.

The cookie says who and until when, with an HMAC by the token itself and by a key of this process. So the token is
nowhere in the browser, a token that is taken out of the settings ends its sessions, and so does a restart. Scripts
cannot read the cookie (HttpOnly) and other sites cannot send it (SameSite=Strict); `HostGuard` refuses requests of
other origins besides. MCP clients do not use it.

Signing out ends the session here: a copied cookie is of no use afterwards. Two tabs that signed in are two sessions.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterable

from server.settings import ApiToken

COOKIE = "cuebook_session"
LIFETIME = 12 * 3600  # seconds
_SKEW = 60  # seconds
_PARTS = 4
_MOST_ENDED = 10_000


class ReaderSessions:
    """Keeps nothing of a session but that it was ended."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._ended: dict[str, int] = {}
        self._lock = threading.Lock()

    def begin(self, token: ApiToken, *, now: float) -> str:
        """A cookie's value that stands for `token` during `LIFETIME`."""
        begun = f"{token.name}|{int(now) + LIFETIME}|{secrets.token_hex(16)}"
        return f"{begun}|{self._seal(token, begun)}"

    def token_of(self, cookie: str, tokens: Iterable[ApiToken], *, now: float) -> ApiToken | None:
        """The token that a cookie's value stands for; None when it was not made here, is too old, or was ended."""
        parts = cookie.split("|")
        if len(parts) != _PARTS or not cookie.isascii():
            return None
        name, until, session, seal = parts
        if not until.isdigit() or len(until) > 12 or session in self._ended:
            return None
        if (
            not now <= int(until) <= now + LIFETIME + _SKEW
        ):  # a clock that was set back makes none live longer
            return None
        begun = f"{name}|{until}|{session}"
        named = (token for token in tokens if token.name == name)
        return next((token for token in named if hmac.compare_digest(self._seal(token, begun), seal)), None)

    def end(self, cookie: str, tokens: Iterable[ApiToken], *, now: float) -> None:
        """From now on the cookie stands for nobody. What was not made here changes nothing."""
        if self.token_of(cookie, tokens, now=now) is None:
            return
        _, until, session, _ = cookie.split("|")
        with self._lock:
            alive = {each: end for each, end in self._ended.items() if end >= now}
            self._ended = alive | {session: int(until)}
            if len(self._ended) > _MOST_ENDED:  # only whoever holds a token gets here: end them all
                self._key, self._ended = secrets.token_bytes(32), {}

    def _seal(self, token: ApiToken, begun: str) -> str:
        key = self._key + token.token.get_secret_value().encode()
        return hmac.new(key, f"cuebook-session|{begun}".encode(), hashlib.sha256).hexdigest()
