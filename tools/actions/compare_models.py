"""The action `compare_models`."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tools.action import action
from tools.bounds import fitting
from tools.effect import Effect
from tools.models.cards import Measure, ModelLine, measure, metric_order, model_line
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recsys_core.manifest import Measured
    from recsys_core.registry import Difference
    from recsys_core.registry import SliceDifference as CoreSlice

Better = Literal["a", "b", "undecided"]
Plain = bool | int | float | str | None
_MOST_DIFFERENCES = 200


class CompareModels(Input):
    a: Annotated[str, Names(Thing.MODEL)] = Field(
        min_length=1, max_length=140, description="name:version, name@alias, or a name (its newest)."
    )
    b: Annotated[str, Names(Thing.MODEL)] = Field(min_length=1, max_length=140, description="The other.")
    protocol: str = Field(
        default="",
        max_length=80,
        description="Protocol, by name or hash; by default the newest that measured both.",
    )
    offset: int = Field(default=0, ge=0, description="Where to go on in differs: next_offset.")


class MetricDifference(Output):
    view: str = Field(description="masked or unmasked.")
    metric: str = Field(description="E.g. ndcg@10.")
    a: Measure = Field(description="Of a.")
    b: Measure = Field(description="Of b.")
    difference: Measure = Field(description="a - b, with an interval where users could be paired.")
    better: Better = Field(
        description="Which is higher; undecided when the interval holds 0 or there is none."
    )


class SliceDifference(Output):
    slice: str = Field(
        description="What was counted: items of one vertical, of the head, torso or tail of popularity, cold items, cold users."
    )
    metric: str = Field(description="Those at 10 and those without a cut.")
    users: int = Field(description="How many users have such items.")
    a: float = Field(description="Mean of a over those users.")
    b: float = Field(description="Mean of b.")
    difference: Measure = Field(description="a - b, paired by user.")
    better: Better = Field(description="As in metrics.")


class Circumstance(Output):
    key: str = Field(description="What differs, e.g. config.model.factors, data.hash, code.revision.")
    a: Plain = Field(description="Of a; null where a has none, JSON for a list.")
    b: Plain = Field(description="Of b.")


class ModelsCompared(Output):
    a: ModelLine = Field(description="The one.")
    b: ModelLine = Field(description="The other.")
    protocol: str = Field(description="Protocol that measured both.")
    protocol_hash: str = Field(description="Its SHA-256.")
    paired: bool = Field(description="Whether differences are paired by user, and so have intervals.")
    metrics: tuple[MetricDifference, ...] = Field(description="The quoted view first.")
    slices: tuple[SliceDifference, ...] | None = Field(
        description="Slices, in the quoted view; null where an evaluation kept none, empty where there is none."
    )
    differs: tuple[Circumstance, ...] = Field(
        description="What differs in how they were made; this part of it."
    )
    differs_total: int = Field(description="How much differs.")
    next_offset: int | None = Field(
        description="Pass it as offset for the rest of differs; null when this is the end."
    )


_EXAMPLES = (
    "compare {a} and {b}",
    "compare {a} with {b}",
    "compare {a} to {b} under {protocol}",
    "{a} versus {b}",
    "{a} vs {b}",
    "is {a} better than {b}",
    "what is the difference between {a} and {b}",
    "how does {a} stack up against {b}",
    "which is better, {a} or {b}",
    "diff {a} and {b}",
    "did {a} beat {b}",
    "put {a} and {b} side by side",
    "{a} against {b}",
    "does {a} beat {b}",
    "is there a significant difference between {a} and {b}",
    "which one wins, {a} or {b}",
    "contrast {a} with {b}",
    "how much worse is {a} than {b}",
    "what changed between {a} and {b}",
    "{a}, {b}: which of the two is stronger",
    "has {a} improved over {b}",
    "does {a} lose to {b}",
    "how do {a} and {b} differ",
    "{a} or {b}",
    "{a} compared to {b}",
    "is {a} an improvement on {b}",
    "difference between {a} and {b}",
    "who wins, {a} or {b}, under {protocol}",
    "{a} against {b} under {protocol}",
)


@action(effect=Effect.READS, scope="models:read", examples=_EXAMPLES)
async def compare_models(input: CompareModels, run: Run) -> ModelsCompared:
    """Compare two registered models: paired difference of each metric with its interval, also by vertical; how they were
    made.

    Figures of different protocols or data sets are refused, with what differs.
    """
    return await run.in_thread(_compared, input)


def _compared(input: CompareModels, run: Run) -> ModelsCompared:
    found = run.models.compare(input.a, input.b, protocol=input.protocol or None)
    a, b = (model_line(version, protocol_hash=found.protocol_hash) for version in (found.a, found.b))
    quoted = a.measured[0].view if a.measured else "masked"

    def order(difference: "Difference") -> tuple[bool, str, tuple[str, int]]:
        return difference.view != quoted, difference.view, metric_order(difference.metric)

    differs = [
        Circumstance(key=key, a=_plain(values[0]), b=_plain(values[1]))
        for key, values in sorted(found.differs.items())
    ]
    part = fitting(differs[input.offset :][:_MOST_DIFFERENCES])
    end = input.offset + len(part)
    return ModelsCompared(
        a=a,
        b=b,
        protocol=found.protocol,
        protocol_hash=found.protocol_hash,
        paired=found.paired,
        metrics=tuple(_shown(each) for each in sorted(found.metrics, key=order)),
        slices=None if found.slices is None else tuple(_sliced(found.slices)),
        differs=part,
        differs_total=len(differs),
        next_offset=end if end < len(differs) else None,
    )


def _shown(found: "Difference") -> MetricDifference:
    return MetricDifference(
        view=found.view,
        metric=found.metric,
        a=measure(found.a),
        b=measure(found.b),
        difference=measure(found.difference),
        better=_better(found.difference),
    )


def _sliced(found: "Iterable[CoreSlice]") -> "Iterator[SliceDifference]":
    def order(each: "CoreSlice") -> tuple[str, tuple[str, int]]:
        return each.slice, metric_order(each.metric)

    for each in sorted(found, key=order):
        if metric_order(each.metric)[1] in {0, 10}:
            yield SliceDifference(
                slice=each.slice,
                metric=each.metric,
                users=each.users,
                a=each.a,
                b=each.b,
                difference=measure(each.difference),
                better=_better(each.difference),
            )


def _better(difference: "Measured") -> Better:
    if difference.low is not None and difference.low > 0:
        return "a"
    return "b" if difference.high is not None and difference.high < 0 else "undecided"


def _plain(value: Any) -> Plain:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)
