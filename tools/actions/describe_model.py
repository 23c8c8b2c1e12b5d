"""The action `describe_model`."""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.models.cards import Measure, ModelLine, measure, metric_order, model_line
from tools.run import Run
from tools.shapes import Input, Output

if TYPE_CHECKING:
    from recsys_core.manifest import ProtocolMetrics
    from recsys_core.registry import Evaluation

_PART = 20  # of each list


class DescribeModel(Input):
    model: str = Field(
        min_length=1,
        max_length=140,
        description="name:version, name@alias, or a name, which means its newest version.",
    )
    offset: int = Field(
        default=0,
        ge=0,
        description="Where to go on in evaluations, lineage and alias history: next_offset of the last answer.",
    )


class Protocol(Output):
    protocol: str = Field(description="Name of the protocol.")
    protocol_hash: str = Field(description="SHA-256 of the protocol.")
    headline: str = Field(description="The view that is quoted: masked or unmasked.")
    views: dict[str, dict[str, Measure]] = Field(description="By view, then by metric.")


class Judgement(Output):
    run_id: str = Field(description="The MLflow run that holds it.")
    owner: str = Field(description="Who had it judged.")
    created_at: str = Field(description="When, ISO 8601.")
    digest: str = Field(description="SHA-256 of the evaluation's artifact.")
    protocols: tuple[Protocol, ...] = Field(description="What was measured.")


class Relative(Output):
    relation: str = Field(description="parent: this was made from it. child: it was made from this.")
    depth: int = Field(description="Steps away, from 1.")
    kind: str | None = Field(description="model, embedding or evaluation; null if it was never registered.")
    ref: str | None = Field(description="name:version; null for an evaluation, or what was never registered.")
    name: str | None = Field(description="Name of the model; null if it was never registered.")
    digest: str = Field(description="SHA-256 of the artifact.")


class AliasMove(Output):
    alias: str = Field(description="The alias.")
    old: int | None = Field(description="Version it pointed to; null for none.")
    new: int | None = Field(description="Version it points to since; null when it was taken away.")
    by: str = Field(description="Who moved it.")
    at: str = Field(description="When, ISO 8601.")


class ModelDescription(Output):
    model: ModelLine = Field(description="The version as lists show it.")
    versions: int = Field(description="How many versions the model has.")
    config: dict[str, Any] = Field(description="The whole configuration it was made with.")
    facts: dict[str, Any] = Field(
        description="What the recipe noted: seed, protocol it was trained for, sizes."
    )
    code: dict[str, str | None] = Field(description="Version and git revision of the code that made it.")
    environment: dict[str, Any] = Field(
        description="Python, platform, libraries and threads it was made with."
    )
    seconds: dict[str, float] = Field(description="CPU seconds by stage.")
    requires: tuple[str, ...] = Field(description="Distributions that loading it needs.")
    evaluations: tuple[Judgement, ...] = Field(description="Newest first; this part of them.")
    evaluations_total: int = Field(description="How many there are.")
    lineage: tuple[Relative, ...] = Field(
        description="Parents, then children, nearest first; this part of them."
    )
    lineage_total: int = Field(description="How many there are.")
    alias_history: tuple[AliasMove, ...] = Field(
        description="Of the whole model, newest first; this part of them."
    )
    alias_history_total: int = Field(description="How many moves there were.")
    next_offset: int | None = Field(
        description="Pass it as offset for more of the three lists; null when all of them end here."
    )
    folder: str = Field(description="Where its artifact is kept, under the home.")


_EXAMPLES = (
    "describe the model {model}",
    "show me the model {model}",
    "show details of {model}",
    "what configuration was {model} trained with",
    "show the lineage of {model}",
    "which data was {model} trained on",
    "show the evaluations of {model}",
    "show the metrics of {model}",
    "show the alias history of {model}",
    "model card of {model}",
    "hyperparameters of {model}",
    "which run made {model}",
    "tell me the configuration of {model}",
    "what was {model} trained on",
    "how good is {model}",
    "when was {model} registered",
    "what was {model} made from",
    "which versions does {model} have",
    "figures of {model}",
    "where do the vectors of {model} come from",
    "evaluation results of {model}",
    "numbers for {model}",
    "everything about {model}",
    "what is known of {model}",
    "what settings did {model} use",
    "how was {model} made",
    "metrics for {model}",
    "parameters of {model}",
    "tell me more about the model {model}",
    "what do we know about {model}",
    "with which seed was {model} trained",
    "who registered {model}",
    "give details on {model}",
    "lineage for {model}",
    "show {model}",
)


@action(effect=Effect.READS, scope="models:read", examples=_EXAMPLES)
async def describe_model(input: DescribeModel, run: Run) -> ModelDescription:
    """Show everything known of a registered model: configuration, data, code, lineage, evaluations, alias history.

    Figures come with intervals, protocol and its hash; the run id is MLflow's.
    """
    return await run.in_thread(_description, input)


def _description(input: DescribeModel, run: Run) -> ModelDescription:
    book = run.models
    version = book.version(input.model)
    card, history = book.card(version), book.history(version.name)
    part = slice(input.offset, input.offset + _PART)
    longest = max(len(card.evaluations), len(card.lineage), len(history))
    return ModelDescription(
        model=model_line(version),
        versions=book.count(version.name),
        config=card.config,
        facts=card.facts,
        code=card.code,
        environment=card.environment,
        seconds=card.seconds,
        requires=card.requires,
        evaluations=tuple(_judgement(found) for found in card.evaluations[part]),
        evaluations_total=len(card.evaluations),
        lineage=tuple(
            Relative(
                relation=node.relation,
                depth=node.depth,
                kind=node.kind,
                ref=f"{node.name}:{node.version}" if node.version else None,
                name=node.name,
                digest=node.digest,
            )
            for node in card.lineage[part]
        ),
        lineage_total=len(card.lineage),
        alias_history=tuple(
            AliasMove(**change.model_dump(exclude={"name"})) for change in history[::-1][part]
        ),
        alias_history_total=len(history),
        next_offset=part.stop if part.stop < longest else None,
        folder=book.place(card),
    )


def _judgement(found: "Evaluation") -> Judgement:
    return Judgement(
        run_id=found.run_id,
        owner=found.owner,
        created_at=found.created_at,
        digest=found.digest,
        protocols=tuple(_protocol(metrics) for metrics in found.metrics),
    )


def _protocol(found: "ProtocolMetrics") -> Protocol:
    views = {
        view: {metric: measure(values[metric]) for metric in sorted(values, key=metric_order)}
        for view, values in found.views.items()
    }
    return Protocol(protocol=found.protocol, protocol_hash=found.hash, headline=found.headline, views=views)
