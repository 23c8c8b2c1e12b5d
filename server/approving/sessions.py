"""An approver's session on the page: short, kept in memory, and of no use without its CSRF token.

It has nothing to do with the session that a reader gets for a bearer token (`server.sessions`): that one an agent
may have, this one takes a passphrase.
"""

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass

from tools.approver import Approver

COOKIE = "cuebook_approver"
CSRF_HEADER = "X-Cuebook-CSRF"
LIFETIME = 15 * 60  # seconds
_MOST = 100


@dataclass(frozen=True, slots=True)
class Session:
    """`csrf` is what a deciding request repeats in its header; `stamp` changes when the approver's secret does."""

    approver: Approver
    csrf: str
    started_at: float
    stamp: str

    def is_alive(self, now: float) -> bool:
        return self.started_at - 1 <= now < self.started_at + LIFETIME

    def confirms(self, csrf: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """By the hash of the cookie's value, in this process: a restart ends them."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self, approver: Approver, *, stamp: str, now: float) -> tuple[str, Session]:
        """The cookie's value, and the session."""
        value = secrets.token_urlsafe(32)
        session = Session(approver, secrets.token_urlsafe(32), now, stamp)
        with self._lock:
            alive = {key: each for key, each in self._sessions.items() if each.is_alive(now)}
            self._sessions = dict(list(alive.items())[-(_MOST - 1) :]) | {_hash(value): session}
        return value, session

    def find(self, value: str, *, now: float) -> Session | None:
        with self._lock:
            session = self._sessions.get(_hash(value))
        return session if session is not None and session.is_alive(now) else None

    def end(self, value: str) -> None:
        with self._lock:
            self._sessions.pop(_hash(value), None)


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
