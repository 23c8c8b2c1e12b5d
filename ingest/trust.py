"""Whether anybody vouches for a text that is read."""

from functools import lru_cache

from ingest.answers.injection import why_suspicious
from ingest.documents import Page, Section
from ingest.entities import Entity

_VOUCH_FOR_THEMSELVES = frozenset({"group", "user"})


def concern(source: Section | Page | Entity) -> str:
    """Why nobody vouches for this text, or for what an entity's author says of it; empty when somebody does."""
    entity = source.ref if isinstance(source, Entity) else source.entity
    if source.untrusted:
        return "its source is marked untrusted"
    if source.owner is None and entity.kind not in _VOUCH_FOR_THEMSELVES:
        return "it has no owner"
    reason = _suspicion_of_entity(_text(source)) if isinstance(source, Entity) else _suspicion(_text(source))
    return f"it {reason}" if reason else ""


def _text(source: Section | Page | Entity) -> str:
    if isinstance(source, Entity):
        return f"{source.title}\n{source.description}"
    return source.markdown if isinstance(source, Page) else source.text


@lru_cache(maxsize=65_536)  # lists go through all of a catalog, so its entities must not push each other out
def _suspicion_of_entity(text: str) -> str | None:
    return why_suspicious(text)


@lru_cache(maxsize=4096)
def _suspicion(text: str) -> str | None:
    return why_suspicious(text)
