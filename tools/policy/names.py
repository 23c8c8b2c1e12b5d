"""Names that a policy compares: plain ASCII, so that letters that look alike never match.

`аda` with a Cyrillic letter is another name than `ada` to a computer and the same to a reader. NFKC would fold some
of these and not others; so a name that is not ASCII is refused wherever a policy would have to compare it.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from tools.policy.decision import EVERYONE

USERS, SERVICES = "users", "services"
_REF = re.compile(r"^(user|group|service):(?:([a-z0-9-]{1,63})/)?([a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?)$")
_TEXT_KINDS = (EVERYONE, USERS, SERVICES)


class LookAlike(ValueError):
    """A name with a character that is not ASCII."""


def plain(text: str) -> str:
    """`text`, if it is ASCII. Raises `LookAlike`, which names the character."""
    if text.isascii():
        return text
    found = next(char for char in text if not char.isascii())
    folded = unicodedata.normalize("NFKC", text)
    meant = f"; it reads as {folded!r}, which is another name" if folded.isascii() else ""
    raise LookAlike(
        f"{text[:120]!r} has the character {found!r} (U+{ord(found):04X} {unicodedata.name(found, 'unnamed')})"
        f"{meant}. Names are compared in ASCII after NFKC, so that look-alike letters never match"
    )


def who(text: str) -> str:
    """A pattern of who in its full form: `group:ranking` is `group:default/ranking`. Raises `ValueError`."""
    folded = plain(text).strip().lower()
    if folded in _TEXT_KINDS:
        return folded
    match = _REF.match(folded)
    if match is None:
        raise ValueError(
            f"{text[:120]!r} names nobody; write everyone, users, services, user:NAME, group:NAME or service:NAME"
        )
    return f"{match[1]}:{match[2] or 'default'}/{match[3]}"


def owner(text: str) -> str:
    """Whose things: `self`, `own_team`, or a user or group. Raises `ValueError`."""
    if text in ("self", "own_team"):
        return text
    found = who(text)
    if not found.startswith(("user:", "group:")):
        raise ValueError(f"{text[:120]!r} owns nothing; write self, own_team, user:NAME or group:NAME")
    return found


def line(text: str) -> str:
    """One line of plain text, as names of rules are. Raises `ValueError`."""
    if not plain(text).isprintable() or not 0 < len(text) <= 80:
        raise ValueError(f"{text[:80]!r} is not one line of up to 80 characters")
    return text


def one_or_many(value: Any) -> Any:
    """A list may be written as its only member."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def listed(names: Sequence[str]) -> str:
    return " or ".join(names)


Who = Annotated[str, AfterValidator(who)]
Owner = Annotated[str, AfterValidator(owner)]
Line = Annotated[str, AfterValidator(line)]
