"""Chooses, among the passages that search found, the pieces that answer the question.

A unit is scored by the rare words it shares with the question, by meaning, by its section's rank, and by
whether it has the shape that was asked for. The section of the best unit leads; others add what it lacks.
A procedure is taken whole.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.answers.answer import Hit
from ingest.answers.padding import only_points_elsewhere, without_loose_ends
from ingest.answers.question import Question
from ingest.answers.units import Cut, Unit, cut
from ingest.answers.words import content_stems, stems
from ingest.documents import Section, SectionKind

Similarity = Callable[[str, Sequence[str]], Sequence[float]]

WORD_BUDGET = 110  # leaves room under 120 for citation marks
PROCEDURE_BUDGET = 220
SECTIONS_TOLD = 3
_ALIKE, _BESIDE = 0.72, 0.6  # of the best piece's score: to be told too, of the same section and of others
SECTIONS = 6  # deeper hits are looked at by nobody
EMBEDDED = 8  # texts embedded per question: the one cost here that is felt
_OF_A_SETTING = 0.5  # of what is asked, for a line of configuration to be told
_DOING = frozenset({"steps", "code"})
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twice|once|daily|weekly|monthly|hourly)\b"
)
_PERSON = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b|@\w|\b(?:team|group|owner|engineer|on-call|lead)s?\b")


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit with its parts: `lexical` the share of the question's mass it covers, `similarity` by meaning."""

    unit: Unit
    score: float
    lexical: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen units in the order they are told, all of them best first, and what the confidence is read from."""

    units: tuple[Unit, ...] = ()
    ranked: tuple[Scored, ...] = ()
    coverage: float = 0.0
    aspect: float = 0.0
    similarity: float = 0.0
    known: float = 1.0
    suspicious: tuple[tuple[Section, str], ...] = ()


def choose(question: Question, hits: Sequence[Hit], *, similarity: Similarity) -> Choice:
    """The best pieces of the first hits; empty when nothing may be shown.

    `similarity` gives the cosine of the question to each text; it is asked for at most `EMBEDDED` texts.
    """
    cuts = [(hit, cut(hit.section)) for hit in hits[:SECTIONS]]
    suspicious = tuple((hit.section, part.suspicion) for hit, part in cuts if part.suspicion)
    scored = _scored(question, [part for _, part in cuts], similarity)
    if not scored:
        return Choice(suspicious=suspicious, known=_known(question))
    telling = [entry for entry in scored if not only_points_elsewhere(question, entry.unit)]
    chosen = _told(question, telling or scored, [hit.section for hit, _ in cuts])
    lead = chosen[0].section
    found = frozenset(stem for unit in chosen for stem in _own(unit) | context_of(unit.section))
    return Choice(
        units=tuple(chosen),
        ranked=tuple(scored),
        coverage=question.covered(found),
        aspect=question.covered_aspect(found),
        similarity=max(entry.similarity for entry in scored if entry.unit.section is lead),
        known=_known(question),
        suspicious=suspicious,
    )


def _known(question: Question) -> float:
    return 1.0 - question.covered(question.unknown)


def _own(unit: Unit) -> frozenset[str]:
    lead = stems(unit.lead.quote) if unit.lead else ()
    return frozenset((*stems(unit.quote), *lead, *stems(unit.header)))


def context_of(section: Section) -> frozenset[str]:
    """The stems of what a section stands under: its entity, its page, its headings."""
    return frozenset(
        stems(" ".join((section.entity.name, section.title, section.heading, *section.breadcrumb)))
    )


def _scored(question: Question, cuts: Sequence[Cut], similarity: Similarity) -> list[Scored]:
    drafts: list[tuple[float, float, Unit]] = []
    for rank, part in enumerate(cuts):
        section_score = 0.45 / (1 + 0.5 * rank) + (
            _headed(question, part.units[0].section) if part.units else 0.0
        )
        for place, unit in enumerate(part.units):
            own = _own(unit)
            if unit.section.kind is SectionKind.CONFIG and question.covered_aspect(own) < _OF_A_SETTING:
                continue  # its neighbours in the file are other settings
            lexical = question.covered(own)
            around = question.covered(context_of(unit.section) - own)
            # Code, steps and rows rarely repeat what their heading says they are for.
            trust = 0.7 if unit.kind in {"code", "steps", "row"} else 0.4
            told = max(lexical, _of_the_subject(question, unit.section, own))
            draft = 0.9 * told + trust * around + section_score + _shape(question, unit)
            drafts.append((draft + (0.05 if place == 0 else 0.0), lexical + around, unit))
    likeness = _likeness(question, drafts, similarity)
    ordinary = min(likeness.values(), default=0.0)
    return sorted(
        (
            Scored(unit, draft + 1.1 * near, lexical, near)
            for draft, lexical, unit in drafts
            for near in (likeness.get(id(unit), ordinary),)
        ),
        key=lambda entry: -entry.score,
    )


def _of_the_subject(question: Question, section: Section, own: frozenset[str]) -> float:
    """What of the question a unit says, in the docs of the entity that the question names: there, no sentence
    needs to repeat the name."""
    if not question.subject or not question.subject <= context_of(section):
        return 0.0
    return question.covered_aspect(own)


def _headed(question: Question, section: Section) -> float:
    """A heading whose every word the question uses is what the question is about, with those it stands under."""
    heading = content_stems(section.heading)
    if not heading or section.heading == section.title:
        return 0.0
    precision = sum(stem in question.weights for stem in heading) / len(heading)
    return 0.7 * precision * question.covered(frozenset(stems(" ".join(section.breadcrumb))))


def says_amount(text: str) -> bool:
    """Whether a text holds a number, written or in digits."""
    return _AMOUNT.search(text) is not None


def _shape(question: Question, unit: Unit) -> float:
    bonus = 0.0
    if question.wants_amount and says_amount(unit.quote):
        bonus += 0.08
    if question.wants_person and _PERSON.search(unit.quote):
        bonus += 0.08
    if question.wants_procedure and unit.kind in _DOING:
        bonus += 0.12
    return bonus


def _likeness(
    question: Question, drafts: Sequence[tuple[float, float, Unit]], similarity: Similarity
) -> dict[int, float]:
    units = [unit for _, _, unit in sorted(drafts, key=lambda draft: -draft[0])[:EMBEDDED]]
    if not units:
        return {}
    texts = [" ".join(f"{unit.section.heading}. {unit.quote}".split()[:36]) for unit in units]
    near = similarity(question.text, texts)
    return {id(unit): float(value) for unit, value in zip(units, near, strict=True)}


def is_named(question: Question, section: Section) -> bool:
    """Whether the question uses every word of the section's heading."""
    heading = content_stems(section.heading)
    return bool(heading) and section.heading != section.title and all(s in question.weights for s in heading)


