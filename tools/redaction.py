"""Arguments as the audit may keep them: secrets hidden, long texts shortened, depth bounded."""

import re
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

HIDDEN = "[hidden]"

_SECRET = re.compile(
    r"token|secret|passw|passphrase|api_?key|credential|authorization|private_?key|cookie", re.IGNORECASE
)
_LONGEST_TEXT = 1_000
_MOST_ITEMS = 100
_DEEPEST = 8


def redacted(value: Any, *, secrets: Collection[str] = (), depth: int = 0) -> Any:
    """A JSON-able copy; `secrets` are names of fields to hide beside those that sound like one."""
    if depth > _DEEPEST:
        return "[deeper]"
    if isinstance(value, Mapping):
        return {
            str(name)[:100]: HIDDEN
            if is_secret(str(name), secrets=secrets)
            else redacted(item, secrets=secrets, depth=depth + 1)
            for name, item in list(value.items())[:_MOST_ITEMS]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, secrets=secrets, depth=depth + 1) for item in list(value)[:_MOST_ITEMS]]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    return shortened(value if isinstance(value, str) else repr(value), longest=_LONGEST_TEXT)


def is_secret(name: str, *, secrets: Collection[str] = ()) -> bool:
    """Whether a field of that name is hidden."""
    return name in secrets or _SECRET.search(name) is not None


def shortened(text: str, *, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
