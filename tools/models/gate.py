"""What stands in the way of moving aliases: parts that would not fit each other any more, and figures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.errors import GateRefused
from tools.models.serving import Place, Serving, ServingTuple, Standing, seen_tuples, written
from tools.run import Run

if TYPE_CHECKING:
    from recsys_core.compatibility import Fault
    from recsys_core.registry import ModelVersion
    from tools.models.book import ModelBook
    from tools.models.moves import Move

_MOST_TRIED = 50  # newest versions of a part


@dataclass(frozen=True, slots=True)
class Objection:
    """What figures have against one move: `told` says it in a sentence, `reasons` has one line each."""

    told: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fitting:
    """A registered version of a part, and the ref of the alias that it would fit under."""

    ref: str
    version: "ModelVersion"

    @property
    def advice(self) -> str:
        return f"move {self.ref} to {self.version.ref}"


@dataclass(frozen=True)
class Hit:
    """What moves would do to the tuples that use the aliases.

    fitting: for tuples that would not hold, what to move too, by name of the part that does not fit.
    """

    standings: tuple[Standing, ...]
    moved: frozenset[str] = field(default=frozenset())
    fitting: "Mapping[ServingTuple, Mapping[str, Fitting]]" = field(default_factory=dict)

    @property
    def surfaces(self) -> tuple[str, ...]:
        return in_order(surface for each in self.standings for surface in each.served.surfaces)

    @property
    def owners(self) -> tuple[str, ...]:
        return in_order(each.served.owner for each in self.standings)

    @property
    def broken(self) -> "tuple[tuple[Standing, Fault], ...]":
        """Faults of the tuples that have to do with what is moved."""
        return tuple(
            (each, fault) for each in self.standings for fault in each.faults if fault.names & self.moved
        )

    def fits(self, each: Standing, fault: "Fault") -> "Fitting | None":
        """A registered version that would fit in the place of the part that does not."""
        return self.fitting.get(each.served, {}).get(fault.part.name) if fault.from_ else None

    def remedy(self, each: Standing, fault: "Fault") -> str:
        """What to do about a fault."""
        fitting = self.fits(each, fault)
        return (
            f"{fitting.version.ref} is registered and fits: {fitting.advice} too" if fitting else fault.remedy
        )


def hit_by(moves: "Sequence[Move]", run: Run) -> Hit:
    """The tuples that use one of the aliases, as they would stand afterwards."""
    places = {move.place for move in moves}
    return _hit([each for each in seen_tuples(run) if places & set(each.uses)], moves, run)


def as_it_stands(run: Run) -> Hit:
    """Every tuple, with nothing moved."""
    return _hit(seen_tuples(run), (), run)


def _hit(tuples: Iterable[ServingTuple], moves: "Sequence[Move]", run: Run) -> Hit:
    serving = Serving(run.models)
    after = {move.place: move.new for move in moves}
    standings = tuple(serving.standing(each, after) for each in tuples)
    fitting = {each.served: _fitting(each, after, serving, run.models) for each in standings if each.faults}
    return Hit(standings, frozenset(move.new.name for move in moves), fitting)


def _fitting(
    each: Standing, after: "Mapping[Place, ModelVersion]", serving: Serving, book: "ModelBook"
) -> "Mapping[str, Fitting]":
    """The newest version of every part with which it would fit; one part may only fit once another was chosen."""
    found: dict[str, Fitting] = {}
    placed = dict(after)
    movable = {version.name: place for place, version in each.versions.items() if isinstance(place[1], str)}
    while open_ := _misfits(each) & movable.keys() - found.keys():
        chosen = next(
            (
                (name, version, tried)
                for name in sorted(open_)
                for version in book.query(name=name, limit=_MOST_TRIED).rows
                if name
                not in _misfits(tried := serving.standing(each.served, {**placed, movable[name]: version}))
            ),
            None,
        )
        if chosen is None:
            break
        name, version, each = chosen
        placed[movable[name]] = version
        found[name] = Fitting(written(movable[name]), version)
    return found


def _misfits(each: Standing) -> frozenset[str]:
    """Names of the parts that would have to be others."""
    return frozenset(fault.part.name for fault in each.faults if fault.from_)


def refuse_what_breaks(moves: "Sequence[Move]", hit: Hit, objections: Sequence[Objection] = ()) -> None:
    """Raises `GateRefused` with everything that speaks against the moves.

    It names the parts that do not fit, registered versions that would, the surfaces, and whom to talk to.
    """
    served = tuple(dict.fromkeys(_told(each, fault, hit) for each, fault in hit.broken))
    if not (served or objections):
        return
    told = [each.told for each in objections]
    if served:
        moved = ", ".join(f"{move.ref} to {move.new.ref}" for move in moves)
        told.insert(0, f"moving {moved} would break what is served. {' '.join(served)}")
        told.append(f"What to do: {'; '.join(_advice(hit)) or 'then try again'}")
    reasons = (*served, *(reason for each in objections for reason in each.reasons))
    raise GateRefused(" ".join(_sentence(each) for each in told), reasons=reasons)


def _advice(hit: Hit) -> Iterator[str]:
    fitting = [(fault.part.name, hit.fits(each, fault)) for each, fault in hit.broken if fault.from_]
    if advice := in_order(found.advice for _, found in fitting if found):
        yield f"{' and '.join(advice)} at once (`together`)"
    if names := in_order(name for name, found in fitting if found is None):
        yield f"register {' and '.join(names)} made anew, and move them `together`"


def _told(each: Standing, fault: "Fault", hit: Hit) -> str:
    served = each.served
    where = f" (surface {', '.join(served.surfaces)})" if served.surfaces else ""
    people = in_order((served.owner, fault.part.owner))
    talk = f" Talk to {' and '.join(people)}." if people else ""
    return f"{served.entity}{where}: {fault.why}; {hit.remedy(each, fault)}.{talk}"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def in_order(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, sorted, without what is empty."""
    return tuple(sorted({text for text in texts if text}))
