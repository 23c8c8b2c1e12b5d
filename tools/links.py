"""Where a person can open what an answer names: addresses relative to the server, made in this one place."""

import re
from urllib.parse import quote

from tools.ports import Ref

_PLAIN = re.compile(
    r"[A-Za-z0-9._~/-]+"
)  # what stays as it is; quoting parts that need none takes four times as long
_REGISTERED = re.compile(r"registry:(?P<name>[a-z0-9][a-z0-9._-]*)/(?P<version>\d+)")


def entity_link(ref: Ref) -> str:
    """The page of an entity."""
    return f"/catalog/{_segments(ref)}"


def model_link(name: str, version: int | str) -> str:
    """The page of a version of a registered model."""
    return f"/models/{quote(name, safe='-._~')}/{version}"


def docs_link(ref: Ref, path: str | None, anchor: str = "") -> str:
    """A heading of a docs page, or the entity's page where there is no docs page (`path` None).

    What the model registry says has the path `registry:NAME/VERSION`; it opens at the model.
    """
    if registered := _REGISTERED.fullmatch(path or ""):
        return model_link(registered["name"], registered["version"])
    mark = f"#{quote(anchor, safe='-._~')}" if anchor else ""
    if path is None:
        return f"{entity_link(ref)}{mark}"
    return f"/docs/{_segments(ref)}/{quote(path.removesuffix('.md'), safe='/-._~')}{mark}"


def _segments(ref: Ref) -> str:
    parts = (ref.kind, ref.namespace, ref.name)
    joined = "/".join(parts)
    if _PLAIN.fullmatch(joined) and joined.count("/") == 2:
        return joined
    return "/".join(quote(part, safe="-._~") for part in parts)
