"""The action `promote_model`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.models.gate import hit_by, refuse_what_breaks
from tools.models.judged_moves import weighed
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

_ALIAS = r"^[a-z0-9][a-z0-9._-]{0,62}$"


class PromoteModel(Input):
    model: str = Field(
        min_length=1, max_length=140, description="name:version, name@alias, or a name (its newest)."
    )
    alias: str = Field(default="production", pattern=_ALIAS, description="Alias that is to point to it.")
    protocol: str = Field(
        default="",
        max_length=80,
        description="Protocol that judges it, by name or hash; needed if several did.",
    )
    together: Annotated[Texts, Names(Thing.MODEL)] = Field(
        default=(),
        max_length=8,
        description="Further versions to move to the same alias at once, e.g. an index made from the model.",
    )


_EXAMPLES = (
    "give {model} the alias {alias}",
    "{model} should become {alias}",
    "let {model} go live",
    "promote {model}",
    "promote {model} to {alias}",
    "promote {model} together with {together}",
    "make {model} the {alias} model",
    "point {alias} to {model}",
    "move the {alias} alias to {model}",
    "put {model} into {alias}",
    "ship {model}",
    "roll out {model} to {alias}",
    "set {alias} to {model}",
    "release {model}",
    "make {model} live",
    "take {model} live",
    "{model} should become {alias}",
    "switch {alias} over to {model}",
    "let {model} serve",
    "{model} is good, put it in {alias}",
    "assign the {alias} alias to {model}",
    "use {model} in {alias} from now on",
    "start serving {model}",
    "replace what is in {alias} by {model}",
    "tag {model} as {alias}",
    "bring {model} and {together} to {alias} together",
    "go live with {model}",
    "{model} has my go, put it in {alias}",
    "let {model} take over {alias}",
    "upgrade {alias} to {model}",
    "{model} to {alias}",
    "hand {alias} over to {model}",
    "swap {alias} to {model}",
    "approve of {model}: make it {alias}",
    "deploy {model} to {alias}",
    "I want {model} in {alias}",
)


@action(effect=Effect.WRITES, scope="models:promote", repeatable=True, examples=_EXAMPLES)
async def promote_model(input: PromoteModel, run: Run) -> Moved:
    """Point an alias such as production to another version of a model, if figures and what is served allow it.

    Refused when it was not judged, is worse than the incumbent or worse for one kind of items, or when a served part
    was made from another version: the refusal names what to make anew, the surfaces, and whom to talk to.
    """
    return await run.in_thread(_moved, input)


@promote_model.planned_by
async def plan(input: PromoteModel, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


@promote_model.undone_by
def undo(done: Done, run: Run) -> Undo:
    return undo_moves(done, run)


def _planned(input: PromoteModel, run: Run) -> Plan:
    book, moves = run.models, []
    for ref in (input.model, *input.together):
        new = book.version(ref)
        moves.append(Move(input.alias, book.alias(new.name, input.alias), new, asked=ref.strip().lower()))
    hit = hit_by(distinct(moves), run)
    judged = weighed(moves, run, protocol=input.protocol)
    refuse_what_breaks(moves, hit, judged.objections)
    return plan_moves(moves, hit, details=judged.details)


def _moved(_input: PromoteModel, run: Run) -> Moved:
    return apply_moves(run)
