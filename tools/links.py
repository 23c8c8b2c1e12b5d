"""Where a person can open what an answer names: addresses relative to the server, made in this one place."""

from urllib.parse import quote

from tools.ports import Ref


def entity_link(ref: Ref) -> str:
    """The page of an entity."""
    return f"/catalog/{_segments(ref)}"


def docs_link(ref: Ref, path: str | None, anchor: str = "") -> str:
    """A heading of a docs page, or the entity's page where there is no docs page (`path` None)."""
    mark = f"#{quote(anchor, safe='-._~')}" if anchor else ""
    if path is None:
        return f"{entity_link(ref)}{mark}"
    return f"/docs/{_segments(ref)}/{quote(path.removesuffix('.md'), safe='/-._~')}{mark}"


def _segments(ref: Ref) -> str:
    return "/".join(quote(part, safe="-._~") for part in (ref.kind, ref.namespace, ref.name))
