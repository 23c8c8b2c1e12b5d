"""Questions for yes or no: `does X depend on Y`, `is X deprecated`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.attributes import attribute, with_or_without
from ingest.answers.catalog.combining import Complement, other_side, related
from ingest.answers.catalog.expressions import (
    Check,
    Every,
    Expression,
    Having,
    Linked,
    Listing,
    Meaning,
    Named,
    Step,
    Values,
    fitting,
    is_filter,
    kinds_of,
)
from ingest.answers.catalog.filtered import field_values, filtered
from ingest.answers.catalog.noun_phrases import makers, narrowed
from ingest.answers.catalog.phrases import skip
from ingest.answers.catalog.predicates import Predicate
from ingest.answers.catalog.sets import sets
from ingest.answers.catalog.spoken import predicate_forms
from ingest.answers.catalog.whose import VALUE_FIELDS

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

Asked = tuple[int, float, Meaning]
_CONFIRM = ", right|right|, correct|correct|, yes|, is it not|, does it not|, true|, is that right|, is that correct|, or not|or not"
AUXILIARIES = "is|are|does|do|did|was|were|can|has|have|will|would|could"


def checks(g: "Grammar", at: int) -> Iterator[Asked]:
    """Every question for yes or no, and what is asked like one but wants a list: `are there`, `does X have any`."""
    start = g.word(at, AUXILIARIES)
    if start is None:
        return
    aux = g.row.words[skip(g.row, at)]
    existing = g.word(start, "there")
    for end, cost, found in sets(g, existing) if existing is not None else ():
        yield end, cost + 0.1, Listing(found)
    yield from _value_checks(g, start)
    yield from _any_such(g, start)
    for end, cost, subject in g.complements(start):
        if len(subject.parts) != 1 or isinstance(subject.parts[0], Every | Having):
            continue
        for stop, more, meaning in _said_of(g, aux, end, subject.parts[0]):
            yield stop, cost + more, meaning
        yield from _had(g, aux, end, cost, subject.parts[0])


def declared(g: "Grammar", at: int) -> Iterator[Asked]:
    """`X depends on Y, right`: a statement, to be confirmed."""
    for end, cost, subject in g.complements(at):
        if len(subject.parts) != 1 or not isinstance(subject.parts[0], Named):
            continue
        be = g.word(end, "is|are")
        for start, form in ((end, "finite"), (be, "state")):
            for place, predicate in predicate_forms().at(g.row, start) if start is not None else ():
                for stop, more, complement in g.complements(place) if predicate.form == form else ():
                    said = _said(subject.parts[0], predicate, complement)
                    if said is not None and isinstance(said, Check) and g.word(stop, _CONFIRM) is not None:
                        yield g.after(stop, _CONFIRM), cost + more, said


def _any_such(g: "Grammar", at: int) -> Iterator[Asked]:
    """`is anything depending on X`, `do any components use X`: which."""
    place = g.word(at, "anything|anyone|anybody|something|someone|somebody")
    bases: list[tuple[int, float, Expression]] = [(place, 0.0, Every())] if place is not None else []
    some = g.word(at, "any|any of the|any of our|some|any other")
    bases += list(filtered(g, some)) if some is not None else []
    for end, cost, base in bases:
        for stop, more, found in narrowed(g, end, cost, base, asking=True):
            if found != base:
                yield stop, more + 0.1, Listing(found)


def _value_checks(g: "Grammar", at: int) -> Iterator[Asked]:
    """`is the lifecycle of X deprecated`."""
    for end, cost, one in g.noun_phrase(at):
        if isinstance(one, Values) and one.property.name in VALUE_FIELDS:
            for stop, values in field_values(g, end, VALUE_FIELDS[one.property.name]):
                yield stop, cost, Check(one.of, Having(Every(), VALUE_FIELDS[one.property.name], values))


def _said_of(g: "Grammar", aux: str, at: int, subject: Expression) -> Iterator[Asked]:
    """What is said of a subject, to be answered by yes or no; by a list where any would do."""
    kinds = kinds_of(subject)
    base = Every(next(iter(kinds))) if kinds is not None and len(kinds) == 1 else Every()
    been = g.word(at, "been") is not None
    form = "state" if been or aux in {"is", "are", "was", "were"} else "base"
    start = g.after(at, "being|either|still|in fact|been")
    for end, predicate in predicate_forms().at(g.row, start):
        if predicate.form == form:
            for stop, cost, complement in g.complements(end):
                if (said := _said(subject, predicate, complement)) is not None:
                    yield stop, cost, said
    if form == "state":
        for found in attribute(g, start, base, negated=False, after_be=True):
            yield found[0], found[1], Check(subject, found[2])
        for end, cost, one in g.noun_phrase(g.after(start, "among|amongst|one of")):
            if not isinstance(one, Named | Values):
                yield end, cost + 0.1, Check(subject, one)
    else:
        for end, cost, one in with_or_without(g, start, base):
            if isinstance(one, Having):
                yield end, cost, Check(subject, one)
            if isinstance(one, Linked):
                yield end, cost, Listing(Step(one.relation, one.side, subject))


def _had(g: "Grammar", aux: str, at: int, cost: float, subject: Expression) -> Iterator[Asked]:
    """`does X have dependents`: listing them says more than yes."""
    start = g.word(at, "have|has|got")
    if aux not in {"does", "do", "has"} or start is None:
        return
    start = g.after(start, "any|a|an|some")
    for end, more, make in makers(g, start, possessive=True):
        if (made := make(subject)) is not None:
            yield end, cost + more + 0.3, Listing(made)


def _said(subject: Expression, predicate: Predicate, complement: Complement) -> Meaning | None:
    fit = fitting(subject, predicate.relation.kinds(predicate.subject))
    if fit is None:
        return None
    if complement.nothing is not None or (complement.parts and is_filter(complement.parts[0])):
        wanted = complement.parts[0] if complement.parts else Every(complement.kind)
        found = related(
            wanted, predicate.relation, other_side(predicate.subject), Complement((fit,)), negated=False
        )
        return None if found is None else Listing(found)
    found = related(Every(), predicate.relation, predicate.subject, complement, negated=False)
    return None if found is None else Check(fit, found)
