"""Undoing what a plan did: itself planned, approved, applied once and recorded.

An action that can be undone says how, in its file:

    @scaffold_training_job.undone_by
    def undo(done: Done, run: Run) -> Undo: ...

The step looks at what is there now, and refuses with the name of what has changed since. What was not undone by such
a step is not undone at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.errors import InvalidArguments, NotAllowed
from tools.plan import Plan, Target
from tools.principal import Principal

if TYPE_CHECKING:
    from tools.catalogue import Actions
    from tools.run import Run
    from tools.state.plan_row import PlanRow
    from tools.state.plans import Plans

IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True)
class Done:
    """What an applied plan left: what was planned, and what its action answered."""

    digest: str
    action: str
    plan: Plan
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Undo:
    """What undoing would do, and doing it: `do` answers what was undone, a line each."""

    plan: Plan
    do: Callable[[], tuple[str, ...]]


class Undoing:
    """Finds how to undo a plan of a principal's."""

    def __init__(self, plans: "Plans", actions: "Actions") -> None:
        self._plans = plans
        self._actions = actions

    def of(self, digest: str, run: "Run") -> Undo:
        """Resolve it as things are now; call it on a worker thread.

        Raises `PlanMissing`, `InvalidArguments` for what was not done, cannot be undone or has changed since, and
        `NotAllowed` for who may not call the action that did it.
        """
        row = self._plans.get(digest, principal=run.principal.ref)
        action = self._actions.get(row.action)
        _check_scope(action.name, action.scope, run.principal)
        if row.status != "done" or row.result is None:
            raise InvalidArguments(
                f"the plan {digest[:12]}… of {row.action} is {row.status}, so there is nothing to undo; only what is "
                "done can be"
            )
        if action.undoer is None:
            raise InvalidArguments(_none(row))
        if by := self._plans.done_with("undo_plan", {"digest": digest}):
            raise InvalidArguments(
                f"the plan {digest[:12]}… of {row.action} was undone already, by the plan {by[:12]}…; what stands there "
                "now, if anything does, is not what it made"
            )
        undo = action.undoer(Done(row.digest, row.action, row.plan, row.result), run)
        target = Target(ref=f"plan:{row.digest}", revision=row.status)
        return Undo(undo.plan.model_copy(update={"targets": (target, *undo.plan.targets)}), undo.do)


def _check_scope(name: str, scope: str, principal: Principal) -> None:
    if scope not in principal.scopes:
        raise NotAllowed(
            f"{principal.ref} may not undo what {name} did: it needs the scope {scope!r}", scope=scope
        )


def _none(row: "PlanRow") -> str:
    if row.plan.reversible:
        return f"{row.action} has no step that undoes it; it can be undone by hand, as its plan says it is reversible"
    return f"{row.action} is {IRREVERSIBLE}: nothing here undoes it, and its receipt says what was done"
