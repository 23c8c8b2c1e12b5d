"""Whom to page: the owner that the catalog names, how the catalog says to reach them, and what docs say of the rota.

The catalog knows who owns a thing and not who is awake. So the owner is the exact answer, and the lines after
it are quoted for what they are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.answers import plain
from ingest.answers.answer import Answer, Citation, Hit
from ingest.answers.catalog.expressions import OnCall
from ingest.answers.catalog_questions import CatalogFinding
from ingest.answers.citations import cite
from ingest.answers.units import Unit, cut
from ingest.documents import Section
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph

_REACHED_BY = re.compile(
    r"^(?:Email|Members|Annotation [^:]*(?:pager|opsgenie|slack|oncall|on-call)[^:]*): ", re.I
)
_ROTA = re.compile(
    r"\bon[- ]call\b|\b(?:one|the|a|our|their|its) rotation\b|\bpagers?\b|\bescalat|\banswers? pages\b|\bpages? (?:the|us|them|whoever|our)\b|"
    r"\b(?:call|phone|ring) (?:the|us|them|whoever|our)\b",
    re.IGNORECASE,
)
_SENTENCES = 3


def asks_whom_to_page(finding: CatalogFinding) -> bool:
    """Whether the question was for somebody to call rather than for the owner alone."""
    return isinstance(finding.meaning, OnCall)


def question_of(finding: CatalogFinding) -> str:
    """What the docs are searched for."""
    return f"on call rotation, whom to page, escalation for {' '.join(ref.name for ref in finding.hops[-1].subjects)}"


def with_contacts(
    answer: Answer,
    finding: CatalogFinding,
    *,
    cards: Sequence[Section],
    hits: Sequence[Hit],
    graph: CatalogGraph,
) -> Answer:
    """`answer`, the catalog's, with the lines of the owners' `cards` that say how to reach them, and with what
    `hits` say about being on call, if they are docs of the same thing or owner."""
    said = _Said(list(answer.citations), [])
    for card in cards:
        for unit in cut(card).units:
            if _REACHED_BY.match(line := unit.quote.removeprefix("- ")):
                said.add(card, unit.quote, line.removeprefix("Annotation "))
    subjects = [entity for ref in finding.hops[-1].subjects if (entity := graph.get(ref)) is not None]
    for unit in _about_the_rota(hits, subjects, owners=finding.kept):
        said.add(unit.section, unit.quote, unit.quote)
    text = "\n".join(f"- {line}" for line in said.lines)
    whole = f"{answer.text}\n\n{text}" if text else answer.text
    return replace(answer, text=whole, citations=tuple(said.citations), passages=tuple(hits))


@dataclass(frozen=True, slots=True)
class _Said:
    citations: list[Citation]
    lines: list[str]

    def add(self, section: Section, quote: str, line: str) -> None:
        self.citations.append(cite(len(self.citations) + 1, section, quote))
        self.lines.append(f"{plain.inline(line)} [{len(self.citations)}]")


def _about_the_rota(
    hits: Sequence[Hit], subjects: Sequence[Entity], *, owners: Sequence[EntityRef]
) -> list[Unit]:
    """Sentences on being on call, of docs that are the subject's own first; then of its owner's that name it."""
    own = {entity.ref for entity in subjects}
    sections = [hit.section for hit in hits if hit.section.path is not None]
    ours = [section for section in sections if section.entity in own]
    theirs = [
        section
        for section in sections
        if section.entity not in own
        and section.owner in owners
        and any(re.search(rf"\b{re.escape(entity.ref.name)}\b", section.text) for entity in subjects)
    ]
    found = [
        unit
        for section in (*ours, *theirs)
        for unit in cut(section).units
        if unit.kind == "sentence" and _ROTA.search(unit.quote)
    ]
    return list({unit.quote: unit for unit in found}.values())[:_SENTENCES]
