"""Small corpora by hand: what a source would have read."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from ingest.documents import Corpus, Page, Section, SectionKind, Skipped
from ingest.entities import Entity, EntityRef
from ingest.markdown.blocks import blocks_of


class Ada:
    ref = "user:default/ada"


class Bob:
    ref = "user:default/bob"


def entity(ref: str, **spec: object) -> Entity:
    parsed = EntityRef.parse(ref)
    return Entity(parsed, parsed.kind.title(), "backstage.io/v1alpha1", {"name": parsed.name}, spec)


def section(
    ref: str, path: str | None, anchor: str, text: str, *, heading: str = "", title: str = ""
) -> Section:
    heading = heading or anchor.replace("-", " ").capitalize() or title
    return Section(
        entity=EntityRef.parse(ref),
        path=path,
        anchor=anchor,
        title=title or (path or ref),
        heading=heading,
        breadcrumb=(title or (path or ref), heading),
        text=text,
        blocks=blocks_of(text),
        revision="sha256:1",
        content_hash=sha256(text.encode()).hexdigest(),
        kind=SectionKind.ENTITY if path is None else SectionKind.PAGE,
    )


def page(ref: str, path: str, sections: Mapping[str, str], *, title: str = "") -> Page:
    """`sections` are texts by anchor."""
    title = title or path
    cut = tuple(section(ref, path, anchor, text, title=title) for anchor, text in sections.items())
    markdown = "\n\n".join(sections.values())
    return Page(
        entity=EntityRef.parse(ref),
        path=path,
        title=title,
        trail=(title,),
        markdown=markdown,
        revision="sha256:1",
        content_hash=sha256(markdown.encode()).hexdigest(),
        sections=cut,
    )


def corpus(
    *pages: Page,
    entities: Sequence[Entity] = (),
    cards: Sequence[Section] = (),
    skipped: Sequence[Skipped] = (),
) -> Corpus:
    return Corpus(
        entities=tuple(entities),
        pages=pages,
        sections=(*cards, *(part for one in pages for part in one.sections)),
        skipped=tuple(skipped),
    )


GATEWAY = page(
    "component:default/gateway",
    "runbook.md",
    {
        "": "# Gateway runbook\nWhat to do when the gateway misbehaves.",
        "stale-features": "Set `--max-staleness 15m` and drain the shard before it answers again.",
        "certificates": "Renew the certificate with the vault before it expires in March.",
    },
    title="Gateway runbook",
)
RANKER = page(
    "component:default/ranker",
    "index.md",
    {
        "": "# Ranker\nOrders the home feed by predicted listening time.",
        "cold-start": "New listeners get the popular shelf until five plays are known.",
    },
    title="Ranker",
)
ENTITIES = (
    entity(
        "component:default/gateway", owner="edge", system="serving", type="service", lifecycle="production"
    ),
    entity(
        "component:default/ranker", owner="ranking", system="feed", type="service", lifecycle="production"
    ),
    entity("group:default/edge", type="team"),
    entity("group:default/ranking", type="team"),
)
CARDS = tuple(
    section(
        str(one.ref),
        None,
        "",
        f"Kind: {one.kind}\nName: {one.ref.name}\nOwner: {one.spec.get('owner', '')}",
        title=one.ref.name,
        heading=one.ref.name,
    )
    for one in ENTITIES
)
SMALL = corpus(
    GATEWAY, RANKER, entities=ENTITIES, cards=CARDS, skipped=[Skipped("broken.yaml", "is no YAML")]
)
