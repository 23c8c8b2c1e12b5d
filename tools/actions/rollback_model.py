"""The action `rollback_model`."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import ActionError, NotFound
from tools.models.alias_history import before
from tools.models.gate import hit_by, refuse_what_breaks
from tools.models.judged_moves import figures
from tools.models.moves import (
    Move,
    Moved,
    apply_moves,
    distinct,
    plan_moves,
    undo_moves,
)
from tools.plan import Plan
from tools.run import Run
from tools.shapes import Input, Texts
from tools.things import Names, Thing
from tools.undoing import Done, Undo

if TYPE_CHECKING:
    from tools.models import ModelBook

_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"


class RollbackModel(Input):
    name: Annotated[str, Names(Thing.MODEL_NAME)] = Field(pattern=_NAME, description="Name of the model.")
    alias: str = Field(default="production", pattern=_NAME, description="Alias to move back.")
    together: Annotated[Texts, Names(Thing.MODEL_NAME)] = Field(
        default=(), max_length=8, description="Names of further models whose alias goes back at once."
    )


_EXAMPLES = (
    "roll back {name}",
    "rollback {name}",
    "roll {name} back to the version before",
    "revert {name} to the previous version",
    "undo the promotion of {name}",
    "go back to the previous version of {name}",
    "roll back {name} together with {together}",
    "put the old {name} back into {alias}",
    "restore the last good version of {name}",
    "move {alias} of {name} back",
    "the new {name} is bad, go back to the one before",
    "set {name} back to what it was before the last promotion",
    "back out the last promotion of {name}",
    "return {name} to its former version",
    "we need the earlier {name} again",
    "take {name} back one version",
    "switch {name} back",
    "the promotion of {name} was a mistake, reverse it",
    "{name}: previous version please",
    "undo going live with {name}",
    "bring back the {name} we had before",
    "{name} was a bad idea, roll it back",
    "return {alias} of {name} to what it was",
    "downgrade {name} to the earlier version",
    "reinstate the previous {name}",
    "revert {name} in {alias}",
    "{alias} of {name} should point at what it pointed to before",
    "restore what was live before {name}",
    "make the old {name} live again",
    "{name}: back to the one we had",
    "the new {name} is terrible, restore the old one",
    "go back to the last good version of {name}",
)


@action(effect=Effect.WRITES, scope="models:promote", repeatable=True, examples=_EXAMPLES)
async def rollback_model(input: RollbackModel, run: Run) -> Moved:
    """Point an alias back to the version it pointed to before the present one, as the history of aliases has it.

    Figures do not stand in the way, they are shown; what is served has to fit together afterwards.
    """
    return await run.in_thread(_moved, input)


@rollback_model.planned_by
async def plan(input: RollbackModel, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


@rollback_model.undone_by
def undo(done: Done, run: Run) -> Undo:
    return undo_moves(done, run)


def _planned(input: RollbackModel, run: Run) -> Plan:
    moves = [_back(name.strip().lower(), input.alias, run.models) for name in (input.name, *input.together)]
    hit = hit_by(distinct(moves), run)
    refuse_what_breaks(moves, hit)
    return plan_moves(moves, hit, details={"evaluation": [_figures(move, run.models) for move in moves]})


def _moved(_input: RollbackModel, run: Run) -> Moved:
    return apply_moves(run)


def _back(name: str, alias: str, book: "ModelBook") -> Move:
    current = book.alias(name, alias)
    if current is None:
        book.version(name)  # raises for an unknown model, with near names
        raise NotFound(
            f"there is no {name}@{alias}, so there is nothing to roll back; promote_model makes it"
        )
    earlier = before(book.history(name), alias, current.version)
    if earlier is None:
        raise NotFound(
            f"the history of {name}@{alias} names no version before {current.ref}; promote_model moves it to any"
        )
    return Move(alias, current, book.version(f"{name}:{earlier}"))


def _figures(move: Move, book: "ModelBook") -> dict[str, Any]:
    assert move.old is not None  # noqa: S101 - `_back` has looked
    try:
        return figures(book.compare(move.new.ref, move.old.ref, protocol=None))
    except ActionError as error:
        return {"model": move.new.ref, "judged": f"not comparable: {error}"}
