"""Where sources disagree about what was asked, and where an answer rests on what is old.

Nothing is settled silently: values that differ are told side by side with their places and dates, and which is the
newer; a page past its review, or about what the catalog calls deprecated, is told as such, beside what a newer page
says. Found by rule over the passages that search gave, without a model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Literal

from ingest.answers.claims import Claim, claims_of
from ingest.answers.question import Question
from ingest.answers.units import Unit
from ingest.documents import Section, SectionKind
from ingest.entities import Entity
from ingest.graph import CatalogGraph
from ingest.reviews import review_date

_READ = 600  # characters of an old section in which entities are looked for
_REVIEW_LASTS = timedelta(days=540)
_RETIRED = frozenset({"deprecated", "retired", "obsolete", "sunset", "end-of-life", "eol", "decommissioned"})
_ELSEWHERE = frozenset({"staging", "development", "dev", "test", "testing", "local", "sandbox"})

_SHOWN = frozenset({"example", "examples", "tutorial", "tutorials", "walkthrough", "quickstart"})

Kind = Literal["values", "stale"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Claims about one thing with different values, the newest first."""

    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why what a section says may no longer hold. `retired` is the entity that the catalog calls so."""

    section: Section
    reviewed: date | None = None
    retired: Entity | None = None


def disagreements(question: Question, units: Sequence[Unit]) -> tuple[Disagreement, ...]:
    """Values of what the question asks for that differ from one section to another of the same entity."""
    asked = frozenset(question.weights)
    claims = [
        claim
        for unit in units
        if not _place_words(unit.section) & _SHOWN
        for claim in claims_of(unit)
        if _is_asked(claim, asked, question.subject)
    ]
    groups: list[list[Claim]] = []
    for one, other in combinations(claims, 2):
        if _contradict(one, other):
            group = next((group for group in groups if one in group or other in group), None)
            if group is None:
                groups.append(group := [])
            group.extend(claim for claim in (one, other) if claim not in group)
    return tuple(Disagreement(_told(group, claims)) for group in groups)


def stale(
    section: Section, graph: CatalogGraph, *, today: date, named: Callable[[str], Sequence[Entity]]
) -> Staleness | None:
    """None when nothing says that the section is old. `named` are the entities that a text names."""
    when = review_date(section.reviewed)
    overdue = when if when is not None and today - when > _REVIEW_LASTS else None
    # A page may well tell of what it replaced: its text counts only when the page itself is old.
    place = f"{section.title}: {section.heading}"
    about = [graph.get(section.entity), *named(f"{place}. {section.text[:_READ]}" if overdue else place)]
    retired = next((one for one in about if one is not None and is_retired(one)), None)
    return Staleness(section, overdue, retired) if overdue or retired else None


def is_retired(entity: Entity) -> bool:
    """Whether the catalog says that an entity is on its way out."""
    return (entity.lifecycle or "").lower() in _RETIRED


def dated(section: Section) -> date | None:
    """When somebody last stood for a section: its review, else its last change."""
    return review_date(section.reviewed) or (section.modified.date() if section.modified else None)


def _is_asked(claim: Claim, asked: frozenset[str], subject: frozenset[str]) -> bool:
    own = claim.about - subject
    return bool(own) and own <= asked


def _contradict(one: Claim, other: Claim) -> bool:
    first, second = one.unit.section, other.unit.section
    return (
        first.key != second.key
        and first.entity == second.entity
        and one.kind == other.kind
        and one.value != other.value
        and (one.about <= other.about or other.about <= one.about)
        and _environment(first) == _environment(second)
    )


def _environment(section: Section) -> frozenset[str]:
    return _ELSEWHERE & _place_words(section)


def _place_words(section: Section) -> frozenset[str]:
    return frozenset(
        " ".join((section.path or "", *section.breadcrumb, section.heading))
        .lower()
        .replace("-", " ")
        .replace("/", " ")
        .split()
    )


def _told(group: Sequence[Claim], claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """With what live configuration says of the same, which takes sides; one claim a section."""
    live = [
        claim
        for claim in claims
        if claim.unit.section.kind is SectionKind.CONFIG
        and claim not in group
        and any(
            claim.kind == one.kind and (claim.about <= one.about or one.about <= claim.about) for one in group
        )
    ]
    told: dict[str, Claim] = {}
    for claim in (*group, *live):
        told.setdefault(claim.unit.section.key, claim)
    return tuple(sorted(told.values(), key=lambda claim: dated(claim.unit.section) or date.min, reverse=True))
