"""What launching a job of any recipe has in common: its plan, and starting it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from tools.jobs.spec import JobSpec, Limits, job_id
from tools.plan import Plan, Target
from tools.run import Run
from tools.settings import DataSet
from tools.shapes import Started

_WILL_NOT = (
    "change the data, or a model that is there already",
    "let anything serve the result: that takes an action of its own",
    "run a second time, whatever becomes of it",
)


class Launched(Started):
    state: str = Field(description="queued or running, or how it ended if it was quick.")
    out: str = Field(description="Where the result will be, under the home.")


def launch_plan(
    recipe: str,
    config: Mapping[str, Any],
    run: Run,
    *,
    summary: str,
    steps: Sequence[str],
    kind: str,
    data: DataSet,
    model_owner: str = "",
) -> Plan:
    """The plan of a job; `details` hold the whole specification that would run, and its hash.

    Raises `InvalidArguments` and `NotFound` for a configuration that the recipe refuses.
    """
    resolved = run.jobs.resolve(recipe, config)
    estimate = run.jobs.estimate(recipe, kind=kind, data=data)
    limits = run.jobs.limits(estimate)
    spec = JobSpec(
        recipe=recipe,
        config=dict(resolved.config),
        owner=run.principal.ref,
        model_owner=model_owner,
        limits=limits,
    )
    return Plan(
        summary=summary,
        steps=(*steps, _bounds(limits)),
        will_not=_WILL_NOT,
        targets=tuple(
            Target(ref=f"{role} of {recipe}", revision=revision) for role, revision in resolved.inputs.items()
        ),
        estimate=estimate,
        details={"kind": kind, "spec": spec.model_dump(mode="json"), "spec_hash": spec.hash},
    )


def launched(run: Run) -> Launched:
    """Start what the plan specified; the plan's digest is the idempotency key."""
    spec = JobSpec.model_validate(run.plan.details["spec"])
    job = run.jobs.launch(spec, digest=run.digest)
    out = Path("jobs") / job_id(run.digest) / spec.out
    return Launched(job=job.id, state=job.state.value, out=out.as_posix())


def _bounds(limits: Limits) -> str:
    return (
        f"stop it at {limits.cpu_seconds:,} CPU-seconds, {limits.wall_seconds:,} s, or "
        f"{limits.memory_bytes / 1e9:.1f} GB of memory, if it comes to that"
    )
