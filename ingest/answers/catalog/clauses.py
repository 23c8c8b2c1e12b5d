"""Clauses that narrow a noun: `that X owns`, `owned by X`, `on which X depends`, and in a question `does X own`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.attributes import attribute, with_or_without
from ingest.answers.catalog.combining import TOGETHER, Found, as_object, made_of_each, of_maker, related
from ingest.answers.catalog.expressions import Both, Either, Every, Expression, Named, Values
from ingest.answers.catalog.named_as import named_as
from ingest.answers.catalog.phrases import match, skip
from ingest.answers.catalog.predicates import Predicate
from ingest.answers.catalog.spoken import predicate_forms, stranding
from ingest.answers.catalog.whose import whose_clause

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_RELATIVES = "that|which|who|whom|where"
_BE = "is|are|was|were|be|being|been|gets|get|becomes|remain|stay"
_THE_ONES = "the|those|those that are|ones|those in|the ones in|anything|those which are"
_PREPOSITIONS = ("on", "for", "to", "in", "by", "of", "under", "upon", "with")
_TO_RUN = "in order to run|in order to work|to run|to work|to function|to be up"
_HAVING = "have|has|contain|have beneath it|have under it|have below it|have underneath it|have beneath them|have in it"
_DO = "do|does|did|can|could|may|might|would|will|must|should"


def clauses(g: "Grammar", at: int, cost: float, base: Expression, *, asking: bool) -> Iterator[Found]:
    """`base` narrowed by one clause or several."""
    for end, more, first in clause(g, at, base, asking=asking):
        yield end, cost + more, first
        yield from clauses(g, end, cost + more + 0.06, first, asking=asking)
        if (other := g.word(end, ", and|, but|and|but|,|and also|as well as")) is not None:
            yield from clauses(g, other, cost + more, first, asking=asking)
        if (other := g.word(end, ", or|or|or else")) is not None:
            for stop, extra, second in clause(g, other, base, asking=asking):
                yield stop, cost + more + extra, Either(first, second)


def clause(g: "Grammar", at: int, base: Expression, *, asking: bool = False) -> Iterator[Found]:
    """`base` narrowed by one clause."""
    relative = g.word(at, _RELATIVES)
    for start in (at,) if relative is None else (at, relative):
        yield from _subject_clause(g, start, base)
        # `component X uses` is rather the component X and what it uses than the components that X uses.
        bare = 0.35 if start == at and base != Every() else 0.0
        for end, cost, found in _object_clause(g, start, base):
            yield end, cost + bare, found
    yield from _fronted(g, at, base)
    yield from whose_clause(g, at, base)
    yield from _among(g, at, base)
    yield from named_as(g, at, base)
    if asking:
        yield from _inverted(g, at, base)


def _among(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    start = g.word(at, "among|amongst|that are among|out of|which are among")
    for end, cost, one in g.noun_phrase(start) if start is not None else ():
        if not isinstance(one, Named | Values | Every):
            yield end, cost, Both(base, one)


def _subject_clause(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """`(that) owns X`, `does not own X`, `is owned by X`, `owned by X`, `is deprecated`, `has no owner`."""
    for start, form, negated in _verb_starts(g, at):
        for end, predicate in predicate_forms().at(g.row, start):
            if predicate.form == form:
                yield from _linked(g, end, base, predicate, negated=negated)
        if form in {"state", "bare"}:
            yield from attribute(g, start, base, negated=negated, after_be=form == "state")
    yield from with_or_without(g, at, base)


def _verb_starts(g: "Grammar", at: int) -> Iterator[tuple[int, str, bool]]:
    """Where a predicate may stand, in which form, and whether it was negated."""
    yield at, "finite", False
    yield at, "bare", False
    if (after := g.word(at, "not|excluding|except|other than|except for|but not")) is not None:
        yield after, "bare", True
        yield g.after(after, _THE_ONES), "bare", True
    for words, form in ((_DO, "base"), (_BE, "state")):
        if (after := g.word(at, words)) is not None:
            after = g.after(after, "being")
            yield after, form, False
            if (
                denied := g.word(after, "not|no longer|never|anything but|anything other than|other than")
            ) is not None:
                yield denied, form, True


def _linked(
    g: "Grammar", at: int, base: Expression, predicate: Predicate, *, negated: bool
) -> Iterator[Found]:
    """`base` narrowed by a predicate and its complement, and by further ones (`on A but not on B`)."""
    for end, cost, complement in g.complements(at):
        found = related(base, predicate.relation, predicate.subject, complement, negated=negated)
        if found is None:
            continue
        yield g.after(end, _TO_RUN), cost, found
        joint = g.word(end, "and|but|, but|, and|but also|as well as")
        if joint is None:
            continue
        denied = g.word(joint, "not")
        place = denied if denied is not None else joint
        place = g.after(place, "on|by|to|upon|of|in|from")
        for stop, more, second in g.complements(place):
            turned = negated != (denied is not None)
            again = related(found, predicate.relation, predicate.subject, second, negated=turned)
            if again is not None and (denied is not None or predicate.relation.name in TOGETHER):
                yield stop, cost + more, again


def _object_clause(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """`(that) X owns`, `X is owned by`, `X does not depend on`, `nothing depends on`."""
    for end, cost, subject in g.complements(at):
        both = g.word(end, "both|all")
        for start, form, negated in _verb_starts(g, both or end):
            for stop, predicate in predicate_forms().at(g.row, start):
                found = as_object(base, predicate, subject, negated=negated, both=both is not None)
                if predicate.form == form != "bare" and found is not None:
                    yield stop, cost, found


def _inverted(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """`does X own`, `is X owned by`, `does X have`: the verb of a question stands before its subject."""
    for words, form in ((_DO, "base"), (_BE, "state")):
        start = g.word(at, words)
        for end, cost, subject in g.complements(start) if start is not None else ():
            both = g.word(end, "both|all")
            denied = g.word(both or end, "not")
            for stop, predicate in predicate_forms().at(g.row, denied or both or end):
                found = as_object(base, predicate, subject, negated=denied is not None, both=both is not None)
                if predicate.form == form and found is not None:
                    yield (
                        g.after(stop, f"as|{_TO_RUN}"),
                        cost,
                        found,
                    )
            last, made = g.word(end, _HAVING), made_of_each(of_maker(base), subject)
            if form == "base" and last is not None and made is not None:
                yield last, cost + 0.1, made


def _fronted(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """`on which X depends`, `for which X is responsible`, `to which X belongs`."""
    for preposition in _PREPOSITIONS:
        start = g.word(at, f"{preposition} which|{preposition} whom")
        for end, cost, subject in g.complements(start) if start is not None else ():
            for place, form, negated in _verb_starts(g, end):
                for stop, predicate in stranded(g, place, preposition):
                    found = as_object(base, predicate, subject, negated=negated, both=False)
                    if predicate.form == form and found is not None:
                        yield stop, cost, found


def stranded(g: "Grammar", at: int, preposition: str) -> Iterator[tuple[int, Predicate]]:
    """Predicates whose last word, `preposition`, stands at the front of the question instead."""
    for phrase, predicate in stranding(preposition):
        if phrase:
            end = match(g.row, skip(g.row, at), phrase)
            if end is not None:
                yield end, predicate
        else:
            yield at, predicate
