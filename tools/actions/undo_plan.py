"""The action `undo_plan`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.plan import Plan
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing


class UndoPlan(Input):
    digest: Annotated[str, Names(Thing.PLAN)] = Field(
        pattern=r"^[0-9a-f]{64}$", description="Digest of the plan that was applied, as its receipt has it."
    )


class Undone(Output):
    digest: str = Field(description="The plan that was undone.")
    undone: tuple[str, ...] = Field(description="What was undone.")


_EXAMPLES = (
    "undo {digest}",
    "undo the last plan",
    "undo what I just did",
    "revert {digest}",
    "take back the applied plan {digest}",
    "undo the last change",
    "reverse {digest}",
    "take back my last plan",
    "undo the scaffold that I just made",
    "reverse what was applied last",
    "roll back the last plan",
    "that was wrong, undo it",
    "undo my last action",
    "revert my last plan",
    "please undo it",
    "make the last thing undone",
    "undo my previous plan",
)


@action(effect=Effect.DESTROYS, scope="plans:undo", examples=_EXAMPLES)
async def undo_plan(input: UndoPlan, run: Run) -> Undone:
    """Undo what an applied plan did, where its action can be undone and nothing has changed since.

    Calling it only plans: it answers what would be undone, or why it cannot be: irreversible, or the name of the
    file that was changed; apply the digest to do it.
    """
    return await run.in_thread(_undone, input)


@undo_plan.planned_by
async def plan(input: UndoPlan, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: UndoPlan, run: Run) -> Plan:
    return run.undoing.of(input.digest, run).plan


def _undone(input: UndoPlan, run: Run) -> Undone:
    return Undone(digest=input.digest, undone=run.undoing.of(input.digest, run).do())
