"""Clauses with as: `have G as their owner`, `list X as a dependency`, `carry go as a tag`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Found, other_side, related, wrapper
from ingest.answers.catalog.expressions import FIELDS, Expression
from ingest.answers.catalog.filtered import field_values
from ingest.answers.catalog.spoken import relation_nouns

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_NAMING = "are using|is using|have|has|having|list|lists|listing|name|names|use|uses|using|with|carry|carries|declare|declares|do use|show"
_AS = "as|as a|as an|as the|as their|as its|as one of their|as one of its"


def named_as(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """Those of `base` that have what is named in that role."""
    start = g.word(g.after(at, "that|which|who"), _NAMING)
    for end, cost, complement in g.complements(start) if start is not None else ():
        place = g.word(end, _AS)
        for stop, (relation, side) in relation_nouns().at(g.row, place) if place is not None else ():
            found = related(base, relation, other_side(side), complement, negated=False)
            if found is not None:
                yield stop, cost, found
    for field in FIELDS:
        for end, values in field_values(g, start, field) if start is not None else ():
            last = g.word(
                end, "|".join(f"{words} {noun}" for words in _AS.split("|") for noun in (field, "label"))
            )
            wrapped = wrapper(field, values, False)(base)
            if last is not None and wrapped is not None:
                yield last, 0.0, wrapped
