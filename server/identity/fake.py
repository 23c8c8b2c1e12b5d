"""An identity provider without a network: the same name always has the same keys.

Good enough to run a whole server against: write `jwks()` to a file and name it as the issuer's `jwks_file`.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWS
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from server.identity.errors import IssuerUnavailable
from server.identity.settings import Issuer


class FakeIssuer:
    """Signs with Ed25519 (`kid` is `ed-1`) or with ES256 (`ec-1`); `rotate` replaces both keys."""

    def __init__(self, url: str = "https://id.example", *, clock: Callable[[], float] = time.time) -> None:
        self.url, self._clock, self._turn = url, clock, 1
        self.reads, self.down = 0, False

    def rotate(self) -> None:
        self._turn += 1

    def token(
        self,
        subject: str = "ada",
        *,
        audience: str,
        algorithm: str = "EdDSA",
        header: Any = None,
        **claims: Any,
    ) -> str:
        """A token of one hour; a claim or header that is None is left out."""
        now = int(self._clock())
        stated = {"iss": self.url, "sub": subject, "aud": audience, "iat": now, "exp": now + 3600, **claims}
        kept = {name: value for name, value in stated.items() if value is not None}
        name, key = self._key(algorithm)
        heading = {"kid": name, "typ": "at+jwt", **(header or {})}
        stated_heading = {field: value for field, value in heading.items() if value is not None}
        return PyJWS().encode(json.dumps(kept).encode(), key, algorithm=algorithm, headers=stated_heading)

    def jwks(self) -> str:
        """The public keys, as the issuer publishes them."""
        edwards, curve = self._key("EdDSA"), self._key("ES256")
        keys = [
            {**json.loads(OKPAlgorithm.to_jwk(edwards[1].public_key())), "kid": edwards[0], "use": "sig"},
            {**json.loads(ECAlgorithm.to_jwk(curve[1].public_key())), "kid": curve[0], "use": "sig"},
        ]
        return json.dumps({"keys": keys})

    def trusted(self, **values: Any) -> Issuer:
        """Settings that trust this issuer; its keys come from `read` unless `values` names a file."""
        place = {} if "jwks_file" in values else {"jwks_url": f"{self.url}/keys"}
        return Issuer.model_validate({"issuer": self.url, **place, **values})

    async def read(self) -> bytes:
        """As a `KeySource`: counts how often it is asked, and answers nothing while `down`."""
        self.reads += 1
        if self.down:
            raise IssuerUnavailable(f"{self.url}/keys does not answer")
        return self.jwks().encode()

    def _key(self, algorithm: str) -> tuple[str, Any]:
        seed = hashlib.sha256(f"{self.url} {algorithm} {self._turn}".encode()).digest()
        if algorithm == "EdDSA":
            return f"ed-{self._turn}", Ed25519PrivateKey.from_private_bytes(seed)
        return f"ec-{self._turn}", derive_private_key(int.from_bytes(seed) >> 1, SECP256R1())
