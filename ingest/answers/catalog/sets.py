"""Questions for a set of entities: `which components does X own`, `what is X owned by`, `X depends on what`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from ingest.answers.catalog.clauses import stranded
from ingest.answers.catalog.combining import Complement, Found, as_object, related
from ingest.answers.catalog.expressions import (
    Both,
    Every,
    Expression,
    Named,
    Values,
    fitting,
    is_filter,
    kinds_of,
)
from ingest.answers.catalog.filtered import filtered
from ingest.answers.catalog.noun_phrases import held_in_common, narrowed
from ingest.answers.catalog.openings import is_end
from ingest.answers.catalog.phrases import indexed, skip
from ingest.answers.catalog.predicates import Predicate
from ingest.answers.catalog.relations import BY_NAME
from ingest.answers.catalog.spoken import predicate_forms

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

WH = (
    "which|what|who|whom|which one|which ones|what all|who all|whatever|whoever|everything|anything|everyone"
    "|everybody|all|whom all|all that|what else|who else|what things|which things|those|what everything"
    "|all the things"
)

_AFTER_WHICH = (
    "of the|of our|of all the|all|of all|other|of these|of those|are the|set of|of|all the|kind of|kinds of"
)
_IS = "is|are|were|was|is listed as|are listed as|is registered as|is declared as|is set as|is named as|is given as"
_INTERROGATIVES = frozenset({"which", "what", "who", "whom", "whose"})
_WHOSE = (
    "whose is|whose are|under whose ownership is|in whose hands is|whose responsibility is|whose job is|who has|who got"
    "|under whose responsibility is|in whose care is|whose property is|who does|whose portfolio is"
)


def sets(g: "Grammar", at: int) -> Iterator[Found]:
    """What a listing question is for."""
    for end, cost, one in g.noun_phrase(at):
        if not isinstance(one, Named):
            yield end, cost, one
            place = g.word(end, "is|are|includes|include|should be")
            if place is not None and g.word(place, "what|which|who") is not None:
                yield cast(int, g.word(place, "what|which|who")), cost, one
    for end, cost, base in asked_bases(g, at):
        yield from asked(g, end, cost, base)
    if (start := g.word(at, "which|what")) is not None:
        yield from held_in_common(g, start)
    for preposition in ("on", "for", "to", "by", "in", "of", "with", "under", "from", "upon"):
        if (start := g.word(at, preposition)) is not None:
            yield from asked_sets(g, start, preposition)
    yield from _declared(g, at)
    yield from _whose(g, at)
    # `owned by X`, `depends on: X`
    yield from (found for found in narrowed(g, at, 0.5, Every()) if found[2] != Every())


def asked_bases(g: "Grammar", at: int) -> Iterator[Found]:
    """`which components`, `what`, `who`."""
    for end, word in indexed(WH).at(g.row, at):
        if end > at:
            yield end, 0.2, Every()
            if word in {"which", "what"}:
                start = g.after(end, _AFTER_WHICH)
                for stop, cost, base in filtered(g, start):
                    yield stop, cost, base
                    for place, more, one in narrowed(g, stop, cost, base):
                        if place != stop:
                            yield place, more, one
    if skip(g.row, at) == at:
        yield from filtered(g, g.after(at, "the|all|any|every|all the|of the|of our|of"))


def asked(g: "Grammar", at: int, cost: float, base: Expression) -> Iterator[Found]:
    """A question word's noun, with the verb before the subject or `is` before what it is."""
    if base != Every():
        yield at, cost, base
    yield from (found for found in narrowed(g, at, cost, base, asking=True) if found[2] != base)
    if base == Every():
        yield from _embedded(g, at, cost)
    start = g.word(at, _IS)
    for end, more, one in g.noun_phrase(start) if start is not None else ():
        if isinstance(one, Named):
            continue
        if base == Every() or isinstance(one, Values):
            yield end, cost + more, one
        elif (kinds := kinds_of(base)) is None or fitting(one, kinds) is not None:
            yield end, cost + more, Both(base, one)


def _embedded(g: "Grammar", at: int, cost: float) -> Iterator[Found]:
    """`(tell me who) the members of X are`."""
    for end, more, one in g.noun_phrase(at):
        last = g.word(end, "is|are")
        if last is not None and not isinstance(one, Named):
            yield last, cost + more, one


def asked_sets(g: "Grammar", at: int, preposition: str) -> Iterator[Found]:
    """`on which services does X rely`, `by whom is X owned`, `for what is X responsible`."""
    for end, cost, base in asked_bases(g, at):
        for words, form in (
            ("do|does|did|can|could|should", "base"),
            ("is|are|was|were", "state"),
            ("", "finite"),
        ):
            start = g.word(end, words) if words else end
            if start is None:
                continue
            for stop, more, subject in g.complements(start):
                for place, predicate in stranded(g, stop, preposition):
                    if predicate.form == form:
                        found = as_object(base, predicate, subject, negated=False, both=False)
                        if found is not None:
                            yield place, cost + more, found


def _declared(g: "Grammar", at: int) -> Iterator[Found]:
    """`X is owned by which team`, `X depends on what`."""
    for end, cost, subject in g.complements(at):
        if subject.is_any:
            continue
        for words, form in (("is|are|was", "state"), ("does|do", "base"), ("", "finite"), ("", "bare")):
            start = g.word(end, words) if words else end
            for stop, predicate in predicate_forms().at(g.row, start) if start is not None else ():
                if predicate.form == form:
                    for place, more, found in _asked_last(g, stop, predicate, subject):
                        yield place, cost + more, found


def _asked_last(g: "Grammar", at: int, predicate: Predicate, subject: Complement) -> Iterator[Found]:
    """`(X is owned by) which team`, and nothing at all after `X is owned by`."""
    for end, cost, base in asked_bases(g, at):
        if _INTERROGATIVES & set(g.row.words[at:end]):
            found = as_object(base, predicate, subject, negated=False, both=False)
            if found is not None:
                yield end, cost, found
    if predicate.form in {"state", "bare"} and g.row.words[at - 1] == "by" and is_end(g, at):
        found = as_object(Every(), predicate, subject, negated=False, both=False)
        if found is not None:
            yield at, 0.3, found


def _whose(g: "Grammar", at: int) -> Iterator[Found]:
    """`whose is X`, `which components are X's`, `under whose ownership is X`."""
    start = g.word(at, _WHOSE)
    if start is not None:
        for end, cost, subject in g.complements(start):
            found = related(Every(), BY_NAME["own"], "doer", subject, negated=False)
            if found is not None:
                yield g.after(end, "in|belong to"), cost + 0.3, found
    for end, cost, base in asked_bases(g, at):
        place = g.word(end, "are|is")
        if place is not None and is_filter(base):
            for stop, more, subject in g.complements(place):
                if stop < len(g.row.words) and g.row.words[stop] == "'s":
                    found = related(base, BY_NAME["own"], "object", subject, negated=False)
                    if found is not None:
                        yield stop + 1, cost + more, found
