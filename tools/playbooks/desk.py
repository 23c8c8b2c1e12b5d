"""Where actions plan, begin and end playbooks. What carries them out is the runner (`tools.playbooks.runner`)."""

from collections.abc import Callable, Mapping
from typing import Any

from tools.catalogue import Actions
from tools.errors import NotFound, TargetMoved
from tools.plan import Plan
from tools.playbooks.deciding import steps_of
from tools.playbooks.planning import planned
from tools.playbooks.shelf import Shelf
from tools.policy.decision import Policy
from tools.principal import Principal
from tools.run import Run
from tools.state.plan_row import PlanRow
from tools.state.plans import Plans
from tools.state.playbooks import PlaybookRuns, Progress

ANY_PLAN = "plans:any"


class PlaybookDesk:
    """Call everything but `plan` on a worker thread."""

    def __init__(
        self,
        shelf: Shelf,
        runs: PlaybookRuns,
        plans: Plans,
        *,
        actions: Actions,
        policy: Policy,
        clock: Callable[[], float],
    ) -> None:
        self.shelf = shelf
        self.actions = actions
        self.policy = policy
        self._runs = runs
        self._plans = plans
        self._clock = clock

    async def plan(self, name: str, inputs: Mapping[str, Any], run: Run) -> Plan:
        """Raises what `planning.planned` does."""
        return await planned(self, name, inputs, run)

    def standing(self, digest: str) -> Mapping[str, Any]:
        """How far a begun playbook has come; written into its plan where it was not yet."""
        row = self._plans.get(digest, principal=None)
        if row.result is None:
            self._runs.tell(digest, progress_of(row))
            row = self._plans.get(digest, principal=None)
        return row.result or {}

    def running(self, digest: str, principal: Principal) -> PlanRow:
        """A playbook that goes on. Raises `PlanMissing`, `NotFound`, and `TargetMoved` once it has ended."""
        whose = None if ANY_PLAN in principal.scopes else principal.ref
        row = self._plans.get(digest, principal=whose)
        if not self._runs.has(digest):
            raise NotFound(f"the plan {digest[:12]}… of {row.action} is no playbook that was begun")
        if row.status != "running":
            raise TargetMoved(
                f"the playbook {digest[:12]}… has ended already: {row.status}", changes=(row.status,)
            )
        return row

    def cancel(self, digest: str, run: Run) -> tuple[str, ...]:
        """End a playbook before its next step, with the job that runs for it; which jobs were ended."""
        row = self.running(digest, run.principal)
        reason = f"cancelled by {run.principal.ref}"
        self._runs.end(digest, status="failed", now=self._clock(), progress=progress_of(row), reason=reason)
        jobs = []
        for step in self._runs.steps(digest).values():
            job = self._plans.get(step.planned, principal=None).job if step.planned else None
            if job is not None and step.state == "begun":
                run.jobs.cancel(job, Principal(ref=row.principal))
                jobs.append(job)
        return tuple(jobs)


def progress_of(row: PlanRow) -> Progress:
    """What is told of the steps of a playbook's plan."""
    steps = [(step.id, step.action) for step in steps_of(row.plan.details)]
    return Progress(str(row.plan.details.get("playbook", "")), steps)
