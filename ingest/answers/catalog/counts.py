"""Questions for a number: `how many components does X own`, `size of the team X`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Found
from ingest.answers.catalog.expressions import Listing, Meaning, Named, Step, fitting
from ingest.answers.catalog.filtered import filtered
from ingest.answers.catalog.noun_phrases import makers
from ingest.answers.catalog.relations import BY_NAME
from ingest.answers.catalog.sets import asked, sets

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

COUNTS = (
    "how many|number of|the number of|count|count of|the count of|count all|total number of"
    "|the total number of|what number of|how many of|total count of|count up|the total count of|amount of"
    "|the amount of|tally|total|quantity of"
)
_SIZE = (
    "size of|the size of|how big is|how large is|headcount of|what is the size of|team size of|how many are in"
    "|how many are on"
)


def counted(g: "Grammar", at: int) -> Iterator[Found]:
    """What is counted, after the words that ask for a number."""
    yield from sets(g, at)
    for end, cost, base in filtered(g, at):
        yield from asked(g, end, cost, base)
    for end, cost, make in makers(g, at, possessive=False):
        place = g.word(
            end, "does|do|has|have|are on|are set on|are there|are there for|are there in|are there on"
        )
        if place is not None:
            for stop, more, subject in g.noun_phrase(place):
                if (made := make(subject)) is not None:
                    yield g.after(stop, "have|has|carry|contain|got"), cost + more, made


def fronted_counts(g: "Grammar", at: int) -> Iterator[tuple[int, str]]:
    """`on how many (entities does X depend)`, with the preposition."""
    for preposition in ("on", "by", "for", "to", "in", "of", "from"):
        if (start := g.word(at, f"{preposition} how many")) is not None:
            yield start, preposition


def sizes(g: "Grammar", at: int) -> Iterator[tuple[int, float, Meaning]]:
    """`size of the team X`, `how big is X`, `components count`."""
    start = g.word(at, _SIZE)
    for end, cost, one in g.noun_phrase(start) if start is not None else ():
        for name in ("member", "contain"):
            fit = fitting(one, BY_NAME[name].doers - {"component"}) if isinstance(one, Named) else None
            if fit is not None:
                yield end, cost, Listing(Step(BY_NAME[name], "object", fit), counted=True)
    for end, cost, one in g.noun_phrase(at):
        place = g.word(end, "count|total|how many")
        if place is not None and not isinstance(one, Named):
            yield place, cost, Listing(one, counted=True)
