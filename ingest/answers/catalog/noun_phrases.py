"""Noun phrases: names, nouns with their filters, and the noun of a relation or property with what it is of.

`the Feed Ranker service`, `deprecated Go services`, `X's owner`, `dependencies of X`, `lifecycle of X`; with the clauses
that narrow them, which hold noun phrases of their own, so questions nest.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.answers.catalog.clauses import clauses
from ingest.answers.catalog.combining import (
    TYPED_KINDS,
    Found,
    Make,
    made_of_each,
    maker,
    narrowing,
    of_maker,
    reader,
)
from ingest.answers.catalog.expressions import Every, Expression, Having, Named, Values, fitting, kinds_of
from ingest.answers.catalog.filtered import filtered
from ingest.answers.catalog.filters import hinted
from ingest.answers.catalog.phrases import indexed, skip
from ingest.answers.catalog.spoken import nouns_of_properties, relation_nouns

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_DETERMINERS = (
    "one of|whichever|the|a|an|our|all|any|every|each|those|these|this|that|some|my|of the|all of the|all of our|all the"
    "|one of the|list of|a list of|the list of|the set of|whole|entire|full|complete|different|other|various"
    "|registered|existing|known|single|which|what|which of the|which of our|what of the|whatever|your|their"
    "|its|names of|the names of|name of|the name of|kinds of|everyone|folks|the folks in|folks in|people from"
    "|the people in|the kinds of|individual|team called|called|named|complete list of|any of the|those of the"
    "|of our|of|more"
)
_PREPOSITIONS = (
    ".|of|for|in|on|from|to|behind|about|at|belonging to|under|with|associated with|by|within|inside|set on"
    "|attached to|defined on|declared by|assigned to|carried by|are set on"
)
_ANYTHING = "what|whatever|everything|anything|whoever|everyone|those who|everybody"
_LOOSE = 0.3  # what it costs to take the noun of a kind for that of a relation
_FAR = 0.25  # what a clause costs that is about a noun further away


def phrases(g: "Grammar", at: int) -> Iterator[Found]:
    """Noun phrases with all their clauses."""
    for end, cost, core, plain in _cores(g, at):
        if plain:
            yield from narrowed(g, end, cost, core)
            continue
        yield end, cost, core
        # `the members of the team that owns X`: a clause belongs to the noun before it, rather than to the first.
        yield from (found for found in narrowed(g, end, cost + _FAR, core) if found[2] != core)


def narrowed(
    g: "Grammar", at: int, cost: float, base: Expression, *, asking: bool = False
) -> Iterator[Found]:
    """`base` with possessives and clauses after it; `asking` when a question's verb may come before its subject."""
    yield at, cost, base
    for end, more, make in _owned_nouns(g, at, base):
        if (made := make(base)) is not None:
            yield from narrowed(g, end, cost + more, made)
    if not isinstance(base, Named | Values):
        yield from clauses(g, at, cost, base, asking=asking)


def _owned_nouns(g: "Grammar", at: int, base: Expression) -> Iterator[tuple[int, float, Make]]:
    if at < len(g.row.words) and g.row.words[at] == "'s":
        yield from makers(g, at + 1, possessive=True)
    elif isinstance(base, Named):
        for end, cost, make in makers(g, at, possessive=False):
            yield end, cost + 0.2, make


def _cores(g: "Grammar", at: int) -> Iterator[tuple[int, float, Expression, bool]]:
    """Noun phrases without clauses, and whether a clause after them is about them for sure."""
    starts = [at]
    for start in starts:  # grows as it is read
        starts += [end for end, _ in indexed(_DETERMINERS).at(g.row, start) if end not in starts]
    for start in starts:
        for found in (*names(g, start), *filtered(g, start)):
            yield *found, True
        for found in _related_nouns(g, start):
            yield *found, False
        if (end := g.word(start, _ANYTHING)) is not None:
            yield end, 0.2, Every(), True


def names(g: "Grammar", at: int) -> Iterator[Found]:
    """A name, with a word for its kind before or after it."""
    at = skip(g.row, at)
    for mention in g.row.mentions.get(at, ()):
        yield mention.end, mention.cost, mention.named
        for end, kinds in _hints(g, mention.end):
            if (kept := fitting(mention.named, kinds)) is not None:
                yield end, mention.cost + 0.1, kept
    for start, kinds in _hints(g, at):
        for mention in g.row.mentions.get(skip(g.row, g.after(start, "called|named")), ()):
            if (kept := fitting(mention.named, kinds)) is not None:
                yield mention.end, mention.cost + 0.1, kept


def _hints(g: "Grammar", at: int) -> Iterator[tuple[int, frozenset[str]]]:
    at = skip(g.row, at)
    for length in (1, 2):
        if said := hinted(g.row.words[at : at + length]):
            yield at + length, said
    for end, head in g.heads.at(g.row, at):
        kinds = kinds_of(head) or (TYPED_KINDS if isinstance(head, Having) else None)
        if kinds is not None:
            yield end, kinds


def _related_nouns(g: "Grammar", at: int) -> Iterator[Found]:
    """`owner of X`, `tags on X`, `shared dependencies of X and Y`."""
    shared = g.word(at, "shared|common|mutual")
    for end, cost, make in makers(g, at if shared is None else shared, possessive=False):
        place = g.word(end, _PREPOSITIONS if cost < _LOOSE else "of|for|.")
        if place is None and cost < _LOOSE:
            for stop, more, named in names(g, g.after(end, "the|our")):  # `lifecycle X`
                if (made := make(named)) is not None:
                    yield stop, cost + more + 0.4, made
        for stop, more, complement in g.complements(place) if place is not None else ():
            said = complement if shared is None else replace(complement, joint="both")
            if (made := made_of_each(make, said)) is not None:
                yield stop, cost + more, made


def held_in_common(g: "Grammar", at: int) -> Iterator[Found]:
    """`dependencies do X and Y have in common`."""
    for end, cost, make in makers(g, at, possessive=True):
        place = g.word(end, "do|does")
        for stop, more, complement in g.complements(place) if place is not None else ():
            last = g.word(stop, "have in common|share|both have|both share")
            made = made_of_each(make, replace(complement, joint="both"))
            if last is not None and made is not None:
                yield last, cost + more, made


def makers(
    g: "Grammar", at: int, *, possessive: bool, relations_only: bool = False
) -> Iterator[tuple[int, float, Make]]:
    """A noun that makes a set out of another: `owner`, `API dependencies`, `lifecycle`, and `components` of."""
    for end, (relation, side) in relation_nouns().at(g.row, at):
        yield end, 0.0, maker(relation, side)
    for end, one in nouns_of_properties().at(g.row, at):
        yield end, 0.05, reader(one)
    for end, cost, wanted in filtered(g, at):
        for stop, (relation, side) in relation_nouns().at(g.row, end):
            yield stop, cost + 0.2, narrowing(wanted, maker(relation, side))
        if not relations_only:
            yield end, cost + (0.0 if possessive else _LOOSE), of_maker(wanted)
