"""Passages and citations as actions answer them."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from tools.links import docs_link
from tools.ports import Citation, Filters, Hit, Library, Section
from tools.run import Run
from tools.shapes import Input, Sparse, Texts

_MARK = re.compile(r"\[\d+\]")
_FIRST = 6  # words of a quote that is told already
_OF_THE_SECTION = ("owner", "modified", "reviewed")


class Narrowed(Input):
    """The filters that asking and searching share."""

    kind: Texts = Field(
        default=(), description="Only entities of these kinds, e.g. component, api, system.", max_length=20
    )
    owner: str = Field(default="", description="Only what this group or user owns.", max_length=200)
    system: str = Field(default="", description="Only parts of this system.", max_length=200)
    component: str = Field(default="", description="Only docs of this one entity.", max_length=200)
    context: str = Field(
        default="", description="Handle from an earlier answer, to ask a follow-up.", max_length=64
    )

    @property
    def filters(self) -> Filters | None:
        """None when nothing is narrowed, so that the library can take its short way."""
        if not (self.kind or self.owner or self.system or self.component):
            return None
        return Filters(
            kind=tuple(kind.lower() for kind in self.kind),
            owner=self.owner or None,
            system=self.system or None,
            component=self.component or None,
        )


class Passage(Sparse):
    """A section that matches."""

    entity: str = Field(description="Entity that the section belongs to, as kind:namespace/name.")
    path: str | None = Field(
        default=None, description="Docs page, or null for the entity's own catalog entry."
    )
    anchor: str = Field(default="", description="Heading within the page; empty for its top.")
    title: str = Field(default="", description="Title of the page.")
    heading: str = Field(default="", description="Heading of the section.")
    breadcrumb: tuple[str, ...] = Field(description="Titles from the site down to the heading.")
    text: str = Field(
        description="Start of the section, without a generator's marks; read_doc_section has all of it."
    )
    score: float = Field(description="How well it matches; higher is better.")
    revision: str = Field(description="Revision that the text was read at.")
    modified: str | None = Field(default=None, description="When the page last changed, ISO 8601.")
    owner: str | None = Field(default=None, description="Who vouches for the page; null when nobody does.")
    reviewed: str | None = Field(
        default=None, description="Its review, in the author's words; null when unreviewed."
    )
    unvouched: str = Field(
        default="", description="Why nobody vouches for the text; empty when somebody does."
    )
    link: str = Field(description="Address of the heading on this server.")

    @classmethod
    def told(cls, dumped: dict[str, Any]) -> dict[str, Any]:
        return without_trail(dumped)


class Quote(Sparse):
    """Where a statement of the answer stands."""

    number: int = Field(description="The [n] in the answer's text.")
    entity: str = Field(description="Entity that the cited section belongs to.")
    path: str | None = Field(
        default=None, description="Docs page, or null for the entity's own catalog entry."
    )
    anchor: str = Field(default="", description="Heading within the page; empty for its top.")
    heading: str = Field(default="", description="Heading of the section.")
    quote: str = Field(description="Verbatim text that the statement rests on.")
    revision: str = Field(default="", description="Revision that the quote was read at.")
    owner: str | None = Field(default=None, description="Who vouches for the page; null when nobody does.")
    reviewed: str | None = Field(
        default=None, description="Its review, in the author's words; null when unreviewed."
    )
    unvouched: str = Field(
        default="", description="Why nobody vouches for the text; empty when somebody does."
    )
    modified: str | None = Field(default=None, description="When the page last changed, ISO 8601.")
    link: str = Field(default="", description="Address of the heading on this server.")


def passage(hit: Hit, library: Library, *, longest: int) -> Passage:
    """`longest` bounds the text, in characters."""
    section = hit.section
    return Passage(
        entity=str(section.entity),
        path=section.path,
        anchor=section.anchor,
        title=section.title,
        heading=section.heading,
        breadcrumb=section.breadcrumb,
        text=excerpt(section.as_read, longest=longest),
        score=round(hit.score, 4),
        revision=section.revision,
        modified=iso(section.modified),
        owner=str(section.owner) if section.owner else None,
        reviewed=section.reviewed or None,
        unvouched=library.concern(section),
        link=docs_link(section.entity, section.path, section.anchor),
    )


def quote(citation: Citation, source: Section | None, run: Run) -> Quote:
    """`source` is the section that is cited; None when it cannot be opened any more, and then nobody vouches for it."""
    return Quote(
        number=citation.number,
        entity=citation.entity,
        path=citation.path,
        anchor=citation.anchor,
        heading=citation.heading,
        quote=citation.quote,
        revision=citation.revision,
        owner=citation.owner,
        modified=iso(citation.modified),
        reviewed=(source.reviewed or None) if source else None,
        unvouched=run.library.concern(source) if source else "it cannot be opened any more",
        link=docs_link(run.refs.parse(citation.entity), citation.path, citation.anchor),
    )


def without_trail(dumped: dict[str, Any]) -> dict[str, Any]:
    """Without the title and the heading that the breadcrumb has as well, and with an abbreviated revision."""
    twice = {name: "" for name in ("title", "heading") if dumped[name] in dumped["breadcrumb"]}
    return {**dumped, **twice, "revision": _abbreviated(dumped["revision"])}


def told_once(citations: Sequence[dict[str, Any]], answer: str) -> list[dict[str, Any]]:
    """Dumped quotes without what stands elsewhere: of a text that the answer says to the letter only the first words,
    of a section only at its first citation what goes with it (its place stays at each)."""
    said = _letters(_MARK.sub(" ", answer))
    seen: set[tuple[Any, ...]] = set()
    told = []
    for each in citations:
        place = (each["entity"], each["path"], each["anchor"])
        known = dict.fromkeys(_OF_THE_SECTION, None) | {
            "heading": "",
            "revision": "",
            "link": "",
            "unvouched": "",
        }
        short = _first_words(each["quote"]) if _letters(each["quote"]) in said else each["quote"]
        brief = {"quote": short, "revision": _abbreviated(each["revision"])}
        told.append({**each, **brief, **(known if place in seen else {})})
        seen.add(place)
    return told


def _abbreviated(revision: str) -> str:
    """As Git abbreviates: twelve digits of a hash tell as much."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b", r"\1", revision)


def _letters(text: str) -> str:
    """What two texts have in common that differ in line breaks and list marks alone."""
    return " ".join(word for word in text.split() if word not in {"-", "*"})


def _first_words(text: str) -> str:
    found = re.match(rf"\S+(?:\s+\S+){{0,{_FIRST - 1}}}", text)
    return found[0] if found else text


def excerpt(text: str, *, longest: int) -> str:
    """The text's start, cut between words and marked with an ellipsis when it is longer."""
    if len(text) <= longest:
        return text
    start = text[:longest]
    return f"{start[: max(start.rfind(' '), start.rfind(chr(10)), longest // 2)].rstrip()} …"


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
