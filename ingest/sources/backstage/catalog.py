"""The catalog of a Backstage: what it lists, and the entities of it that changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingest.documents import Skipped
from ingest.entities import Entity, EntityRef, Origin
from ingest.errors import InvalidEntityRef
from ingest.sources.backstage.portal import Portal, PortalError
from ingest.sources.envelopes import InvalidEnvelope, entity_of, read_header

_LISTED = "kind,metadata.namespace,metadata.name,metadata.etag"
_AT_ONCE = 500  # entities of a page of the list
_WHOLE_AT_ONCE = 100  # entities with everything that they hold
_MOST_PAGES = 1_000
_OF_THE_PORTAL = ("uid", "etag")

Raw = Mapping[str, Any]


def current_entities(portal: Portal, kept: Mapping[str, Raw]) -> dict[str, Raw]:
    """Every entity that the token may see, by reference; those of `kept` with the same etag are not asked for again.

    Raises `PortalError` when the list cannot be had whole.
    """
    try:
        listed = _listed(portal)
    except _Moved:
        listed = _listed(portal)
    changed = [ref for ref, etag in listed.items() if not etag or _etag(kept.get(ref)) != etag]
    fetched = entities_of(portal, changed)
    whole = {ref: fetched.get(ref) if ref in fetched else kept.get(ref) for ref in listed}
    return {ref: raw for ref, raw in whole.items() if raw is not None}


def entities_of(portal: Portal, refs: Sequence[str]) -> dict[str, Raw | None]:
    """The entities of these references as they are now; None for those that there are not. Raises `PortalError`."""
    found: dict[str, Raw | None] = {}
    for start in range(0, len(refs), _WHOLE_AT_ONCE):
        asked = refs[start : start + _WHOLE_AT_ONCE]
        answer = portal.json("/api/catalog/entities/by-refs", body={"entityRefs": list(asked)})
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list) or len(items) != len(asked):
            raise PortalError("the catalog answered `by-refs` with something else than a list of entities")
        found |= {
            ref: item if isinstance(item, dict) else None for ref, item in zip(asked, items, strict=True)
        }
    return found


def made_entity(ref: str, raw: Raw) -> tuple[Entity | None, tuple[Skipped, ...]]:
    """The entity with the relations that the backend computed, and what had to be left out."""
    try:
        header = read_header({key: raw.get(key) for key in ("apiVersion", "kind", "metadata", "spec")})
    except InvalidEnvelope as error:
        return None, (Skipped(ref, str(error)),)
    metadata = {name: value for name, value in header.metadata.items() if name not in _OF_THE_PORTAL}
    place = f"catalog/{header.ref.namespace}/{header.ref.kind}/{header.ref.name}"
    origin = Origin(path=place, line=1, revision=f"etag:{_etag(raw) or 'none'}")
    entity, problems = entity_of(replace(header, metadata=metadata), origin=origin)
    whole = replace(entity, computed=tuple(sorted(set(_relations(raw)))))
    return whole, tuple(Skipped(ref, problem) for problem in problems)


class _Moved(PortalError):
    """The list was not whole: it changed while it was read, or a page of it was cut short."""


def _listed(portal: Portal) -> dict[str, str]:
    """Reference and etag of every entity. `fields` is sent with each page: a cursor does not carry it."""
    listed: dict[str, str] = {}
    params = {"limit": str(_AT_ONCE), "fields": _LISTED}
    for _ in range(_MOST_PAGES):
        page = portal.json("/api/catalog/entities/by-query", params=params)
        try:
            listed |= {_ref(item): _etag(item) for item in page["items"]}
            total, cursor = int(page["totalItems"]), page["pageInfo"].get("nextCursor")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PortalError("the catalog answered `by-query` with something else than a page") from error
        if not cursor:
            if len(listed) < total:
                raise _Moved(f"the catalog listed {len(listed)} of its {total} entities")
            return listed
        params = {"cursor": str(cursor), "limit": str(_AT_ONCE), "fields": _LISTED}
    raise PortalError(f"the catalog has more than {_MOST_PAGES * _AT_ONCE:,} entities, which are not read")


def _ref(raw: Raw) -> str:
    metadata = raw["metadata"]
    return f"{raw['kind']}:{metadata.get('namespace') or 'default'}/{metadata['name']}".lower()


def _etag(raw: Raw | None) -> str:
    metadata = raw.get("metadata") if raw else None
    return str(metadata.get("etag") or "") if isinstance(metadata, Mapping) else ""


def _relations(raw: Raw) -> Iterator[tuple[str, str]]:
    relations = raw.get("relations")
    for relation in relations if isinstance(relations, list) else []:
        if isinstance(relation, dict) and isinstance(relation.get("type"), str):
            try:
                yield relation["type"], str(EntityRef.parse(str(relation.get("targetRef"))))
            except InvalidEntityRef:
                continue
