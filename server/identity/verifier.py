"""Verifies bearer tokens of identity providers (JWT access tokens, RFC 9068 and RFC 8725).

The issuer is found by the claim `iss`, the key in the issuer's set by name and algorithm, and the algorithm
must be one that this key may verify: a token never chooses how it is checked. Then come the audience (a token
that was made for another service is refused), the times, and who it stands for.

It does not ask the issuer whether a token was withdrawn; a token works until it expires. The token itself is
never kept or logged, and passed to nobody but its issuer, where that is set (`server.identity.userinfo`).
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from server.identity.claims import principal_from
from server.identity.errors import TokenRefused
from server.identity.keys import ALGORITHMS, Keys, KeysAt, KeysIn, KeySource
from server.identity.resource import ProtectedResource
from server.identity.settings import AuthSettings, Issuer
from server.identity.userinfo import Userinfo
from tools.principal import Principal

SKEW = 60  # seconds that clocks may differ
_LAST_MOMENT = 1e12  # seconds; whatever is later is no time but an attempt
_LONGEST = 16 * 1024  # characters of a token
_KINDS = frozenset({"", "jwt", "at+jwt", "application/at+jwt", "vnd.backstage.user"})
# The claims are checked here, against our own clock and with messages that name the rule.
_SIGNATURE_ONLY: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}
_LOG = logging.getLogger(__name__)


class TokenVerifier(Protocol):
    """Says whom a bearer token stands for."""

    async def verify(self, token: str, *, door: str) -> Principal:
        """Raises `TokenRefused`, or `IssuerUnavailable` when that cannot be said now."""
        ...


class JwtVerifier:
    """Takes the tokens of `issuers` that were made for `resource`, or for the audience an issuer states."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        *,
        resource: str,
        source_of: Callable[[Issuer], KeySource] | None = None,
        transport: Any = None,
        clock: Callable[[], float] = time.time,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        make = source_of or _source
        self._trusted = {each.issuer: (each, Keys(make(each), clock=seconds)) for each in issuers}
        self._userinfo = {
            each.issuer: Userinfo(each.userinfo_url, clock=clock, transport=transport)
            for each in issuers
            if each.userinfo_url
        }
        self._resource, self._clock = resource, clock

    async def verify(self, token: str, *, door: str) -> Principal:
        """Raises `TokenRefused` or `IssuerUnavailable`."""
        header, unverified = _opened(token)
        algorithm, kid = _allowed(header), header.get("kid")
        name = unverified.get("iss")
        if not isinstance(name, str) or name not in self._trusted:
            raise TokenRefused(f"its issuer {str(name)[:80]!r} is none that this server trusts")
        issuer, keys = self._trusted[name]
        if kid is not None and not isinstance(kid, str):
            raise TokenRefused("its key's name is no text")
        key = await keys.find(kid, algorithm)
        if key is None:
            raise TokenRefused(f"its issuer has no key {str(kid)[:80]!r} for {algorithm}")
        claims = _verified(token, key.public, algorithm)
        self._check(claims, issuer)
        if userinfo := self._userinfo.get(name):
            said = await userinfo.of(token, claims)
            claims = {**claims, issuer.groups: said.get(issuer.groups)}
        return principal_from(claims, issuer, door=door)

    def _check(self, claims: Mapping[str, Any], issuer: Issuer) -> None:
        if claims.get("iss") != issuer.issuer:
            raise TokenRefused("its issuer is another one than its signature's")
        wanted, given = issuer.audience or self._resource, claims.get("aud")
        if wanted not in (given if isinstance(given, list) else [given]):
            raise TokenRefused(f"it was made for {str(given)[:80]!r} and not for {wanted!r}")
        if "cnf" in claims:
            raise TokenRefused("it is bound to a key of its client, which this server does not check")
        now = self._clock()
        if (expires := _moment(claims, "exp")) is None:
            raise TokenRefused("it has no time of expiry")
        if now >= expires + SKEW:
            raise TokenRefused(f"it expired {now - expires:,.0f} seconds ago")
        for claim in ("nbf", "iat"):
            if (moment := _moment(claims, claim)) is not None and moment > now + SKEW:
                raise TokenRefused(f"it is not valid yet (its claim {claim!r} is in the future)")


def verifier_of(auth: AuthSettings, resource: ProtectedResource) -> JwtVerifier | None:
    """None where no issuer is trusted."""
    if not auth.issuers:
        return None
    import jwt  # noqa: F401 - it takes a second, which the first request would wait for

    return JwtVerifier(auth.issuers, resource=resource.address)


def _source(issuer: Issuer) -> KeySource:
    if issuer.jwks_url is not None:
        return KeysAt(issuer.jwks_url)
    return KeysIn(issuer.jwks_file or Path())  # settings hold one of the two


def _opened(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as they stand there, unverified: only to find the issuer and its key."""
    from jwt import PyJWTError, get_unverified_header
    from jwt import decode as decoded

    if len(token) > _LONGEST:
        raise TokenRefused(f"it is longer than {_LONGEST:,} characters")
    try:
        return get_unverified_header(token), decoded(token, options={"verify_signature": False})
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("it is no signed token (JWT)") from error


def _allowed(header: Mapping[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused(
            f"its algorithm {str(algorithm)[:20]!r} is none of {', '.join(sorted(ALGORITHMS))}"
        )
    if "crit" in header:
        raise TokenRefused("it asks for extensions (`crit`) that this server does not know")
    if str(header.get("typ", "")).lower() not in _KINDS:
        raise TokenRefused(f"it is a {str(header.get('typ'))[:40]!r}, which is no access token")
    return algorithm


def _verified(token: str, public: Any, algorithm: str) -> Mapping[str, Any]:
    from jwt import PyJWTError
    from jwt import decode as decoded

    try:
        return decoded(token, key=public, algorithms=[algorithm], options=_SIGNATURE_ONLY)
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        _LOG.info("a token's signature did not verify: %s", type(error).__name__)
        raise TokenRefused("its signature does not fit its issuer's key") from error


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LAST_MOMENT:
        raise TokenRefused(f"its claim {name!r} is no time")
    return float(value)
