"""The card of an entity: what the catalog says of it, with its relations from both ends, as text.

Labelled lines rather than prose, since they answer "who owns", "what uses" and "where is the dashboard of"
word for word, and cite well.
"""

from collections.abc import Iterable, Iterator

from ingest.documents import Section, SectionKind
from ingest.entities import Entity, EntityRef, Relation
from ingest.graph import CatalogGraph
from ingest.reviews import reviewed
from ingest.sources.composed import bullets, one_line, paragraph, text_hash

MAX_NAMES = 60
_LABELS = {
    "ownedBy": "Owner",
    "partOf": "Part of",
    "dependsOn": "Depends on",
    "dependencyOf": "Used by",
    "providesApi": "Provides API",
    "consumesApi": "Consumes API",
    "apiProvidedBy": "API provided by",
    "apiConsumedBy": "API consumed by",
    "memberOf": "Member of",
    "childOf": "Parent",
    "hasMember": "Members",
    "parentOf": "Children",
    "hasPart": "Parts",
    "ownerOf": "Owns",
}
_NO_OWNER = "Owner: none declared in the catalog"
_BOOKKEEPING = ("backstage.io/techdocs-", "backstage.io/managed-by-")
_OWNED_KINDS = frozenset({"component", "api", "resource", "system", "domain", "template"})
_TOLD_ELSEWHERE = frozenset(
    {
        *("type", "lifecycle", "owner", "system", "domain", "subdomainOf", "subcomponentOf", "dependsOn"),
        *("dependencyOf", "providesApis", "consumesApis", "parent", "children", "members", "memberOf"),
        *("profile", "definition", "parameters", "steps", "output"),
    }
)


def card(entity: Entity, graph: CatalogGraph) -> Section:
    """The section of the entity itself: path None, anchor "". Relations are those that `graph` shows."""
    blocks = [paragraph(f"**{one_line(_display_name(entity))}** is the {_what(entity)} `{entity.ref}`.")]
    if entity.description:
        blocks.append(paragraph(entity.description))
    blocks.append(bullets(list(_lines(entity, graph))))
    text = "\n\n".join(block.text for block in blocks)
    return Section(
        entity=entity.ref,
        path=None,
        anchor="",
        title=entity.title,
        heading=entity.title,
        breadcrumb=("Catalog", entity.kind, entity.title),
        text=text,
        blocks=tuple(blocks),
        revision=entity.origin.revision,
        content_hash=text_hash(text),
        kind=SectionKind.ENTITY,
        owner=entity.owner,
        reviewed=reviewed({}, entity),
    )


def _what(entity: Entity) -> str:
    kind = entity.kind if entity.kind == "API" else entity.kind.lower()
    if entity.ref.kind == "group" and entity.type:
        kind = ""  # a group's type says what it is: a team, a department
    return " ".join(part for part in (entity.lifecycle, entity.type, kind) if part)


def _lines(entity: Entity, graph: CatalogGraph) -> Iterator[str]:
    yield f"Kind: {entity.kind}"
    yield f"Name: {entity.metadata.get('name', entity.ref.name)}"
    if entity.ref.namespace != "default":
        yield f"Namespace: {entity.ref.namespace}"
    if entity.metadata.get("title"):
        yield f"Title: {one_line(entity.title)}"
    if entity.type:
        yield f"Type: {one_line(entity.type)}"
    if entity.lifecycle:
        yield f"Lifecycle: {one_line(entity.lifecycle)}"
    yield from _relation_lines(entity, graph)
    yield from _own_lines(entity)


def _relation_lines(entity: Entity, graph: CatalogGraph) -> Iterator[str]:
    relations = graph.relations(entity.ref)
    if entity.ref.kind in _OWNED_KINDS and not any(relation.type == "ownedBy" for relation in relations):
        written = entity.spec.get("owner")
        yield f"Owner: {one_line(written)} (no entity reference)" if written else _NO_OWNER
    for type_, label in _LABELS.items():
        targets = [relation for relation in relations if relation.type == type_]
        if targets:
            yield f"{_precise(label, type_, targets)}: {_names(targets, graph)}"


def _precise(label: str, type_: str, targets: Iterable[Relation]) -> str:
    """`System` and `Domain` rather than `Part of` where that is what it is part of."""
    kinds = {relation.target.kind for relation in targets}
    if type_ == "partOf" and kinds in ({"system"}, {"domain"}):
        return next(iter(kinds)).capitalize()
    return label


def _names(relations: list[Relation], graph: CatalogGraph) -> str:
    shown = [_named(relation.target, graph) for relation in relations[:MAX_NAMES]]
    more = len(relations) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _named(ref: EntityRef, graph: CatalogGraph) -> str:
    entity = graph.get(ref)
    if entity is None:
        return f"`{ref}` (not in the catalog)"
    return f"{one_line(_display_name(entity), limit=80)} (`{ref}`)"


def _display_name(entity: Entity) -> str:
    """People are known by `spec.profile.displayName` rather than by their login."""
    profile = entity.spec.get("profile")
    shown = profile.get("displayName") if isinstance(profile, dict) else None
    return str(shown) if shown and not entity.metadata.get("title") else entity.title


def _own_lines(entity: Entity) -> Iterator[str]:
    if entity.tags:
        yield f"Tags: {', '.join(entity.tags)}"
    profile = entity.spec.get("profile")
    for key in ("displayName", "email"):
        if isinstance(profile, dict) and profile.get(key):
            yield f"{'Email' if key == 'email' else 'Display name'}: {one_line(profile[key])}"
    for link in entity.links:
        if link.get("url"):
            yield f"Link: {one_line(link.get('title') or link['url'])} <{one_line(link['url'], limit=500)}>"
    for key, value in entity.spec.items():
        if key not in _TOLD_ELSEWHERE and (shown := _shown(value)):
            yield f"{_spaced(key)}: {shown}"
    labels = entity.metadata.get("labels")
    for key, value in (labels if isinstance(labels, dict) else {}).items():
        yield f"Label {key}: {one_line(value)}"
    for key, text in entity.annotations.items():
        if not key.startswith(_BOOKKEEPING):
            yield f"Annotation {key}: {one_line(text)}"


def _shown(value: object) -> str:
    if isinstance(value, bool | int | float) or (isinstance(value, str) and value.strip()):
        return one_line(value)
    if isinstance(value, list) and value and all(isinstance(item, str | int | float) for item in value):
        return one_line(", ".join(str(item) for item in value))
    return ""


def _spaced(key: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key)
    return words.replace("_", " ").strip().capitalize()