def is_below(section: Section, other: Section) -> bool:
    """Whether `section` is a subsection of `other`, at any depth."""
    depth = len(other.breadcrumb)
    return (
        (section.entity, section.path) == (other.entity, other.path)
        and len(section.breadcrumb) > depth
        and section.breadcrumb[:depth] == other.breadcrumb
    )


def _told(question: Question, scored: Sequence[Scored], sections: Sequence[Section]) -> list[Unit]:
    lead = _lead_section(question, scored)
    best = max(entry.score for entry in scored if entry.unit.section is lead)
    own = [entry for entry in scored if entry.unit.section is lead]
    picked: list[Unit] = []
    if question.wants_procedure:
        parts = [section for section in sections if is_below(section, lead)]
        if parts and not any(entry.unit.kind in _DOING for entry in own):
            own += [entry for entry in scored if entry.unit.section in parts]
        if any(entry.unit.kind in _DOING for entry in own):
            _take(
                picked,
                [e for e in own if e.unit.kind in _DOING],
                budget=PROCEDURE_BUDGET,
                sections=1 + len(parts),
            )
            _take(picked, own, budget=max(WORD_BUDGET, min(PROCEDURE_BUDGET, _words(picked) + 40)))
            return _ordered(picked, (lead, *parts))
    _take(picked, [e for e in own if e.score >= _ALIKE * best], budget=WORD_BUDGET)
    _take(
        picked, [e for e in scored if e.score >= _BESIDE * best], budget=WORD_BUDGET, sections=SECTIONS_TOLD
    )
    _take(picked, [e for e in own if e.unit.kind != "row"], budget=max(_words(picked), 60))
    return _ordered(without_loose_ends(picked, picked[0]), (lead,))


def _lead_section(question: Question, scored: Sequence[Scored]) -> Section:
    if question.wants_procedure:
        about = question.covered(context_of(scored[0].unit.section))
        close = [entry for entry in scored if entry.score >= 0.7 * scored[0].score]
        for entry in close:
            # Code that only happens to use the words stands under a heading about something else.
            if entry.unit.kind in _DOING and question.covered(context_of(entry.unit.section)) >= 0.8 * about:
                return entry.unit.section
    return scored[0].unit.section


def _take(picked: list[Unit], entries: Sequence[Scored], *, budget: int, sections: int = 1) -> None:
    """Add units best first while they fit; the first is taken whatever its length."""
    for entry in entries:
        unit = entry.unit
        bundle = [one for one in (unit.lead, unit) if one is not None and one not in picked]
        if unit in picked or (picked and _words(picked) + sum(one.words for one in bundle) > budget):
            continue
        if len({one.section.key for one in (*picked, unit)}) > max(
            sections, len({one.section.key for one in picked})
        ):
            continue
        if any(_same(unit, other) for other in picked):
            continue
        picked.extend(bundle)


def _same(unit: Unit, other: Unit) -> bool:
    return unit.section is not other.section and set(stems(unit.quote)) == set(stems(other.quote))


def _words(units: Sequence[Unit]) -> int:
    return sum(unit.words for unit in units)


def _ordered(units: Sequence[Unit], first: Sequence[Section]) -> list[Unit]:
    order = {section.key: number - len(first) for number, section in enumerate(first)}
    for unit in units:
        order.setdefault(unit.section.key, len(order))
    return sorted(units, key=lambda unit: (order[unit.section.key], unit.start))
