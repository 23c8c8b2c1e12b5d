"""What is said of a noun without another entity: `deprecated`, `of type library`, `tagged java`, `without an owner`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.answers.catalog.combining import Complement, Found, of_kinds, other_side, related, wrapper
from ingest.answers.catalog.expressions import Every, Expression, Field, Having, fitting, is_of_kind
from ingest.answers.catalog.filtered import UNOWNED, field_values, filtered
from ingest.answers.catalog.relations import BY_NAME, OF
from ingest.answers.catalog.spoken import passive_participles, relation_nouns

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

_HAVE = "have|has|having|had|carry|carries|carrying|with|bear|bears|bearing|got|hold|holds|use|using"
_WITHOUT = (
    "without|lacking|lack|lacks|missing|miss|are missing|is missing|are lacking|are without|is without|have not got|have not"
    "|has not|do not have|does not have|did not have|" + "|".join(f"{have} no" for have in _HAVE.split("|"))
)
#: What may stand before a value of each field, and after it.
_BEFORE: tuple[tuple[Field, str, str], ...] = (
    (
        "lifecycle",
        "in the lifecycle|in lifecycle|with lifecycle|of lifecycle|with the lifecycle|with a lifecycle of|in lifecycle stage|in the"
        "|in an|in|marked as|marked|at stage|in stage|in the stage|in state|labelled as|flagged as|declared|considered"
        "|classified as|set to|at the|in the lifecycle stage|with the lifecycle stage|either",
        "lifecycle|lifecycle stage|lifecycle state|stage|state|lifecycle phase|life cycle|ones|one|components",
    ),
    (
        "type",
        "of type|of the type|with type|with the type|typed as|typed|having type|of kind|with a type of",
        "type",
    ),
    (
        "tag",
        "tagged with|tagged as|tagged|labelled with|labelled as|labelled|labeled|labeled with|tagged with the tag|tagged either"
        "|tagged both|tagged with either|tagged with both",
        "tag",
    ),
)
_FIELD_NOUNS: tuple[tuple[str, Field], ...] = (
    ("lifecycle|lifecycle stage", "lifecycle"),
    ("type", "type"),
    ("tag|label|tags", "tag"),
)


def attribute(g: "Grammar", at: int, base: Expression, *, negated: bool, after_be: bool) -> Iterator[Found]:
    """`deprecated`, `in production`, `of type library`, `tagged java`, and after is also `libraries`."""
    for end, field, values in _said_values(g, at):
        if (wrapped := wrapper(field, values, negated)(base)) is not None:
            yield end, 0.0, wrapped
    yield from _unlinked(g, at, base, negated=negated)
    if not after_be:
        return
    for end, head in g.heads.at(g.row, g.after(at, "a|an|the")):
        if isinstance(head, Having):
            wrapped = wrapper(head.field, head.values, negated)(base)
            if wrapped is not None:
                yield end, 0.05, wrapped


def _said_values(g: "Grammar", at: int) -> Iterator[tuple[int, Field, tuple[str, ...]]]:
    for field, before, after in _BEFORE:
        places = {g.word(at, before), at if field == "lifecycle" else None}
        for place in places:
            for end, values in field_values(g, place, field) if place is not None else ():
                yield g.after(end, after), field, values


def _unlinked(g: "Grammar", at: int, base: Expression, *, negated: bool) -> Iterator[Found]:
    """`unowned`, `not owned`, `unused`, `not depended on`."""
    ends = [(g.word(at, f"{UNOWNED}|without ownership"), BY_NAME["own"], not negated, 0.0)]
    ends += [(g.word(at, "unused"), BY_NAME["use"], not negated, 0.3)]
    ends += [(end, relation, negated, 0.3) for end, relation in passive_participles().at(g.row, at)]
    for end, relation, nothing, cost in ends:
        meant = BY_NAME["consume"] if relation.name == "use" and is_of_kind(base, "api") else relation
        found = related(base, meant, "object", Complement(nothing=nothing), negated=False)
        if end is not None and found is not None:
            yield end, cost, found


def with_or_without(g: "Grammar", at: int, base: Expression) -> Iterator[Found]:
    """`without an owner`, `have no dependents`, `with the tag java`, `that have an owner`."""
    lacking = g.word(at, _WITHOUT)
    start = g.word(at, _HAVE) if lacking is None else lacking
    if start is None:
        return
    start = g.after(start, "a|an|any|the|at least one|some|a known|a single")
    nothing = Complement(nothing=lacking is not None)
    yield from _field_of(g, start, base, negated=lacking is not None)
    for end, (relation, side) in relation_nouns().at(g.row, start):
        found = related(base, relation, other_side(side), nothing, negated=False)
        if found is not None:
            yield end, 0.0, found
        for stop, cost, complement in g.complements(end):
            found = related(base, relation, other_side(side), complement, negated=lacking is not None)
            if found is not None:
                yield stop, cost, found
    for end, cost, head in filtered(g, start):
        if isinstance(head, Every) and head.kind:
            found = _linked_to_kind(base, head, nothing)
            if found is not None:
                yield end, cost + 0.1, found
            for relation, side in of_kinds(head, base):
                for stop, more, complement in g.complements(end):
                    found = related(base, relation, other_side(side), complement, negated=lacking is not None)
                    if found is not None:
                        yield stop, cost + more + 0.1, found


def _linked_to_kind(base: Expression, head: Every, nothing: Complement) -> Expression | None:
    """`without a system`: by whatever relation links the two kinds."""
    wanted = Complement(nothing=nothing.nothing, kind=head.kind)
    for name, side in OF:
        if fitting(head, BY_NAME[name].kinds(side)) is not None:
            found = related(base, BY_NAME[name], other_side(side), wanted, negated=False)
            if found is not None:
                return found
    return None


def _field_of(g: "Grammar", at: int, base: Expression, *, negated: bool) -> Iterator[Found]:
    """`(with) the tag java`, `lifecycle experimental`, `the java tag`."""
    for noun, field in _FIELD_NOUNS:
        ends: list[tuple[int | None, tuple[str, ...]]] = []
        if (start := g.word(at, noun)) is not None:
            ends += field_values(g, g.after(start, "of|is|set to|equal to|either"), field)
        ends += [(g.word(end, noun), values) for end, values in field_values(g, at, field)]
        for end, values in ends:
            wrapped = wrapper(field, values, negated)(base)
            if end is not None and wrapped is not None:
                yield end, 0.0, wrapped
