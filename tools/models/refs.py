"""How a version of a model is named: `name:version`, `name@alias`, or the name alone, which means its newest."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

_REF = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]{0,62})(?::(?P<version>[0-9]{1,9})|@(?P<alias>[a-z0-9][a-z0-9._-]{0,62}))?"
)
_MOST_NEAR = 5


def split_ref(text: str) -> tuple[str, int | str | None]:
    """The name, and version or alias; an empty name for a text that cannot be a ref. Letter case never matters."""
    found = _REF.fullmatch(text.strip().lower())
    if found is None:
        return "", None
    version = found["version"]
    return found["name"], int(version) if version else found["alias"]


def near_refs(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Of the known refs those that resemble `text`; all of a model's own, when that is what is known."""
    wanted = text.strip().lower()
    name = re.split("[:@]", wanted, maxsplit=1)[0]
    own = [ref for ref in known if ref.startswith((f"{name}:", f"{name}@"))]
    if own:
        return tuple(own[:_MOST_NEAR])
    close = get_close_matches(name[:80], known, n=_MOST_NEAR, cutoff=0.5)
    within = [ref for ref in known if name and (name in ref or ref in name)]
    return tuple(dict.fromkeys((*close, *within)))[:_MOST_NEAR]
