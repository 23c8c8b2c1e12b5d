"""What each shape of `shape_table` means, given what stands in its slots."""

from collections.abc import Callable, Mapping
from typing import Any

from ingest.answers.catalog.expressions import (
    Both,
    Check,
    Compare,
    Dangling,
    Every,
    Expression,
    Impact,
    Listing,
    Meaning,
    Named,
    OnCall,
    Path,
    Ranked,
    Step,
    fitting,
    is_of_kind,
    kinds_of,
)
from ingest.answers.catalog.relations import BY_NAME, OF, Side
from ingest.entities import EntityRef

Slots = dict[str, Any]


def _depends(slots: Slots) -> Meaning | None:
    subject = fitting(slots["X"], BY_NAME["depend"].doers)
    other = fitting(slots["Y"], BY_NAME["depend"].objects)
    return (
        None if subject is None or other is None else Check(subject, Step(BY_NAME["depend"], "doer", other))
    )


def _impact(slots: Slots) -> Meaning | None:
    return Listing(Impact(slots["X"]))


def _impact_among(slots: Slots) -> Meaning | None:
    wanted, found = slots["N"], Impact(slots["X"])
    if is_of_kind(wanted, "group"):
        return Listing(Both(wanted, Step(BY_NAME["own"], "doer", found)))
    return Listing(found if wanted == Every() else Both(wanted, found))


def _ranked_relation(slots: Slots, *, fewest: bool = False) -> Meaning | None:
    """`the component with the most dependents`: R's maker tells relation and side."""
    probe = slots["R"](_Probe.of(slots["N"]))
    among: Expression = Every()
    if isinstance(probe, Both):
        among, probe = probe.left, probe.right
    if not isinstance(probe, Step):
        return None
    base = fitting(slots["N"], probe.relation.kinds("object" if probe.side == "doer" else "doer"))
    return None if base is None else Listing(Ranked(base, probe.relation, probe.side, among, fewest))


class _Probe:
    """A stand-in for the entities that are compared."""

    @staticmethod
    def of(base: Expression) -> Expression:
        kinds = kinds_of(base) or frozenset(
            {"component", "api", "resource", "system", "domain", "group", "user"}
        )
        return Named(tuple(EntityRef(kind, "", "") for kind in sorted(kinds)), "")


def _ranked_of(slots: Slots, *, fewest: bool = False) -> Meaning | None:
    """`the team with the most components`."""
    for name, side in OF:
        relation = BY_NAME[name]
        other: Side = "object" if side == "doer" else "doer"
        if (kinds_of(slots["M"]) is None and side == "doer") or fitting(
            slots["M"], relation.kinds(side)
        ) is None:
            continue
        if (
            kinds_of(slots["N"]) is not None
            and (base := fitting(slots["N"], relation.kinds(other))) is not None
        ):
            return Listing(Ranked(base, relation, side, slots["M"], fewest))
    return None


def _ranked_verb(
    slots: Slots, *, fewest: bool = False, passive: bool = False, flipped: bool = False
) -> Meaning | None:
    """`the team that owns the most components`: the verb's subject is compared; `flipped`: its object is."""
    predicate = slots["V"]
    if passive != (predicate.form == "state") or (flipped and predicate.form not in {"base", "finite"}):
        return None
    subject: Side = predicate.subject
    other: Side = "object" if subject == "doer" else "doer"
    base_side, side = (other, subject) if flipped else (subject, other)
    base = fitting(slots.get("N", Every()), predicate.relation.kinds(base_side))
    if base is None or fitting(slots["M"], predicate.relation.kinds(side)) is None:
        return None
    return Listing(Ranked(base, predicate.relation, side, slots["M"], fewest))


def _ranked_used(slots: Slots) -> Meaning | None:
    relation = BY_NAME["consume" if is_of_kind(slots["N"], "api") else "depend"]
    base = fitting(slots["N"], relation.objects)
    return None if base is None else Listing(Ranked(base, relation, "doer", Every()))


def _ranked_size(slots: Slots, *, fewest: bool = False) -> Meaning | None:
    kinds = kinds_of(slots["N"])
    name = (
        "member"
        if is_of_kind(slots["N"], "group")
        else "contain"
        if kinds and kinds <= {"system", "domain"}
        else None
    )
    return None if name is None else Listing(Ranked(slots["N"], BY_NAME[name], "object", Every(), fewest))


BUILD: Mapping[str, Callable[[Slots], Meaning | None]] = {
    "impact": _impact,
    "impact among": _impact_among,
    "impact owners": lambda slots: Listing(Step(BY_NAME["own"], "doer", Impact(slots["X"]))),
    "on call": lambda slots: OnCall(slots["X"]),
    "path": lambda slots: Path(slots["X"], slots["Y"]),
    "depends": _depends,
    "compare": lambda slots: Compare(slots["X"], slots["Y"]),
    "dangling": lambda slots: Listing(
        Both(slots["N"], Dangling()) if slots.get("N", Every()) != Every() else Dangling()
    ),
    "dangling targets": lambda _: Listing(Dangling(targets=True)),
    "ranked": _ranked_relation,
    "fewest": lambda slots: _ranked_relation(slots, fewest=True),
    "ranked of": _ranked_of,
    "fewest of": lambda slots: _ranked_of(slots, fewest=True),
    "ranked verb": _ranked_verb,
    "fewest verb": lambda slots: _ranked_verb(slots, fewest=True),
    "ranked by": lambda slots: _ranked_verb(slots, passive=True),
    "ranked by most": lambda slots: _ranked_verb(slots, flipped=True),
    "ranked used": _ranked_used,
    "ranked size": _ranked_size,
    "fewest size": lambda slots: _ranked_size(slots, fewest=True),
}
