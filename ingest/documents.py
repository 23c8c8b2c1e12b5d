"""What sources read: pages, cut into sections at their headings.

A section is the unit that is searched, cited and re-opened. Its `text` is a verbatim slice of the page at
`revision`, so that a quote of it can be checked later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ingest.entities import Entity, EntityRef


class SectionKind(StrEnum):
    """What a section was made from."""

    PAGE = "page"
    ENTITY = "entity"
    API = "api"
    TEMPLATE = "template"
    CONFIG = "config"


BlockKind = Literal["paragraph", "list", "steps", "code", "table", "admonition", "quote", "html"]


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level piece of a section. `steps` is an ordered list; nothing of a block is ever cut away."""

    kind: BlockKind
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it, up to the next heading of any level.

    `path` is relative to the entity's docs folder, or None for the entity itself (its card, an operation of
    its API definition, its template). `anchor` is the slug that mkdocs gives the heading, "" for the page's
    top (everything before the second heading, when the first is the page's title). `breadcrumb` runs from
    the site's name over the navigation and the page's title to `heading`. `revision` is `git:<commit>` where
    the file is committed and unchanged, else `sha256:<content hash>`. `reviewed` is what the page or its entity
    says of its review (`ingest.reviews`), `untrusted` whether its source is marked so.
    """

    entity: EntityRef
    path: str | None
    anchor: str
    title: str
    heading: str
    breadcrumb: tuple[str, ...]
    text: str
    blocks: tuple[Block, ...]
    revision: str
    content_hash: str
    kind: SectionKind = SectionKind.PAGE
    modified: datetime | None = None
    owner: EntityRef | None = None
    reviewed: str = ""
    untrusted: bool = False

    @property
    def key(self) -> str:
        """Identifies the section inside one generation: `entity|path|anchor`."""
        return f"{self.entity}|{self.path or ''}|{self.anchor}"

    @property
    def as_read(self) -> str:
        """`text` without what a site generator reads between the words; code is kept to the letter."""
        from ingest.markdown.site_marks import as_read  # that package cuts text into the blocks above

        return as_read(self.text)


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a docs tree, whole: `markdown` after includes, without front matter."""

    entity: EntityRef
    path: str
    title: str
    trail: tuple[str, ...]
    markdown: str
    revision: str
    content_hash: str
    sections: tuple[Section, ...]
    front_matter: dict[str, object] = field(default_factory=dict)
    modified: datetime | None = None
    owner: EntityRef | None = None
    reviewed: str = ""
    untrusted: bool = False

    @classmethod
    def of(cls, section: Section) -> "Page":
        """What no file holds, as a page of one section."""
        return cls(
            entity=section.entity,
            path=str(section.path),
            title=section.title,
            trail=section.breadcrumb[:-1],
            markdown=section.text,
            revision=section.revision,
            content_hash=section.content_hash,
            sections=(section,),
            modified=section.modified,
            owner=section.owner,
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was left out, and why; everything beside it was read."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that one ingest run read: what an index is built from."""

    entities: tuple[Entity, ...] = ()
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @classmethod
    def merged(cls, parts: Sequence["Corpus"]) -> "Corpus":
        """One corpus of several, in their order."""
        return cls(
            entities=tuple(entity for part in parts for entity in part.entities),
            pages=tuple(page for part in parts for page in part.pages),
            sections=tuple(section for part in parts for section in part.sections),
            skipped=tuple(skipped for part in parts for skipped in part.skipped),
        )
