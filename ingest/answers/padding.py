"""What stands beside an answer and adds nothing to it: sentences that only point elsewhere, and beginnings without an end."""

import re
from collections.abc import Sequence

from ingest.answers.question import Question
from ingest.answers.units import Unit

_POINTER = re.compile(
    r"^\W*(?:please,? |you can )?(?:"
    r"for (?:more|further|additional|other|full|complete|detailed)\b[^.]{0,80}?\b(?:see|refer|check|visit|read|consult|look)\b|"
    r"(?:see|refer to|check(?: out)?|visit|consult) (?:also )?(?:the|our|this|these|\[|`|<)|"
    r"(?:learn|read|find out) more\b|"
    r"(?:more|further) (?:information|details|examples)\b[^.]{0,60}\b(?:found|see|available)\b)",
    re.IGNORECASE,
)
_WANTS_A_PLACE = re.compile(
    r"\b(?:where|which page|links?|docs?|documentation|documented|pages?|guides?|references?|read(?:ing)?|more|see)\b",
    re.IGNORECASE,
)
_SHORT = 40  # words; a longer sentence says something besides where to look


def only_points_elsewhere(question: Question, unit: Unit) -> bool:
    """Whether a unit tells just where else to look, and that was not asked."""
    return (
        unit.kind in ("sentence", "item")
        and unit.words <= _SHORT
        and _POINTER.match(unit.quote) is not None
        and _WANTS_A_PLACE.search(question.text) is None
    )


def without_loose_ends(units: Sequence[Unit], best: Unit) -> list[Unit]:
    """Without sentences that introduce, by a colon, what is not told; `best` stays, as it was chosen for what it says."""
    introducing = [unit.lead for unit in units if unit.lead is not None]
    return [
        unit
        for unit in units
        if unit == best
        or unit.kind != "sentence"
        or not unit.quote.rstrip("*_ \n").endswith(":")
        or unit in introducing
    ]
