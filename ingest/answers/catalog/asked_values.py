"""Questions for what an entity says of itself: `what tags does X have`, `where is the code of X`, `how is X tagged`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Make, reader
from ingest.answers.catalog.expressions import Every, Having, Listing, Meaning, Named, Step, Values, fitting
from ingest.answers.catalog.filtered import field_values
from ingest.answers.catalog.noun_phrases import makers
from ingest.answers.catalog.properties import PROPERTIES, property_named
from ingest.answers.catalog.relations import BY_NAME

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

Asked = tuple[int, float, Meaning]

#: What may stand between a property and its entity, what must or may follow, and whether it must.
_POSSESSING = (
    ("does|do", "have|has|carry|got|wear|belong to|live in|contain", True),
    (
        "is|are|has|have|holds|hosts|are on|are set on|are linked from|are linked to|are attached to|are assigned to|are put on|are associated with|contains|has the code of|houses|stores|are there for|are listed for"
        "|is used for|are carried by|is set on|of|for|can i find",
        "in|at|tagged with|labelled with|stored in|kept in|hosted in|on|with|found in",
        False,
    ),
)
_WHICH = "in which|in what|of which|of what|with which|which|what|with what|under which|under what|at which|at what"
_WHERE = (
    "where can i see|where can i get|where can i browse|where can i look at|where do i get|where can i check out|where can i clone|where is|where are|where does|where do|where can i find|where do i find|where could i find|where would i find|where"
    "|where to find|link to|a link to|the link to|url of|where can we find|where do we keep|where will i find|in which place is"
)
_LIVES = "live|lives|kept|hosted|stored|located|found|reside|resides|sit|is|checked in|maintained"
_THINGS = "thing|component|entity|resource|api|service|system|group|team|software|a thing|a component|an entity|a resource|an api"
#: Questions for one property with words of their own, before the entity and after it.
_FIXED = (
    ("who leads|who heads|who is leading|who is heading|who is in the lead of", "lead", ""),
    ("how mature is|how mature are|how stable is", "lifecycle", ""),
    ("what does the catalog say|what does the catalog say about", "description", "is|does"),
)


def property_questions(g: "Grammar", at: int) -> Iterator[Asked]:
    """Every question for a property."""
    yield from _values_had(g, at)
    yield from _where(g, at)
    yield from _described(g, at)
    for words, name, after in _FIXED:
        start = g.word(at, words)
        for end, cost, one in g.noun_phrase(start) if start is not None else ():
            if not isinstance(one, Values | Every):
                yield g.after(end, after) if after else end, cost, Listing(Values(property_named(name), one))
    yield from _either_or(g, at)


def _described(g: "Grammar", at: int) -> Iterator[Asked]:
    """`how is X tagged`."""
    start = g.word(at, "how is|how are|with what is|with which tags is|what is|as what is|how")
    for end, cost, one in g.noun_phrase(start) if start is not None else ():
        for prop in PROPERTIES:
            stop = g.word(end, "|".join(prop.described)) if prop.described else None
            if stop is not None and not isinstance(one, Values | Every):
                yield stop, cost, Listing(Values(prop, one))


def _values_had(g: "Grammar", at: int) -> Iterator[Asked]:
    """`what tags does X have`, `what lifecycle is X in`, `which repository holds X`, `what kind of thing is X`."""
    begin = g.word(at, _WHICH)
    for end, cost, make in _property_makers(g, begin) if begin is not None else ():
        for verbs, closings, needed in _POSSESSING:
            place = g.word(end, verbs)
            for stop, more, one in g.noun_phrase(place) if place is not None else ():
                made, last = make(one), g.word(stop, closings)
                if made is not None and (last is not None or not needed):
                    yield last or stop, cost + more, Listing(made)
        for stop, more, one in g.noun_phrase(end):
            made, after = make(one), g.word(stop, "is in|is|has|is tagged with|carries|lives in|is at")
            if made is not None and after is not None:
                yield g.after(after, "in"), cost + more, Listing(made)


def _property_makers(g: "Grammar", at: int) -> Iterator[tuple[int, float, Make]]:
    yield from makers(g, at, possessive=True)
    kind = reader(property_named("type"))
    if (start := g.word(at, "type of|kind of|sort of")) is not None and (
        stop := g.word(start, _THINGS)
    ) is not None:
        yield stop, 0.0, kind
    if (end := g.word(at, "kind|sort")) is not None:
        yield end, 0.1, kind


def _where(g: "Grammar", at: int) -> Iterator[Asked]:
    """`where is the code of X`, `where does X's source live`, `where does X work`."""
    start, source = g.word(at, _WHERE), property_named("source")
    for end, cost, one in g.noun_phrase(start) if start is not None else ():
        if isinstance(one, Values) and one.property.name in {"source", "links", "email", "slack"}:
            yield g.after(end, _LIVES), cost, Listing(one)
        if not isinstance(one, Named):
            continue
        place = g.word(end, "|".join(source.wheres))
        if place is not None and not {ref.kind for ref in one.refs} & {"user", "group"}:
            yield g.after(place, "on github|in git"), cost, Listing(Values(source, one))
        if (place := g.word(end, "work|belong|sit|belongs")) is not None:
            for name in ("member", "contain", "parent"):
                if (fit := fitting(one, BY_NAME[name].objects)) is not None:
                    yield place, cost, Listing(Step(BY_NAME[name], "doer", fit))


def _either_or(g: "Grammar", at: int) -> Iterator[Asked]:
    """`is X in production or deprecated`: the lifecycle, not yes."""
    start = g.word(at, "is|are")
    for end, cost, one in g.noun_phrase(start) if start is not None else ():
        if isinstance(one, Every | Having | Values):
            continue
        for stop, values in field_values(g, g.after(end, "in|a|an"), "lifecycle"):
            if len(values) > 1:
                yield stop, cost - 0.2, Listing(Values(property_named("lifecycle"), one))
