"""JSON that means one thing to everybody who reads it.

Of a name that stands twice in one object, programs take the first, the last or both: a gateway, a log or a person
could see other arguments than the ones that are planned. So such a text is refused, at every door that reads one.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any


class NamedTwice(ValueError):
    """An object of the text has two values under one name; the message says which."""


def read(text: str | bytes) -> Any:
    """The value in `text`. Raises `NamedTwice`, and what `json.loads` does for a text that is no JSON."""
    return _DECODER.decode(
        text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
    )


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name, count in times.items() if count > 1)
        raise NamedTwice(f"names {twice[:80]!r} twice in one object; send each name once")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)  # each request is read with it; making one takes as long
