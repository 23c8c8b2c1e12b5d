"""The public keys of an issuer (JWKS, RFC 7517): read when first needed, kept, read again now and then.

A token that names an unknown key may be signed by a new one, so it causes another read, but never more than
one in `FLOOR` seconds: made-up key names cannot be turned into load on the issuer. When the issuer does not
answer, known keys go on working for `USABLE` seconds, no longer: a key that was withdrawn must not be kept
alive by blocking the way to its issuer.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.to_thread

from server.identity.errors import IssuerUnavailable
from server.identity.fetching import LONGEST, fetch

FRESH = 600.0  # seconds after which keys are read again
USABLE = 3600.0  # seconds after which keys that could not be read again are dropped
FLOOR = 30.0  # seconds between two reads
_MOST = 100  # keys of a set
_LEAST_RSA_BITS = 2048

# What a key may verify is settled by the key, never by the token: symmetric keys and `none` are in no row.
_ALGORITHMS: Mapping[tuple[str, str], frozenset[str]] = {
    ("RSA", ""): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
}
ALGORITHMS = frozenset().union(*_ALGORITHMS.values())
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, and what it may verify."""

    kid: str
    algorithms: frozenset[str]
    public: Any


class KeySource(Protocol):
    """Where a key set comes from."""

    async def read(self) -> bytes:
        """The key set as JSON, at most `LONGEST` bytes of it. Raises `IssuerUnavailable`."""
        ...


class KeysAt:
    """A key set at an address."""

    def __init__(self, url: str, *, transport: Any = None) -> None:
        self._url, self._transport = url, transport

    async def read(self) -> bytes:
        return await fetch(self._url, transport=self._transport)


class KeysIn:
    """A key set in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> bytes:
        try:
            return await anyio.to_thread.run_sync(self._start)
        except OSError as error:
            raise IssuerUnavailable(f"{self._path} cannot be read: {error.strerror or error}") from error

    def _start(self) -> bytes:
        with self._path.open("rb") as file:
            return file.read(LONGEST)


class Keys:
    """One issuer's keys; `clock` counts seconds and never jumps."""

    def __init__(self, source: KeySource, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._keys: tuple[Key, ...] = ()
        self._read_at = self._tried_at = float("-inf")
        self._why = ""
        self._reading = anyio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key of that name which may verify `algorithm`; a token without a name needs a set of one.

        Raises `IssuerUnavailable` when no usable key set is known.
        """
        found = self._find(kid, algorithm)
        if found is None or self._age() > FRESH:
            # Whoever has a key need not wait for another request's read.
            if found is None or self._age() > USABLE or not self._reading.locked():
                await self._refresh()
            found = self._find(kid, algorithm)
        if self._age() > USABLE:
            raise IssuerUnavailable(self._why)
        return found

    def _find(self, kid: str | None, algorithm: str) -> Key | None:
        fit = [key for key in self._keys if algorithm in key.algorithms and kid in (None, key.kid)]
        return fit[0] if len(fit) == 1 or (fit and kid is not None) else None

    def _age(self) -> float:
        return self._clock() - self._read_at

    async def _refresh(self) -> None:
        async with self._reading:
            if self._clock() - self._tried_at < FLOOR:
                return
            self._tried_at = self._clock()
            try:
                self._keys = keys_of(await self._source.read())
            except IssuerUnavailable as error:
                self._why = str(error)
                _LOG.warning("keys of an issuer: %s", error)
            else:
                self._read_at = self._clock()


def keys_of(text: bytes) -> tuple[Key, ...]:
    """The usable keys of a JWKS document; others are left out and logged.

    Raises `IssuerUnavailable` for what is no key set, or has no usable key.
    """
    try:
        found = json.loads(text)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IssuerUnavailable("the key set is no JSON object with `keys`") from error
    if not isinstance(found, list) or len(found) > _MOST:
        raise IssuerUnavailable(f"the key set holds no list of at most {_MOST} keys")
    keys = []
    for number, described in enumerate(found):
        try:
            keys.append(_key(described))
        except (ValueError, TypeError, KeyError) as error:
            _LOG.warning("key %d of a set is left out: %s", number, error)
    if not keys:
        raise IssuerUnavailable("the key set has no public key that can verify a token")
    return tuple(keys)


def _key(described: Any) -> Key:
    from jwt import PyJWK, PyJWTError

    if not isinstance(described, Mapping):
        raise TypeError("it is no object")
    kind, curve = described.get("kty"), described.get("crv", "")
    algorithms = _ALGORITHMS.get((str(kind), "" if kind == "RSA" else str(curve)), frozenset())
    if stated := described.get("alg"):
        algorithms &= {stated}
    if not algorithms or described.get("use", "sig") != "sig":
        raise ValueError(f"a key {kind!r} {curve!r} for {described.get('use', 'sig')!r} verifies no token")
    if "d" in described:
        raise ValueError("it is a private key, which an issuer must never publish")
    try:
        public = PyJWK(dict(described), algorithm=min(algorithms)).key
    except PyJWTError as error:
        raise ValueError(f"it cannot be read ({type(error).__name__})") from error
    if kind == "RSA" and public.key_size < _LEAST_RSA_BITS:
        raise ValueError(f"an RSA key of {public.key_size} bits is too weak")
    return Key(kid=str(described.get("kid", "")), algorithms=algorithms, public=public)
