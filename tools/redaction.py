"""Arguments as the audit may keep them: secrets hidden, long texts shortened, depth bounded."""

import re
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from tools.canonical import canonical

HIDDEN = "[hidden]"

_SECRET = re.compile(
    r"token|secret|passw|passphrase|api_?key|credential|authorization|private_?key|cookie", re.IGNORECASE
)
_SHAPED = re.compile(
    r"\b(?:gh[opsu]_|github_pat_|glpat-|xox[abprs]-|sk-)[A-Za-z0-9_-]{16,}"  # forges, chat rooms, model vendors
    r"|\bA(?:KIA|SIA)[0-9A-Z]{16}\b"  # a cloud's access keys
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^/\s:@]{1,100}:[^/\s@]{1,200}(?=@)"  # user and password in an address
    r"|(?i:(?<=bearer )[A-Za-z0-9._~+/=-]{8,})"
    r"|(?i:(?<![A-Za-z])(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key)\s*[=:]\s*)[^\s,;&\"'}]{4,}",
    re.DOTALL,
)
_LONGEST_TEXT = 1_000
_MOST_ITEMS = 100
_DEEPEST = 8
_LONGEST_ROW = 8_000


def redacted(value: Any, *, secrets: Collection[str] = (), depth: int = 0) -> Any:
    """A JSON-able copy; `secrets` are names of fields to hide beside those that sound like one."""
    if depth > _DEEPEST:
        return "[deeper]"
    if isinstance(value, Mapping):
        return {
            storable(str(name)[:100]): HIDDEN
            if is_secret(str(name), secrets=secrets)
            else redacted(item, secrets=secrets, depth=depth + 1)
            for name, item in list(value.items())[:_MOST_ITEMS]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, secrets=secrets, depth=depth + 1) for item in list(value)[:_MOST_ITEMS]]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    return without_secrets(value if isinstance(value, str) else repr(value))


def bounded(arguments: Any, *, secrets: Collection[str] = ()) -> Any:
    """`redacted`, and in all no longer than a row may be: what is too long keeps the beginning of each field."""
    kept = redacted(arguments, secrets=secrets)
    if len(canonical(kept)) <= _LONGEST_ROW:
        return kept
    if not isinstance(kept, Mapping):
        return shortened(canonical(kept), longest=_LONGEST_TEXT)
    each = _LONGEST_ROW // max(1, 2 * len(kept))
    return {name[:40]: item if _is_short(item, each) else _start(item, each) for name, item in kept.items()}


def _is_short(item: Any, longest: int) -> bool:
    return not isinstance(item, str) and len(canonical(item)) <= longest


def _start(item: Any, longest: int) -> str:
    return shortened(item if isinstance(item, str) else canonical(item), longest=longest)


def without_secrets(text: str, *, longest: int = _LONGEST_TEXT) -> str:
    """The text, shortened, with whatever has the shape of a secret hidden; one that looks like a word stays."""
    clean = _SHAPED.sub(
        HIDDEN, storable(text[: 4 * longest])
    )  # searched further than shown: a secret may begin before the cut
    return clean if len(text) <= longest else f"{clean[:longest]}… ({len(text)} characters)"


def is_secret(name: str, *, secrets: Collection[str] = ()) -> bool:
    """Whether a field of that name is hidden."""
    return name in secrets or _SECRET.search(name) is not None


def shortened(text: str, *, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def storable(text: str) -> str:
    """The text with a mark for each half of a character, which JSON can spell and neither UTF-8 nor SQLite can hold."""
    return text if text.isascii() else text.encode(errors="replace").decode()
