"""Approvals of a CI system: a short-lived JWT over one digest, signed with a key that we keep no copy of.

Claims: `aud` "cuebook-approval", `sub` the approver's name, `digest`, `decision` ("approve" or "reject"), `iat`,
`exp` at most fifteen minutes later. Algorithm EdDSA (Ed25519): https://www.rfc-editor.org/rfc/rfc8037.
"""

from server.approving.approvers import Approvers
from tools.principal import Principal

AUDIENCE = "cuebook-approval"
_LONGEST = 900  # seconds
_LEEWAY = 30  # seconds
_REQUIRED = ("aud", "sub", "digest", "decision", "iat", "exp")


class SignedTokens:
    """Reads such tokens, against the public keys among the approvers."""

    def __init__(self, approvers: Approvers) -> None:
        self._approvers = approvers

    def read(self, token: str, *, digest: str, decision: str) -> Principal | None:
        """Who signed it; None for a token of another kind. Raises `ValueError` for one that proves nothing here."""
        import jwt
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        name = _named(token)
        entry = self._approvers.get(name) if name else None
        if entry is None or entry.key is None:
            return None
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry.key))
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                leeway=_LEEWAY,
                options={"require": list(_REQUIRED)},
            )
        except jwt.PyJWTError as error:
            raise ValueError(str(error)) from error
        if not (type(claims["exp"]) is int and type(claims["iat"]) is int):
            raise ValueError("its times `iat` and `exp` are no whole numbers of seconds")
        if claims["exp"] - claims["iat"] > _LONGEST:
            raise ValueError(f"it is valid for longer than {_LONGEST} s")
        if claims["digest"] != digest:
            raise ValueError("it is for another plan")
        if claims["decision"] != decision:
            raise ValueError(f"it does not say {decision!r}")
        return Principal(ref=f"user:default/{name}", door="rest")


def _named(token: str) -> str:
    """Who a token of this kind says that it is of; empty for every other kind. Nothing of it is believed yet."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return ""
    ours = header.get("alg") == "EdDSA" and claims.get("aud") == AUDIENCE
    return str(claims.get("sub", "")) if ours else ""


def new_key() -> tuple[str, str]:
    """A new key: the private part as PEM, for whoever signs, and the public part in hexadecimal."""
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
    return pem, private.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw).hex()
