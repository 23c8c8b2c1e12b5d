"""Passphrases as scrypt hashes: https://www.rfc-editor.org/rfc/rfc7914.

With n=2^15, r=8, p=1 a guess costs 32 MB and about a tenth of a second.
"""

import hashlib
import hmac
import secrets
import threading
import unicodedata

from pydantic import BaseModel, ConfigDict, Field

SHORTEST = 12
_LONGEST = 1_000
_BYTES = 32
_one_at_a_time = threading.Lock()  # guesses at the same time must not take the memory of the machine


class Passphrase(BaseModel):
    """What is kept of a passphrase: hexadecimal salt and hash, and the cost they were made with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: str = Field(pattern=r"^[0-9a-f]{32,128}$")
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    n: int = Field(default=2**15, ge=2**15, le=2**20)
    r: int = Field(default=8, ge=8, le=32)
    p: int = Field(default=1, ge=1, le=16)

    @classmethod
    def of(cls, text: str) -> "Passphrase":
        """Hash a new one, with a salt of its own."""
        salt = secrets.token_hex(16)
        made = cls(salt=salt, hash="0" * 64)
        return made.model_copy(update={"hash": made._hashed(text)})

    def matches(self, text: str) -> bool:
        return hmac.compare_digest(self._hashed(text), self.hash)

    def _hashed(self, text: str) -> str:
        # The same passphrase has several spellings in Unicode, and keyboards differ in which they make.
        secret = unicodedata.normalize("NFKC", text).encode()
        memory = 128 * self.n * self.r * self.p + 2**20
        with _one_at_a_time:
            return hashlib.scrypt(
                secret,
                salt=bytes.fromhex(self.salt),
                n=self.n,
                r=self.r,
                p=self.p,
                maxmem=memory,
                dklen=_BYTES,
            ).hex()


NOBODYS = Passphrase(salt="00" * 16, hash="0" * 64)
"""Checked for names that do not exist, so that the time does not tell which do."""


def unusable(text: str, *, name: str) -> str:
    """Why a text is no good as the passphrase of `name`; empty when it is."""
    if len(text) < SHORTEST:
        return f"it has {len(text)} characters, and {SHORTEST} are the least"
    if len(text) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if len(set(text)) < 5 or text.casefold().replace(name, "").strip() == "":
        return "it is too easy to guess"
    return ""
