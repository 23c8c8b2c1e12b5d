"""A row of words as a whole question, and the words that any question may be made of."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ingest.answers.catalog.asked_values import property_questions
from ingest.answers.catalog.checks import AUXILIARIES, checks, declared
from ingest.answers.catalog.counts import COUNTS, counted, fronted_counts, sizes
from ingest.answers.catalog.expressions import Listing, Meaning
from ingest.answers.catalog.openings import PREFIXES, SUFFIXES, is_end, starts
from ingest.answers.catalog.phrases import FILLERS, indexed
from ingest.answers.catalog.sets import WH, asked_sets, sets
from ingest.answers.catalog.shape_table import shapes
from ingest.answers.catalog.shapes import shaped
from ingest.answers.catalog.spoken import spoken_words

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_ASKING_IN_ONE = (
    "list show all every exist exists there have each name give enumerate find get display listing overview"
)
_ASKING = frozenset(_ASKING_IN_ONE.split())
#: Words that the rules of this package hold, beside those of its tables.
_OTHER_WORDS = (
    "among amongst another bear bearing bears big both browse carried carry carrying classified clone common "
    "complete considered correct declare declared declares either entire equal every except excluding "
    "existing fact flagged folks full function given heading houses individual job keep lack lacking lacks "
    "large leading located marked miss mutual named never nobody non- none noone nothing or order orphan "
    "orphaned ownerless place put remain reside resides set share shared single size sort stable stay stored "
    "stores thing true typed underneath unowned unused various wear whichever whole yes your 's among amongst "
)
Reading = tuple[float, Meaning]


def readings(g: "Grammar") -> Iterator[Reading]:
    """Every meaning that the row may have as a whole, with its cost."""
    for start in starts(g, 0):
        for end, cost, meaning in _meanings(g, start):
            if is_end(g, end):
                yield cost, meaning


def _meanings(g: "Grammar", at: int) -> Iterator[tuple[int, float, Meaning]]:
    for end, cost, found in sets(g, at):
        yield end, cost, Listing(found)
    for start, _ in indexed(COUNTS).at(g.row, at):
        for end, cost, found in counted(g, g.after(start, "the|all|all the|our|of the|of our")):
            yield end, cost, Listing(found, counted=True)
    for start, preposition in fronted_counts(g, at):
        for end, cost, found in asked_sets(g, start, preposition):
            yield end, cost, Listing(found, counted=True)
    yield from sizes(g, at)
    yield from checks(g, at)
    yield from declared(g, at)
    yield from property_questions(g, at)
    yield from shaped(g, at)


def wants_all(row_words: tuple[str, ...]) -> bool:
    """Whether a question for a bare kind asks to list it."""
    return bool(_ASKING & set(row_words))


@cache
def known_words() -> frozenset[str]:
    """Every word that a question may hold beside names: no reading explains another."""
    phrases = [words for shape in shapes() for _, words, _ in shape.pieces]
    phrases += [PREFIXES, SUFFIXES, COUNTS, WH, AUXILIARIES, _OTHER_WORDS]
    words = (word for phrase in phrases for word in phrase.replace("|", " ").split())
    return spoken_words() | FILLERS | frozenset(words)
