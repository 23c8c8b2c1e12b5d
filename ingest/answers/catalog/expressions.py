"""What a question means: a small algebra over sets of entities, without words and without a graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ingest.answers.catalog.properties import Property
from ingest.answers.catalog.relations import Relation, Side
from ingest.entities import EntityRef

Field = Literal["type", "lifecycle", "tag", "namespace"]
FIELDS: tuple[Field, ...] = ("lifecycle", "type", "tag")


@dataclass(frozen=True)
class Named:
    """Entities that one name may mean, the likeliest first; `written` as in the question.

    `sure` is false when the name was not written as the catalog has it; without `refs` it is no name in the catalog.
    """

    refs: tuple[EntityRef, ...]
    written: str
    sure: bool = True


@dataclass(frozen=True)
class Every:
    """All entities of a kind, or of any."""

    kind: str | None = None


@dataclass(frozen=True)
class Having:
    """Those of `base` with one of `values` in a field, or without."""

    base: "Expression"
    field: Field
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Step:
    """What stands on `side` of a relation to `of`. `deep` follows it to the end; None leaves that to the question."""

    relation: Relation
    side: Side
    of: "Expression"
    deep: bool | None = None


@dataclass(frozen=True)
class Both:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Either:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Without:
    """Those of `left` that are not in `right`."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Linked:
    """Those of `base` that have something on `side` of a relation, or nothing when `negated`."""

    base: "Expression"
    relation: Relation
    side: Side
    kind: str | None = None
    negated: bool = False


@dataclass(frozen=True)
class Impact:
    """What an outage of `of` reaches."""

    of: "Expression"


@dataclass(frozen=True)
class Dangling:
    """Entities with relations to what is not in the catalog, or those targets."""

    targets: bool = False


@dataclass(frozen=True)
class Ranked:
    """Those of `base` with the most (or fewest) entities on `side` of a relation, counting those in `among`."""

    base: "Expression"
    relation: Relation
    side: Side
    among: "Expression"
    fewest: bool = False


@dataclass(frozen=True)
class Values:
    """What a property of `of` reads."""

    property: Property
    of: "Expression"


Expression = (
    Named | Every | Having | Step | Both | Either | Without | Linked | Impact | Dangling | Ranked | Values
)


@dataclass(frozen=True)
class Listing:
    """The question for a set, or for its size."""

    of: Expression
    counted: bool = False


@dataclass(frozen=True)
class Check:
    """A question for yes or no: whether all of `subject` is in `found`."""

    subject: Expression
    found: Expression


@dataclass(frozen=True)
class Path:
    """How two entities are connected."""

    start: Expression
    end: Expression


@dataclass(frozen=True)
class Compare:
    """What tells two entities apart."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class OnCall:
    """Whom to call about an entity."""

    of: Expression


Meaning = Listing | Check | Path | Compare | OnCall


def kinds_of(one: Expression) -> frozenset[str] | None:  # noqa: PLR0911 - a return a case
    """The kinds that the result may have; None for any."""
    match one:
        case Named(refs=refs):
            return frozenset(ref.kind for ref in refs) or None
        case Every(kind=kind):
            return None if kind is None else frozenset({kind})
        case Having(base=base) | Linked(base=base) | Without(left=base) | Ranked(base=base):
            return kinds_of(base)
        case Step(relation=relation, side=side):
            return relation.kinds(side)
        case Both(left=left, right=right):
            return _both(kinds_of(left), kinds_of(right))
        case Either(left=left, right=right):
            found = kinds_of(left), kinds_of(right)
            return None if found[0] is None or found[1] is None else found[0] | found[1]
        case _:
            return None


def fitting(one: Expression, kinds: frozenset[str]) -> Expression | None:
    """`one` narrowed to what may be of these kinds, None when nothing may."""
    match one:
        case Named(refs=refs, written=written, sure=sure):
            kept = tuple(ref for ref in refs if ref.kind in kinds)
            if not refs:
                return one
            return Named(kept, written, sure) if kept else None
        case Either(left=left, right=right):
            both = fitting(left, kinds), fitting(right, kinds)
            return None if both[0] is None or both[1] is None else Either(both[0], both[1])
        case Values():
            return None
        case _:
            possible = kinds_of(one)
            return one if possible is None or possible & kinds else None


def is_filter(one: Expression) -> bool:
    """Whether membership can be told of an entity alone."""
    match one:
        case Every():
            return True
        case Having(base=base):
            return is_filter(base)
        case Either(left=left, right=right):
            return is_filter(left) and is_filter(right)
        case _:
            return False


def is_of_kind(one: Expression, kind: str) -> bool:
    """Whether the result can be of this kind alone."""
    return kinds_of(one) == frozenset({kind})


def named_in(one: object) -> tuple[Named, ...]:
    """Every `Named` inside an expression or a meaning, in order."""
    if isinstance(one, Named):
        return (one,)
    fields: Mapping[str, object] = getattr(one, "__dataclass_fields__", {})
    if isinstance(one, Relation | Property):
        return ()
    return tuple(found for name in fields for found in named_in(getattr(one, name)))


def _both(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None:
        return left or right
    return left & right
