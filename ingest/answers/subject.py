"""Whether a piece speaks of the thing that the question names, or stands in the docs of another and never names it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.answers.units import Unit
from ingest.answers.words import stems
from ingest.entities import Entity, EntityRef

_WITHOUT_DOCS_OF_THEIR_OWN = {"group", "user", "location"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question names. `names`: stems of its name, and of its title; `homes`: entities whose docs are about it."""

    ref: EntityRef
    names: tuple[frozenset[str], ...]
    homes: frozenset[EntityRef]


def subjects_of(entities: Sequence[Entity]) -> tuple[Subject, ...]:
    """The docs of the system that a thing is part of are about it, too."""
    return tuple(
        Subject(
            entity.ref,
            tuple(filter(None, (frozenset(stems(entity.ref.name)), frozenset(stems(entity.title))))),
            frozenset(filter(None, (entity.ref, entity.system))),
        )
        for entity in entities
        if entity.ref.kind not in _WITHOUT_DOCS_OF_THEIR_OWN
    )


def strays(subjects: Sequence[Subject], unit: Unit) -> bool:
    """Whether the piece is of the docs of something that the question does not name, and names nothing that it does."""
    if not subjects:
        return False
    section = unit.section
    lead = unit.lead.quote if unit.lead else ""
    said = (
        *section.breadcrumb,
        section.title,
        section.heading,
        section.entity.name,
        lead,
        unit.header,
        unit.quote,
    )
    words = frozenset(stems(" ".join(said)))
    return not any(
        section.entity in subject.homes or any(name <= words for name in subject.names)
        for subject in subjects
    )
