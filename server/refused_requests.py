"""Requests that nobody answers for, for the audit: each with where it came from and why, and a flood of them as a number.

A login is a request without credentials or with refused ones; an origin one to a host, or of a page, that is not ours.
"""

import time
from collections.abc import Callable
from typing import Literal

from starlette.requests import HTTPConnection

from server.calls import Calls
from tools.principal import Principal

NOBODY = "unknown"
_EACH = 20  # rows an address may cause in a window
_WINDOW = 60.0  # seconds
_MOST_ADDRESSES = 1_000


class RefusedRequests:
    """Whoever guesses tokens must not be able to fill the disk: what is too much is counted in the next row."""

    def __init__(self, calls: Calls, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._clock = clock
        self._seen: dict[str, list[float]] = {}
        self._unwritten = 0

    async def note(
        self,
        connection: HTTPConnection,
        *,
        door: str,
        reason: str,
        kind: Literal["login", "origin"] = "login",
    ) -> None:
        """Record that a request was refused; never the credentials that it came with."""
        address = connection.client.host if connection.client else ""
        if not self._has_room(address):
            self._unwritten += 1
            return
        unwritten, self._unwritten = self._unwritten, 0
        more = f"; {unwritten} more before it were not written down" if unwritten else ""
        client = f"{address} {connection.headers.get('user-agent', '')}".strip()
        principal = Principal(ref=NOBODY, door=door, client=client)
        await self._calls.refused(kind, principal, reason=f"{reason}{more}")

    def _has_room(self, address: str) -> bool:
        now = self._clock()
        if len(self._seen) > _MOST_ADDRESSES:
            self._seen.clear()
        recent = [at for at in self._seen.get(address, ()) if now - at < _WINDOW]
        if room := len(recent) < _EACH:
            recent.append(now)
        self._seen[address] = recent
        return room
