"""What a clause links to: noun phrases joined by `and` or `or`, and `nothing`, `anyone`, `any system`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Complement
from ingest.answers.catalog.expressions import Every, Expression, Values
from ingest.answers.catalog.spoken import relation_nouns

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_NOBODY = "nothing|nobody|none|noone"
_ANYBODY = "anything|anybody|anyone|something|someone|somebody|everything|everybody|any|some|others"
_JOINTS = (
    (", and|and|as well as|and of|and also|and the|and by|and for", "and"),
    (", or|or|or of|or by|or to|or in|or on", "or"),
    (",", ""),
)
_SOME = (("no|none of the|no other", True), ("any|a|an|some|at least one|another", False))


def complements(g: "Grammar", at: int) -> Iterator[tuple[int, float, Complement]]:
    """All that a clause may link to."""
    yield from _quantified(g, at)
    both, either = g.word(at, "both"), g.word(at, "either")
    start = both or either or at
    for end, cost, first in g.noun_phrase(start):
        if isinstance(first, Values):
            continue
        yield end, cost, Complement((first,))
        for stop, more, rest, joint in _further(g, end):
            if any(isinstance(part, Every) for part in (first, *rest)):
                continue  # `components and resources that …`: the clause is about both, see `filtered`
            said = "both" if both is not None else "or" if either is not None else joint
            yield stop, cost + more, Complement((first, *rest), said)
            if (last := g.word(stop, "both|together|at once")) is not None:
                yield last, cost + more, Complement((first, *rest), "both")


def _further(g: "Grammar", at: int) -> Iterator[tuple[int, float, tuple[Expression, ...], str]]:
    for words, joint in _JOINTS:
        start = g.word(at, words)
        for end, cost, one in g.noun_phrase(start) if start is not None else ():
            if isinstance(one, Values):
                continue
            if joint:
                yield end, cost, (one,), joint
            for stop, more, rest, last in _further(g, end):
                yield stop, cost + more, (one, *rest), last


def _quantified(g: "Grammar", at: int) -> Iterator[tuple[int, float, Complement]]:
    if (end := g.word(at, f"{_NOBODY}|no one|not anything|not anyone")) is not None:
        yield g.after(end, "else|at all"), 0.0, Complement(nothing=True)
    if (end := g.word(at, f"{_ANYBODY}|at least one thing")) is not None:
        yield g.after(end, "else|at all"), 0.3, Complement(nothing=False)
    for words, nothing in _SOME:
        if (start := g.word(at, words)) is None:
            continue
        for end, head in g.heads.at(g.row, start):
            if isinstance(head, Every):
                yield end, 0.1, Complement(nothing=nothing, kind=head.kind)
        for end, (relation, side) in relation_nouns().at(g.row, start):
            kinds = relation.kinds(side)
            yield end, 0.2, Complement(nothing=nothing, kind=next(iter(kinds)) if len(kinds) == 1 else None)
