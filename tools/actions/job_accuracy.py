"""The action `job_accuracy`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.jobs.accuracy import Accuracy, accuracy
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Said

_RECIPES = Said(
    values=(
        ("train", ("training", "trainings")),
        ("evaluate", ("evaluation", "evaluations", "evals", "eval")),
    )
)


class JobAccuracy(Input):
    recipe: Annotated[str, _RECIPES] = Field(
        default="", max_length=64, description="Only this recipe: train or evaluate."
    )


class AccuracyLine(Output):
    recipe: str = Field(description="What they ran; all for all of them together.")
    kind: str = Field(description="Kind of the model.")
    jobs: int = Field(description="How many succeeded and had an estimate.")
    estimated_cpu_hours: float = Field(description="What their plans estimated, in sum.")
    used_cpu_hours: float = Field(description="What they used, in sum.")
    median_ratio: float = Field(description="Used over estimated; above 1 they took more.")
    low_ratio: float = Field(description="A tenth of them are below this.")
    high_ratio: float = Field(description="A tenth of them are above this.")
    worst_ratio: float = Field(description="The one that is furthest off, in either direction.")
    worst_job: str = Field(description="Its id.")


class AccuracyTable(Output):
    items: tuple[AccuracyLine, ...] = Field(description="By recipe and kind.")
    left_out: dict[str, int] = Field(
        description="Ended jobs that are not counted, by state: what broke off used what it used."
    )


_EXAMPLES = (
    "how accurate are the job estimates",
    "compare what jobs used with what was estimated",
    "do jobs take longer than their plans estimate",
    "how far off are the cost estimates of {recipe} jobs",
    "accuracy of the cpu estimates",
    "were the estimates of past jobs right",
    "did our trainings cost more cpu than planned",
    "estimated versus used cpu hours",
    "how well do we predict the cost of jobs",
    "are we underestimating trainings",
    "used cpu compared with the plan",
    "quality of the cost predictions",
    "do evaluations run over their estimates",
    "were the cpu forecasts any good",
    "how good are the job cost estimates",
    "do jobs use more than estimated",
    "compare estimated with actual cost of {recipe} jobs",
)


@action(effect=Effect.READS, scope="jobs:read", examples=_EXAMPLES)
async def job_accuracy(input: JobAccuracy, run: Run) -> AccuracyTable:
    """Compare what finished jobs used with what their plans estimated, by recipe and kind of model."""
    return await run.in_thread(_table, input)


def _table(input: JobAccuracy, run: Run) -> AccuracyTable:
    measured, left_out = run.jobs.measured(run.principal, recipe=input.recipe or None)
    return AccuracyTable(items=tuple(_line(part) for part in accuracy(measured)), left_out=left_out)


def _line(part: Accuracy) -> AccuracyLine:
    return AccuracyLine(
        recipe=part.recipe,
        kind=part.kind,
        jobs=part.jobs,
        estimated_cpu_hours=round(part.estimated, 5),
        used_cpu_hours=round(part.used, 5),
        median_ratio=round(part.median, 3),
        low_ratio=round(part.low, 3),
        high_ratio=round(part.high, 3),
        worst_ratio=round(part.worst.ratio, 3),
        worst_job=part.worst.job,
    )
