"""What an issuer says about the person of a token beside the token: their groups, asked for once a token.

Only the token's own issuer is asked, with the token itself, as OpenID Connect Core 5.3 has it. A Backstage answers with
`{"claims": {"sub", "ent"}}`, others with the claims themselves.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from server.identity.errors import IssuerUnavailable, TokenRefused
from server.identity.fetching import Answered, fetch

_MOST_TOKENS = 2_000
_UNAUTHORISED = (400, 401, 403)


@dataclass(frozen=True, slots=True)
class _Known:
    claims: Mapping[str, Any]
    until: float


class Userinfo:
    """Asks at `url`; `transport` is httpx's, for tests. What was answered is kept by the token's hash until it expires."""

    def __init__(self, url: str, *, clock: Callable[[], float], transport: Any = None) -> None:
        self._url, self._clock, self._transport = url, clock, transport
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._asking: dict[bytes, anyio.Lock] = {}

    async def of(self, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """Claims about the person of a verified token, which has these claims itself.

        Raises `TokenRefused` when the issuer does not take the token, or speaks of somebody else; `IssuerUnavailable`
        when it does not answer: without their groups nobody can say what a person may do.
        """
        key = hashlib.sha256(token.encode()).digest()
        known = self._known.get(key)
        if known is None or self._clock() >= known.until:
            known = await self._learnt(key, token, claims)
        return known.claims

    async def _learnt(self, key: bytes, token: str, claims: Mapping[str, Any]) -> _Known:
        """Asked once for all who come with this token meanwhile; other people's tokens do not wait for it."""
        asking = self._asking.setdefault(key, anyio.Lock())
        try:
            async with asking:
                known = self._known.get(key)
                if known is None or self._clock() >= known.until:
                    known = _Known(_about(await self._asked(token), claims), float(claims["exp"]))
                    self._known[key] = known
                    while len(self._known) > _MOST_TOKENS:
                        self._known.popitem(last=False)
                return known
        finally:
            if not asking.statistics().tasks_waiting:
                self._asking.pop(key, None)

    async def _asked(self, token: str) -> bytes:
        headers = {"authorization": f"Bearer {token}"}
        try:
            return await fetch(self._url, headers=headers, transport=self._transport)
        except Answered as error:
            if error.status in _UNAUTHORISED:
                raise TokenRefused(
                    "its issuer does not take it any more, or says nothing about its person"
                ) from error
            raise


def _about(answer: bytes, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise IssuerUnavailable("what the issuer says about a person is no JSON") from error
    inner = said.get("claims", said) if isinstance(said, dict) else None
    if not isinstance(inner, dict):
        raise IssuerUnavailable("what the issuer says about a person is no JSON object")
    if inner.get("sub") != claims.get("sub"):
        raise TokenRefused("its issuer says it is somebody else's")
    return inner
