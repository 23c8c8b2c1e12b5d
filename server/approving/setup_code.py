"""The set-up code: what the first approver of a served home types, so that it takes who saw the server start."""

import secrets

from server.approving.passphrases import Passphrase

_LETTERS = "ACDEFGHJKMNPQRTUVWXY3479"  # none that is taken for another; twelve of them are 55 bits
_GROUPS, _EACH = 3, 4


def new_code() -> str:
    """Such as `HJ4K-AC9M-QTXW`."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_EACH)) for _ in range(_GROUPS))


def hashed(code: str) -> Passphrase:
    return Passphrase.of(_bare(code))


def fits(typed: str, kept: Passphrase) -> bool:
    """Whether it is the code, in whichever case and with or without its dashes. Takes about 0.1 s."""
    return kept.matches(_bare(typed))


def _bare(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum())
