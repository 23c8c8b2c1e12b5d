"""Nouns for kinds and types with adjectives before them: `deprecated Go services`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Found, wrapper
from ingest.answers.catalog.expressions import (
    FIELDS,
    Either,
    Expression,
    Field,
    Linked,
    fitting,
    is_of_kind,
    kinds_of,
)
from ingest.answers.catalog.phrases import skip
from ingest.answers.catalog.relations import BY_NAME

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_RATHER_A_NAME = 0.6
UNOWNED = "unowned|ownerless|orphaned|orphan"


def filtered(g: "Grammar", at: int) -> Iterator[Found]:
    """A noun for a kind or type with adjectives before it: `deprecated Go services`."""
    for end, head in g.heads.at(g.row, at):
        yield end, _RATHER_A_NAME if _is_name(g, at, end) else 0.0, head
        yield from _several(g, end, head)
    for words, name in ((UNOWNED, "own"), ("unused", "use")):
        after = g.word(at, words)
        for stop, cost, base in filtered(g, after) if after is not None else ():
            relation = BY_NAME["consume" if name == "use" and is_of_kind(base, "api") else name]
            if (fit := fitting(base, relation.objects)) is not None:
                yield stop, cost, Linked(fit, relation, "doer", negated=True)
    for end, adjective in _adjectives(g, at):
        slack = 0.1 + (_RATHER_A_NAME if _is_name(g, at, end) else 0.0)
        for stop, cost, base in filtered(g, end):
            if (
                g.vocabulary.is_borne(adjective.field, adjective.values, kinds_of(base))
                and (wrapped := wrapper(adjective.field, adjective.values, adjective.negated)(base))
                is not None
            ):
                yield stop, cost + slack, wrapped


def _is_name(g: "Grammar", at: int, end: int) -> bool:
    """Whether an entity is called what these words say."""
    return any(one.end == end for one in g.row.mentions.get(skip(g.row, at), ()))


def _several(g: "Grammar", at: int, first: Expression) -> Iterator[Found]:
    """`components, APIs and resources`."""
    joint = g.word(at, "and|or|,|, and|, or")
    for end, head in g.heads.at(g.row, g.after(joint, "other")) if joint is not None else ():
        yield end, 0.05, Either(first, head)
        yield from _several(g, end, Either(first, head))


@dataclass(frozen=True, slots=True)
class _Adjective:
    """Values of a field said before a noun, as in `non-production`."""

    field: Field
    values: tuple[str, ...]
    negated: bool


def _adjectives(g: "Grammar", at: int) -> Iterator[tuple[int, _Adjective]]:
    negation = g.word(at, "non|not|non-")
    start = negation if negation is not None else at
    for field in FIELDS:
        for end, values in field_values(g, start, field):
            yield g.after(end, "tagged"), _Adjective(field, values, negation is not None)


def field_values(g: "Grammar", at: int, field: Field) -> Iterator[tuple[int, tuple[str, ...]]]:
    """One or several values of a field: `experimental or deprecated`."""
    for end, value in _value(g, at, field):
        yield end, (value,)
        if (after := g.word(end, ", or|, and|or|and|,|or in|and in")) is not None:
            for stop, more in field_values(g, after, field):
                yield stop, (value, *more)


def _value(g: "Grammar", at: int, field: Field) -> Iterator[tuple[int, str]]:
    at = skip(g.row, at)
    key = ""
    for end in range(at + 1, min(at + 5, len(g.row.words) + 1)):
        if g.row.words[end - 1] in {",", ".", "'s"}:
            return
        key += g.row.words[end - 1]
        value = g.vocabulary.values[field].get(key)
        if value is not None and (end == len(g.row.words) or g.row.loose[end] or field == "tag"):
            yield end, value
