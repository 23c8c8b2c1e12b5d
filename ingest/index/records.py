"""Entities, pages and sections as JSON and back, exactly as they were read."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingest.documents import Block, Page, Section, SectionKind
from ingest.entities import Entity, EntityRef, Origin


def entity_record(entity: Entity) -> str:
    """Values that JSON does not know (YAML's dates) become the text a reader would write."""
    return _dumps(asdict(entity))


def entity_of(record: str) -> Entity:
    values = json.loads(record)
    computed = values.get("computed")
    whole = {
        "ref": EntityRef(**values["ref"]),
        "origin": Origin(**values["origin"]),
        "computed": None if computed is None else tuple((type_, target) for type_, target in computed),
    }
    return Entity(**{**values, **whole})


def section_record(section: Section) -> str:
    return _dumps({**_plain(section), "blocks": [[b.kind, b.text, b.language] for b in section.blocks]})


def section_of(record: str) -> Section:
    values = _typed(json.loads(record))
    return Section(
        **{
            **values,
            "breadcrumb": tuple(values["breadcrumb"]),
            "blocks": tuple(Block(*block) for block in values["blocks"]),
            "kind": SectionKind(values["kind"]),
        }
    )


def page_record(page: Page) -> str:
    """Without its sections: the store keeps them in their own rows."""
    return _dumps(_plain(page))


def page_of(record: str, sections: tuple[Section, ...]) -> Page:
    values = _typed(json.loads(record))
    return Page(**{**values, "trail": tuple(values["trail"]), "sections": sections})


def storable(text: str) -> str:
    """YAML can spell half of a surrogate pair, which no encoding can hold: those become question marks."""
    return text.encode("utf-8", "replace").decode()


def _plain(thing: Section | Page) -> dict[str, Any]:
    values = {name: getattr(thing, name) for name in type(thing).__dataclass_fields__ if name != "sections"}
    return {
        **values,
        "entity": str(thing.entity),
        "owner": str(thing.owner) if thing.owner else None,
        "modified": thing.modified.isoformat() if thing.modified else None,
    }


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **values,
        "entity": EntityRef.parse(values["entity"]),
        "owner": EntityRef.parse(values["owner"]) if values["owner"] else None,
        "modified": datetime.fromisoformat(values["modified"]) if values["modified"] else None,
    }


def _dumps(values: Mapping[str, Any]) -> str:
    return storable(json.dumps(values, ensure_ascii=False, default=str, separators=(",", ":")))
