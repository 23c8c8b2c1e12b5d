"""What speaks for and against an answer: figures that are read from the question, what was chosen, and what was found.

No one of them tells an answerable question from one that the docs do not answer; together they do so well enough
(`ingest.answers.confidence`). All lie between 0 and 1, or nearly.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log

from ingest.answers.answer import Hit
from ingest.answers.choose import Choice, context_of
from ingest.answers.question import Question
from ingest.answers.words import content_stems, stems
from ingest.documents import Section

_NEAR = 4  # stems between which two words of a question count as standing together
_DEEP = 6
_IDENTIFIER = re.compile(
    # Each looks back, so that a long word is tried once and not from each of its letters.
    r"--?[a-z][\w-]+|(?<!\w)\w+(?:[._/]\w+)+|(?<![a-z])[a-z]+[A-Z]\w*|(?<![A-Z])[A-Z]+[a-z]+[A-Z]\w*|[A-Z]{2,}\w*|"
    r"(?<!\w)\w*\d\w*"
)
_PROPER = re.compile(r"(?<=[a-z,;:)] )[A-Z][a-z]+\w*")


def evidence(question: Question, choice: Choice, hits: Sequence[Hit]) -> Mapping[str, float]:
    """The figures by name; empty when there is nothing to show."""
    if not choice.units:
        return {}
    lead = choice.units[0].section
    told = frozenset(stem for unit in choice.units for stem in stems(unit.quote)) | context_of(lead)
    whole = frozenset(stems(lead.text)) | context_of(lead)
    around = whole.union(*(stems(hit.section.text) for hit in hits[:_DEEP]))
    aspect = question.covered_aspect(told)
    nears = sorted((scored.similarity for scored in choice.ranked), reverse=True)
    return {
        "aspect": aspect,
        "aspect_squared": aspect**2,
        "section": question.covered(whole),
        "section_has_all": float(question.weights.keys() <= whole),
        "found": question.covered(around),
        "heading": question.covered(frozenset(stems(" ".join((lead.heading, lead.title))))),
        "unknown": question.covered(question.unknown),
        "rarest_missing": _rarest(question, whole),
        "rarest_nowhere": _rarest(question, around),
        "together": _together(question.text, lead),
        "names_missing": _names_missing(question, whole),
        "names_nowhere": _names_missing(question, around),
        "nearness": max(nears[0], 0.0),
        "lead_nearness": max(choice.similarity, 0.0),
        "next_nearness": max(nears[min(2, len(nears) - 1)], 0.0),
        "margin": _margin(choice),
        "agreement": _agreement(lead, hits),
        "length": log(1 + len(question.weights)) / 3,
    }


def _rarest(question: Question, found: frozenset[str]) -> float:
    """How rare the rarest word is that is missing, against the rarest of all."""
    most = max(question.weights.values(), default=0.0)
    missing = max((weight for stem, weight in question.weights.items() if stem not in found), default=0.0)
    return missing / most if most else 0.0


def _together(text: str, section: Section) -> float:
    """The share of neighbouring words of the question that stand near each other in the section."""
    pairs = list(pairwise(content_stems(text)))
    if not pairs:
        return 1.0
    places: dict[str, list[int]] = {}
    for at, stem in enumerate(stems(f"{section.heading} {section.text}")):
        places.setdefault(stem, []).append(at)
    near = sum(
        any(abs(one - other) <= _NEAR for one in places.get(first, ()) for other in places.get(second, ()))
        for first, second in pairs
    )
    return near / len(pairs)


def _names_missing(question: Question, found: frozenset[str]) -> float:
    """The share of names (flags, identifiers, words written large inside a sentence) that are not there."""
    names = [*_IDENTIFIER.findall(question.text), *_PROPER.findall(question.text)]
    known = [stem_set for name in names if (stem_set := frozenset(content_stems(name)))]
    if not known:
        return 0.0
    return sum(not stem_set <= found for stem_set in known) / len(known)


def _margin(choice: Choice) -> float:
    """How far the best piece is ahead of the best of another page."""
    best = choice.ranked[0]
    page = (best.unit.section.entity, best.unit.section.path)
    other = next((s for s in choice.ranked if (s.unit.section.entity, s.unit.section.path) != page), None)
    return 1.0 if other is None or best.score <= 0 else 1.0 - max(other.score, 0.0) / best.score


def _agreement(lead: Section, hits: Sequence[Hit]) -> float:
    """The share of the first hits that are of the lead's page."""
    first = hits[:5]
    return sum((hit.section.entity, hit.section.path) == (lead.entity, lead.path) for hit in first) / max(
        len(first), 1
    )
