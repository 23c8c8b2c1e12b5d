"""Planned moves of aliases: what they would do to what is served, and the plan that says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from tools.errors import InvalidArguments
from tools.models.gate import Hit, hit_by, in_order, refuse_what_breaks
from tools.models.serving import Place, written
from tools.plan import Plan, Target
from tools.run import Run
from tools.shapes import Output
from tools.undoing import Done, Undo

if TYPE_CHECKING:
    from recsys_core.registry import AliasMove, ModelVersion

WILL_NOT = (
    "load anything anywhere: what serves reads the alias by itself",
    "train, judge or delete a version",
    "move any other alias",
)


@dataclass(frozen=True, slots=True)
class Move:
    """`name@alias` from old, None where there is no such alias yet, to new. asked: how the caller named new."""

    alias: str
    old: "ModelVersion | None"
    new: "ModelVersion"
    asked: str = ""

    @property
    def place(self) -> Place:
        return self.new.name, self.alias

    @property
    def ref(self) -> str:
        return written(self.place)


class AliasMoved(Output):
    alias: str = Field(description="name@alias.")
    old: int | None = Field(description="Version it pointed to; null if there was none.")
    new: int = Field(description="Version it points to now.")


class Moved(Output):
    moved: tuple[AliasMoved, ...] = Field(description="Every alias that was moved, all of them at once.")
    surfaces: tuple[str, ...] = Field(description="Surfaces that serve them.")
    owners: tuple[str, ...] = Field(description="Who owns what serves them.")


def distinct(moves: Sequence[Move]) -> Sequence[Move]:
    """The moves. Raises `InvalidArguments` where two move one alias, or one moves nothing."""
    if len({move.place for move in moves}) < len(moves):
        raise InvalidArguments(
            f"together: {', '.join(move.ref for move in moves)} name a model twice; name each once"
        )
    for move in moves:
        if move.old == move.new:
            raise InvalidArguments(f"{move.ref} points to {move.new.ref} already; there is nothing to move")
    return moves


def plan_moves(moves: Sequence[Move], hit: Hit, *, details: Mapping[str, Any]) -> Plan:
    """The plan of moves that were found to be sound."""
    return Plan(
        summary=" ".join(f"Point {move.ref} to {move.new.ref}{_instead(move)}." for move in moves),
        steps=(
            *(
                f"point {move.ref} to {move.new.ref} if it still points to {_named(move.old)}"
                for move in moves
            ),
            "note who moved it and when in the history of aliases",
        ),
        will_not=WILL_NOT,
        targets=tuple(_targets(moves, hit)),
        reversible=True,
        details={
            "moves": [
                {"alias": move.ref, "from": _named(move.old), "to": move.new.ref, "owner": move.new.owner}
                for move in moves
            ],
            "alias": moves[0].alias,
            "owner": moves[0].new.owner,
            "surfaces": [
                {
                    "surface": ", ".join(each.served.surfaces),
                    "entity": each.served.entity,
                    "owner": each.served.owner,
                }
                for each in hit.standings
            ],
            "compatibility": "the parts of every tuple that uses it fit each other"
            if hit.standings
            else "no entity of the catalog says that it uses it",
            "not_checked": [note for each in hit.standings for note in each.notes],
            **details,
        },
    )


def apply_moves(run: Run) -> Moved:
    """Do what the plan says; when repeated, unless every alias points there already. Raises `TargetMoved`."""
    from recsys_core.registry import AliasMove

    moves = []
    for each in run.plan.details["moves"]:
        name, _, alias = each["alias"].partition("@")
        moves.append(AliasMove(name, alias, _number(each["to"]) or 0, _number(each["from"])))
    if not (run.repeated and all(_is_made(move, run) for move in moves)):
        run.models.move(moves, by=run.principal.ref)
    surfaces = run.plan.details["surfaces"]
    return Moved(
        moved=tuple(
            AliasMoved(alias=f"{move.name}@{move.alias}", old=move.expected, new=move.version or 0)
            for move in moves
        ),
        surfaces=in_order(name for each in surfaces for name in each["surface"].split(", ")),
        owners=in_order(each["owner"] for each in surfaces),
    )


def _is_made(move: "AliasMove", run: Run) -> bool:
    found = run.models.alias(move.name, move.alias)
    return found is not None and found.version == move.version


def _targets(moves: Sequence[Move], hit: Hit) -> Iterable[Target]:
    """The aliases, what the caller named the versions by, and whatever else the tuples serve."""
    held: dict[str, str] = {move.ref: _revision(move.old) for move in moves}
    for move in moves:
        if move.asked:
            held.setdefault(move.asked, _revision(move.new))
    for each in hit.standings:
        for place, version in each.versions.items():
            held.setdefault(written(place), _revision(version))
    return (Target(ref=f"model:{ref}", revision=revision) for ref, revision in held.items())


def _revision(version: "ModelVersion | None") -> str:
    return f"{version.ref} {version.digest[:12]}" if version else ""


def _instead(move: Move) -> str:
    return f" in place of {move.old.ref}" if move.old else ", its first version"


def _named(version: "ModelVersion | None") -> str:
    return version.ref if version else "nothing"


def _number(ref: str) -> int | None:
    number = ref.rpartition(":")[2]
    return int(number) if number.isdecimal() else None


def undo_moves(done: Done, run: Run) -> Undo:
    """Every alias back to where it was, if all are where the plan left them; a new one is taken away."""
    from recsys_core.registry import AliasMove

    book, back, moves = run.models, list[AliasMove](), list[Move]()
    for each in done.result["moved"]:
        name, _, alias = each["alias"].partition("@")
        held = book.alias(name, alias)
        if held is None or held.version != each["new"]:
            raise InvalidArguments(
                f"{each['alias']} points to {_named(held)} now, and the plan left it at {name}:{each['new']}; "
                "rollback_model or promote_model moves it from there"
            )
        back.append(AliasMove(name, alias, each["old"], each["new"]))
        if each["old"] is not None:
            moves.append(Move(alias, held, book.version(f"{name}:{each['old']}")))
    hit = hit_by(moves, run)
    refuse_what_breaks(moves, hit)
    told = tuple(_undoing(move) for move in back)
    plan = Plan(
        summary=f"Undo {done.plan.summary}",
        steps=told,
        will_not=WILL_NOT,
        targets=tuple(
            Target(ref=f"model:{move.name}@{move.alias}", revision=str(move.expected)) for move in back
        ),
        details={"surfaces": list(hit.surfaces), "owners": list(hit.owners)},
    )

    def do() -> tuple[str, ...]:
        book.move(back, by=run.principal.ref)
        return told

    return Undo(plan, do)


def _undoing(move: "AliasMove") -> str:
    if move.version is None:
        return f"take {move.name}@{move.alias} away"
    return f"point {move.name}@{move.alias} back to {move.name}:{move.version}"
