"""What a question asks for, read from its words: which terms carry it, and what shape of answer fits."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log

from ingest.answers.words import content_stems

_HOW_TO = re.compile(
    r"\bhow (?:do|does|can|could|should|would|to|must|might|may)\b(?! .{0,30}\b(?:work|relate|differ|decided?)\b)|"
    r"\bhow (?:is|are) .{1,60}\b(?:ed|done|run|built|set up)\b|"
    r"\bwhat (?:do|should|must|can) (?:i|we|you|one)\b.{0,20}\bdo\b|\bwhat (?:is|are) the (?:steps|procedure|command)|"
    r"\b(?:steps|procedure|commands?|instructions|runbook) (?:to|for)\b|\bwhat to do\b|\bwalk me through\b|"
    r"^(?:restart|roll ?back|deploy|install|set ?up|create|add|rotate|resume|drain|debug|fix|configure|run|recover)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\bhow (?:many|much|long|often|soon|far|old|big|large|fast|late|early|high|low)\b|\bwhen\b|\bwhat (?:is|are) the "
    r"(?:\w+[ -]){0,3}(?:ttl|limit|timeout|deadline|default|threshold|size|rate|number|budget|port|maximum|minimum|"
    r"interval|period|ratio|share|percentage|retention|version|value)s?\b|\b(?:which|what) (?:port|version|value|"
    r"weekday|day|time|number|date|percentage)\b|\bat (?:which|what)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"^\W*(?:who|whom|whose)\b|\bwho (?:is|are|may|can|should|decides|do)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """`weights` maps each content stem to its rarity in the corpus (idf); `unknown` are stems no section has,
    `subject` those of the names of entities: that a page is about the right thing does not make it an answer."""

    text: str
    weights: Mapping[str, float]
    unknown: frozenset[str]
    subject: frozenset[str]
    wants_procedure: bool
    wants_amount: bool
    wants_person: bool

    @property
    def mass(self) -> float:
        """The sum of all weights: what full coverage would score."""
        return sum(self.weights.values()) or 1.0

    def covered(self, found: frozenset[str]) -> float:
        """The share of the mass that the stems in `found` cover, 0..1."""
        return sum(weight for stem, weight in self.weights.items() if stem in found) / self.mass

    def covered_aspect(self, found: frozenset[str]) -> float:
        """As `covered`, of what is asked about the subject alone; 1 when nothing but the subject is named."""
        aspect = {stem: weight for stem, weight in self.weights.items() if stem not in self.subject}
        if not aspect:
            return 1.0
        return sum(weight for stem, weight in aspect.items() if stem in found) / sum(aspect.values())


def read_question(
    text: str,
    *,
    document_frequency: Callable[[str], int],
    documents: int,
    subject: frozenset[str] = frozenset(),
) -> Question:
    """Weigh the question's words by how rare they are among `documents` sections."""
    frequencies = {stem: document_frequency(stem) for stem in content_stems(text)}
    return Question(
        text=text,
        weights={stem: log(1 + documents / (count + 0.5)) for stem, count in frequencies.items()},
        unknown=frozenset(stem for stem, count in frequencies.items() if count == 0),
        subject=subject,
        wants_procedure=_HOW_TO.search(text) is not None,
        wants_amount=_AMOUNT.search(text) is not None,
        wants_person=_PERSON.search(text) is not None,
    )
