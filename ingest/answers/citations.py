"""Citations: made from units, grouped so that neighbours share one, and checked against the source."""

import re
from collections.abc import Sequence

from ingest.answers.answer import Citation
from ingest.answers.units import Unit
from ingest.answers.words import content_stems, stems
from ingest.documents import Section

_SUPPORT = 0.34  # share of a sentence's content words that a source sentence must have to carry it


def cite(number: int, section: Section, quote: str) -> Citation:
    """A citation of `section`. Raises `ValueError` when `quote` does not stand in its text."""
    if not quote or quote not in section.text:
        raise ValueError(
            f"the quote {quote[:60]!r} is not in {section.key!r}; quote a contiguous piece of its text"
        )
    return Citation(
        number=number,
        entity=str(section.entity),
        path=section.path,
        anchor=section.anchor,
        heading=section.heading,
        quote=quote,
        revision=section.revision,
        owner=str(section.owner) if section.owner else None,
        modified=section.modified,
    )


def is_verbatim(citation: Citation, text: str) -> bool:
    """Whether the quote still stands, to the letter, in the re-opened section's text."""
    return bool(citation.quote) and citation.quote in text


def quote_of(units: Sequence[Unit]) -> str:
    """One contiguous slice over neighbouring units of one block."""
    return units[0].section.text[units[0].start : units[-1].end]


def support(sentence: str, units: Sequence[Unit]) -> Unit | None:
    """The unit that says what `sentence` says, judged by shared words; None when none says enough of it.

    Every number in the sentence must stand in the unit: numbers are what models get wrong.
    """
    plain = re.sub(r"\[\d+(?:\s*,\s*\d+)*\]", " ", sentence)
    wanted = set(content_stems(plain))
    if not wanted:
        return None
    numbers = {word for word in wanted if word.isdigit()}
    best: tuple[float, Unit | None] = (0.0, None)
    for unit in units:
        found = set(stems(unit.quote)) | set(stems(unit.header))
        share = len(wanted & found) / len(wanted)
        if numbers <= found and share > best[0]:
            best = (share, unit)
    return best[1] if best[0] >= _SUPPORT else None
