"""What two expressions make together, when their kinds allow it.

Kinds decide between readings: `in X` is a part of a system, and a member of a team.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from ingest.answers.catalog.expressions import (
    Both,
    Either,
    Every,
    Expression,
    Field,
    Having,
    Linked,
    Step,
    Values,
    Without,
    fitting,
    is_of_kind,
    kinds_of,
)
from ingest.answers.catalog.predicates import Predicate
from ingest.answers.catalog.properties import Property
from ingest.answers.catalog.relations import BY_NAME, OF, Relation, Side

#: The place after the words, what the reading costs, what it means.
Found = tuple[int, float, Expression]
Make = Callable[[Expression], Expression | None]
#: `that depend on A and B` depend on both; nobody is owned by two, so `owned by A and B` means either.
TOGETHER = frozenset({"depend", "use", "consume", "provide"})
_LIFECYCLE_KINDS = frozenset({"component", "api", "template", "resource", "system"})
TYPED_KINDS = frozenset({"component", "api", "resource", "group", "template", "system", "domain"})


@dataclass(frozen=True)
class Complement:
    """What a clause links to: noun phrases joined by `and` or `or`, or nothing and anything (of a kind)."""

    parts: tuple[Expression, ...] = ()
    joint: str = ""
    nothing: bool | None = None
    kind: str | None = None

    @property
    def is_any(self) -> bool:
        """Whether it says no more than that there is something, or nothing."""
        return self.nothing is not None or (len(self.parts) == 1 and isinstance(self.parts[0], Every))


def related(
    base: Expression, relation: Relation, subject: Side, complement: Complement, *, negated: bool
) -> Expression | None:
    """Those of `base`, standing on the `subject` side, that the relation links to `complement`."""
    if relation.name == "depend" and _is_of_apis(base, complement):
        return related(base, BY_NAME["use"], subject, complement, negated=negated)
    fit = fitting(_loosened(base, relation, subject), relation.kinds(subject))
    if fit is None:
        return _of_teams(base, relation, subject, complement, negated=negated)
    if complement.is_any:
        return _linked(fit, relation, other_side(subject), complement, negated=negated)
    parts = _linkable(fit, relation, subject, complement.parts)
    if not parts:
        return None
    together = complement.joint == "both" or (
        complement.joint == "and" and subject == "doer" and relation.name in TOGETHER
    )
    steps = [Step(relation, subject, _as_team(relation, part)) for part in parts]
    found = _joined(steps, Both if together else Either)
    if negated:
        return Without(fit, found)
    return found if fit == Every() else Both(fit, found)


def _is_of_apis(base: Expression, complement: Complement) -> bool:
    """To depend on an API is to consume it, in most catalogs."""
    return is_of_kind(base, "api") or any(is_of_kind(part, "api") for part in complement.parts)


def _of_teams(
    base: Expression, relation: Relation, subject: Side, complement: Complement, *, negated: bool
) -> Expression | None:
    """`teams that consume X` own what consumes it."""
    if not is_of_kind(base, "group") or negated or complement.is_any or "group" in relation.kinds(subject):
        return None
    if relation.name not in TOGETHER or subject != "doer":
        return None
    found = related(Every(), relation, subject, complement, negated=False)
    return None if found is None else Both(base, Step(BY_NAME["own"], "doer", found))


def _linked(
    fit: Expression, relation: Relation, side: Side, complement: Complement, *, negated: bool
) -> Expression | None:
    """Those with something on that side, or nothing; `on any system` and `on systems` are the same."""
    kind = complement.kind
    if complement.parts and isinstance(complement.parts[0], Every):
        kind = complement.parts[0].kind
    if kind not in {None, *relation.kinds(side)} or not may_link(
        relation, other_side(side), fit, Every(kind)
    ):
        return None
    return Linked(fit, relation, side, kind, negated=bool(complement.nothing) != negated)


def _linkable(
    fit: Expression, relation: Relation, subject: Side, parts: Sequence[Expression]
) -> list[Expression]:
    """Each part narrowed to what may stand across from `fit`; none when one of them has nothing."""
    across = other_side(subject)
    narrowed = [fitting(_loosened(part, relation, across), relation.kinds(across)) for part in parts]
    kept = [part for part in narrowed if part is not None and may_link(relation, subject, fit, part)]
    return kept if len(kept) == len(parts) else []


def _loosened(one: Expression, relation: Relation, side: Side) -> Expression:
    """`the service that provides X` is whatever component does; `services owned by X` are of that type."""
    if relation.name not in {"provide", "consume"} or side != "doer":
        return one
    match one:
        case Having(base=Every(kind="component") as every, field="type", values=("service",), negated=False):
            return every
        case Both(left=left, right=right):
            return Both(_loosened(left, relation, side), right)
    return one


def _as_team(relation: Relation, part: Expression) -> Expression:
    """What the people of a team own is what the team owns."""
    match part:
        case Both(left=Every(kind="user"), right=Step(relation=member, side="object", of=team)):
            return team if relation.name == "own" and member.name == "member" else part
    return part


def may_link(relation: Relation, side: Side, one: Expression, other: Expression) -> bool:
    """Whether `one` on that side of the relation and `other` across from it are of kinds that it links."""
    kinds = kinds_of(one), kinds_of(other)
    return relation.links(*kinds) if side == "doer" else relation.links(*reversed(kinds))


def as_object(
    base: Expression, predicate: Predicate, subject: Complement, *, negated: bool, both: bool
) -> Expression | None:
    if both and len(subject.parts) > 1:
        subject = replace(subject, joint="both")
    return related(base, predicate.relation, other_side(predicate.subject), subject, negated=negated)


def _joined(parts: Sequence[Expression], joint: Callable[[Expression, Expression], Expression]) -> Expression:
    first, *rest = parts
    for part in rest:
        first = joint(first, part)
    return first


def made_of_each(make: Make, complement: Complement) -> Expression | None:
    """Each part through `make`: the owners of A and B are those of either."""
    made = [make(part) for part in complement.parts]
    if not made or None in made:
        return None
    parts = cast(list[Expression], made)
    if isinstance(parts[0], Values):
        of = [part.of for part in parts if isinstance(part, Values)]
        return Values(parts[0].property, _joined(of, Either)) if len(of) == len(parts) else None
    return _joined(parts, Both if complement.joint == "both" else Either)


def maker(relation: Relation, side: Side) -> Make:
    def make(of: Expression) -> Expression | None:
        meant = BY_NAME["use"] if relation.name == "depend" and is_of_kind(of, "api") else relation
        fit = fitting(of, meant.kinds(other_side(side)))
        return None if fit is None else Step(meant, side, fit)

    return make


def reader(one: Property) -> Make:
    return lambda of: None if isinstance(of, Values | Every) else Values(one, of)


def narrowing(wanted: Expression, make: Make) -> Make:
    def narrowed(of: Expression) -> Expression | None:
        made = make(of)
        if made is None:
            return None
        possible, kinds = kinds_of(made), kinds_of(wanted)
        return Both(wanted, made) if possible is None or kinds is None or possible & kinds else None

    return narrowed


def of_maker(wanted: Expression) -> Make:
    """`N of X`: by what both are."""

    def make(of: Expression) -> Expression | None:
        if isinstance(of, Values | Every):
            return None
        for relation, side in of_kinds(wanted, of):
            step = Step(relation, side, cast(Expression, fitting(of, relation.kinds(other_side(side)))))
            return step if wanted == Every() else Both(wanted, step)
        return None

    return make


def of_kinds(wanted: Expression, of: Expression) -> Iterator[tuple[Relation, Side]]:
    """The relations that `N of X` may mean by what both are, the likeliest first, with the side of N."""
    for name, side in OF:
        relation = BY_NAME[name]
        if kinds_of(wanted) is None and (side == "doer" or name == "member"):
            continue
        fit = fitting(of, relation.kinds(other_side(side)))
        if (
            fit is not None
            and fitting(wanted, relation.kinds(side)) is not None
            and may_link(relation, side, wanted, fit)
        ):
            yield relation, side


def wrapper(field: Field, values: tuple[str, ...], negated: bool) -> Make:
    allowed = {"lifecycle": _LIFECYCLE_KINDS, "type": TYPED_KINDS}.get(field)

    def wrap(base: Expression) -> Expression | None:
        if isinstance(base, Values):
            return None
        fit = base if allowed is None else fitting(base, allowed)
        return None if fit is None else Having(fit, field, values, negated)

    return wrap


def other_side(side: Side) -> Side:
    return "object" if side == "doer" else "doer"
