"""Sections that are written from structured data: entity cards, API operations, template forms.

They read like a page that somebody wrote, so that they can be searched and quoted like one. Their path is
None and their anchor unique within the entity; the card's anchor is "".
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.documents import Block, Section, SectionKind
from ingest.entities import Entity
from ingest.reviews import reviewed

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_FENCE = re.compile(r"`{3,}")


def slug(text: str) -> str:
    """Lower-case words joined with `-`."""
    return _NOT_IN_SLUG.sub("-", text.lower()).strip("-")[:100] or "section"


def one_line(value: object, *, limit: int = 300) -> str:
    """Text without line breaks, cut at a word when longer than `limit`."""
    text = " ".join(str(value).split())
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0] + " …"


def counted(number: int, noun: str) -> str:
    """`1 operation`, `3 operations`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def code_block(text: str, language: str) -> Block:
    """A fenced block whose fence is longer than any inside it."""
    longest = max((len(match) for match in _FENCE.findall(text)), default=2)
    fence = "`" * max(longest + 1, 3)
    return Block("code", f"{fence}{language}\n{text.strip(chr(10))}\n{fence}", language=language)


def paragraph(text: str) -> Block:
    return Block("paragraph", text.strip())


def bullets(lines: Sequence[str]) -> Block:
    return Block("list", "\n".join(f"- {line}" for line in lines))


@dataclass(slots=True)
class Composer:
    """Makes the sections of one entity and keeps their anchors apart."""

    entity: Entity
    kind: SectionKind
    area: str
    _anchors: dict[str, int] = field(default_factory=dict)

    def section(self, heading: str, blocks: Sequence[Block], *, anchor: str | None = None) -> Section:
        """A section of `blocks`; its anchor is the slug of `anchor` or of `heading`, `_1` and so on added."""
        text = "\n\n".join(block.text for block in blocks)
        return Section(
            entity=self.entity.ref,
            path=None,
            anchor=self._unique(slug(anchor or heading)),
            title=self.entity.title,
            heading=heading,
            breadcrumb=(self.entity.title, self.area, heading),
            text=text,
            blocks=tuple(blocks),
            revision=self.entity.origin.revision,
            content_hash=text_hash(text),
            kind=self.kind,
            owner=self.entity.owner,
            reviewed=reviewed({}, self.entity),
        )

    def _unique(self, anchor: str) -> str:
        taken = self._anchors.get(anchor)
        self._anchors[anchor] = 0 if taken is None else taken + 1
        return anchor if taken is None else self._unique(f"{anchor}_{taken + 1}")


def text_hash(text: str) -> str:
    """SHA-256 of a section's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
