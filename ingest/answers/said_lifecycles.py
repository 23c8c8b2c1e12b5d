"""Where prose says of an entity that it is on its way out, or in use, and the catalog says otherwise.

"feed-ranker is deprecated", "this service has been retired", as a fact about what is named right before it. What is
conditional, asked, or said of something else is no statement. Found by rule, without a model.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.answers.units import Unit
from ingest.documents import SectionKind
from ingest.entities import Entity

_WORDS = {
    "deprecated": "retired", "retired": "retired", "obsolete": "retired", "decommissioned": "retired", "sunset": "retired",
    "end of life": "retired", "eol": "retired",
    "experimental": "experimental", "production": "production", "in production": "production", "production ready": "production",
}  # fmt: skip
_SAYS = re.compile(
    r"(?<!\s)\s+(?P<verb>is|are|was|has been|have been)\s+(?:(?:now|already|officially|formally|still|currently)\s+)*"
    r"(?P<said>deprecated|retired|obsolete|decommissioned|sunset|end[- ]of[- ]life|EOL|experimental|in production|production[- ]ready)\b"
    r"(?!\s+(?:for|by|when|if|unless)\b)",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|when|once|whether|until|unless|before|after|while|because|not|no longer)\b", re.I
)
_CLAUSE = re.compile(r"[.;:()\n]|,\s")
_AROUND = re.compile(r"[`*_\"'’“”\s]+")
_ASKS = re.compile(
    r"\b(?:life ?cycle|deprecat\w*|retired?|obsolete|decommission\w*|sunset|end[- ]of[- ]life|eol|experimental|"
    r"in production|production[- ]ready|how (?:mature|stable)|stage)\b",
    re.IGNORECASE,
)
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class SaidLifecycle:
    """`unit` says that `entity` is `said`, a word for another lifecycle than the catalog has."""

    unit: Unit
    entity: Entity
    said: str


def asks_for_lifecycle(question: str) -> bool:
    """Whether the question is about something being in use or on its way out."""
    return _ASKS.search(question) is not None


def said_otherwise(units: Iterable[Unit], entity: Entity) -> SaidLifecycle | None:
    """The first of `units` that contradicts the catalog's lifecycle of `entity`; None also when that has none."""
    known = _meaning(entity.lifecycle or "")
    if known is None:
        return None
    for unit in units:
        if unit.kind in ("sentence", "item") and unit.section.kind is not SectionKind.ENTITY:
            for said in _said_of(entity, unit):
                if _meaning(said) != known:
                    return SaidLifecycle(unit, entity, said)
    return None


def _said_of(entity: Entity, unit: Unit) -> Iterator[str]:
    text = unit.quote
    for match in _SAYS.finditer(text):
        clause = _CLAUSE.split(text[max(0, match.start() - _LONGEST_NAME) : match.start()])[-1]
        asks = text[match.end() :].lstrip("`*_\"' ").startswith("?")
        is_past = match["verb"].lower() == "was" and _meaning(match["said"]) != "retired"
        if not asks and not is_past and _CONDITION.search(clause) is None and _is_named(entity, clause, unit):
            yield re.sub(r"\s+", " ", match["said"])


def _meaning(written: str) -> str | None:
    return _WORDS.get(re.sub(r"[-\s]+", " ", written.lower()))


def _is_named(entity: Entity, clause: str, unit: Unit) -> bool:
    """Whether the clause is the entity's name alone, with a word for its kind; `this service` on pages of its own."""
    subject = _AROUND.sub(" ", clause).strip().lower()
    kind = re.escape((entity.type or entity.ref.kind).lower())
    nouns = rf"(?:{re.escape(entity.ref.kind)}|{kind}|service|component|library|website|system|model|job|pipeline|api|resource)"
    if unit.section.entity == entity.ref and re.fullmatch(rf"(?:this {nouns}|it)", subject):
        return True
    names = "|".join(
        re.escape(name.lower()).replace(r"\-", r"[-\ ]") for name in {entity.ref.name, entity.title} if name
    )
    lead = r"(?:(?:please )?note(?: that)?|also|today|since \w+|and|but|the|our|old|legacy|\d{4}|[-*+]|\s)*"
    return re.fullmatch(rf"{lead}(?:{nouns} )?(?:{names})(?: {nouns})?", subject) is not None
