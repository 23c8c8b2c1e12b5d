"""Questions that are no plain set, matched against the table of shapes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.answers.catalog.builds import BUILD, Slots
from ingest.answers.catalog.expressions import Every, Meaning, Values
from ingest.answers.catalog.filtered import filtered
from ingest.answers.catalog.noun_phrases import makers
from ingest.answers.catalog.phrases import indexed
from ingest.answers.catalog.shape_table import Shape, shapes
from ingest.answers.catalog.spoken import predicate_forms

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar


def shaped(g: "Grammar", at: int) -> Iterator[tuple[int, float, Meaning]]:
    """What the words from here on mean by any shape."""
    for shape in shapes():
        for end, cost, slots in _matched(g, shape, 0, at, {}):
            if (meaning := BUILD[shape.name](slots)) is not None:
                yield end, cost, meaning


def _matched(
    g: "Grammar", shape: Shape, piece: int, at: int, slots: Slots
) -> Iterator[tuple[int, float, Slots]]:
    if piece == len(shape.pieces):
        yield at, 0.0, slots
        return
    kind, words, optional = shape.pieces[piece]
    if kind == "words":
        for end, _ in indexed(words).at(g.row, at):
            yield from _matched(g, shape, piece + 1, end, slots)
        if optional:
            yield from _matched(g, shape, piece + 1, at, slots)
        return
    for end, cost, value in _slot(g, kind, at):
        for stop, more, found in _matched(g, shape, piece + 1, end, {**slots, kind: value}):
            yield stop, cost + more, found


def _slot(g: "Grammar", kind: str, at: int) -> Iterator[tuple[int, float, Any]]:
    if kind in {"X", "Y"}:
        yield from (found for found in g.noun_phrase(at) if not isinstance(found[2], Values | Every))
    elif kind in {"N", "M"}:
        yield from filtered(g, g.after(at, "the|of the|all|our|other|of our"))
    elif kind == "R":
        yield from makers(g, at, possessive=True, relations_only=True)
    else:
        yield from ((end, 0.0, predicate) for end, predicate in predicate_forms().at(g.row, at))
