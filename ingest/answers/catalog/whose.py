"""Clauses with whose: `whose lifecycle is experimental`, `whose owner is X`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Found, of_kinds, other_side, related, wrapper
from ingest.answers.catalog.expressions import Expression, Field
from ingest.answers.catalog.filtered import field_values
from ingest.answers.catalog.spoken import nouns_of_properties, relation_nouns

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

#: Properties that filters know, with their fields.
VALUE_FIELDS: dict[str, Field] = {"lifecycle": "lifecycle", "type": "type", "tags": "tag"}


def whose_clause(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """Those of `base` whose own property or relative is as said."""
    start = g.word(at, "whose|where the|where")
    if start is None:
        return
    yield from _value_is(g, start, base)
    nouns = [(end, relation, side, 0.0) for end, (relation, side) in relation_nouns().at(g.row, start)]
    nouns += [
        (end, relation, side, 0.1)
        for end, head in g.heads.at(g.row, start)
        for relation, side in of_kinds(head, base)
    ]
    for end, relation, side, slack in nouns:
        place = g.word(end, "is not|are not|is|are|include")
        for stop, cost, complement in g.complements(place) if place is not None else ():
            negated = "not" in g.row.words[end:place]
            found = related(base, relation, other_side(side), complement, negated=negated)
            if found is not None:
                yield stop, cost + slack, found


def _value_is(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    for end, one in nouns_of_properties().at(g.row, at):
        place = g.word(end, "is not|are not|is|are")
        if place is None or one.name not in VALUE_FIELDS:
            continue
        negated, field = "not" in g.row.words[end:place], VALUE_FIELDS[one.name]
        for stop, values in field_values(g, g.after(place, "either|in"), field):
            wrapped = wrapper(field, values, negated)(base)
            if wrapped is not None:
                yield stop, 0.0, wrapped
