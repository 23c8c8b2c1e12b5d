"""From a path, a format and a model's name to an evaluation: what `evaluate` on the command line does."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core.config import Config, parse
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.data.readers import read
from recsys_core.errors import InvalidConfig, UnknownStage
from recsys_core.judge import (
    EvaluationProtocol,
    EvaluationResult,
    Split,
    View,
    intervals,
    judge,
    load_protocol,
    split,
)
from recsys_core.judge.evaluator import Outcomes
from recsys_core.model import Scorer
from recsys_core.pipeline import Pipeline, PipelineConfig
from recsys_core.sources import fit
from recsys_core.stages import configure, kinds, stage
from recsys_core.watch import Progress, Watch, silent
from recsys_core.world.outcomes import outcomes_of

COUNTING = {
    "popularity"
}  # models that only count: a protocol may let them count more than others may learn from
OutcomesFor = Callable[[Histories], Outcomes | None]


def _unknown(histories: Histories) -> None:
    """Nobody knows what lists would have done."""


def evaluate_model(
    data_path: Path | str,
    format: str,
    model: str,
    *,
    protocol: str | None = None,
    seeds: int = 1,
    config: Mapping[str, Any] | None = None,
    minutes: float | None = None,
    progress: Progress = silent,
) -> EvaluationResult:
    """Train `model` ("pipeline" or a candidate kind) and judge it, once a seed, from seed 0.

    protocol: by default `holdout-random` for data without order, else `loo-full`. minutes: wall-clock
    budget of each training, for models that are trained in epochs. progress: told stage, seeds done and seeds in all.
    Raises what the readers, the protocol loader and the stages raise; see `errors.py`.
    """
    model_config = configured(model, config or {})
    if minutes is not None:
        model_config = _budgeted(model, config or {}, minutes)
    chosen = load_protocol(protocol or default_protocol(format))
    progress("Reading the data", 0, 1)
    data = read(Path(data_path), format)
    outcomes = partial(outcomes_of, Path(data_path), format)
    return evaluate(data, model_config, protocol=chosen, seeds=seeds, progress=progress, outcomes=outcomes)


def default_protocol(format: str) -> str:
    """Name of the protocol that judges data of a format when none is named."""
    return "holdout-random" if format == "hetrec" else "loo-full"


def models() -> tuple[str, ...]:
    """Names `evaluate_model` takes."""
    return (*kinds("candidates"), "pipeline")


def configured(model: str, values: Mapping[str, Any]) -> Config:
    """The validated configuration of a model by name. Raises UnknownStage, InvalidConfig."""
    if model not in models():
        raise UnknownStage(f"no model {model!r}; known are {', '.join(models())}")
    if model == "pipeline":
        return parse(PipelineConfig, values, where="pipeline config")
    if values.get("kind", model) != model:
        raise InvalidConfig(f"the config is of kind {values['kind']!r}, and the model asked for is {model!r}")
    return configure("candidates", {"kind": model, **values}, where="model config")


def _budgeted(model: str, values: Mapping[str, Any], minutes: float) -> Config:
    if model == "pipeline" or not stage("candidates", model).watched:
        trained = ", ".join(kind for kind in kinds("candidates") if stage("candidates", kind).watched)
        raise InvalidConfig(
            f"minutes = {minutes}: {model!r} is not trained in epochs that could end early; leave minutes out, or train "
            f"{trained}"
        )
    return configured(model, {**values, "minutes": minutes})


def evaluate(
    data: Dataset,
    config: Config,
    *,
    protocol: EvaluationProtocol,
    seeds: int = 1,
    progress: Progress = silent,
    outcomes: OutcomesFor = _unknown,
) -> EvaluationResult:
    """Judge the model that `config` describes, and once more under the protocol named `beside`, if there is one.

    outcomes: what lists do for the users of a split's histories, where that can be known.
    """
    if seeds < 1:
        raise InvalidConfig(f"seeds = {seeds}; give 1 or more")
    runs = []
    for seed in range(seeds):
        progress(f"Training and judging by {protocol.name}", seed, seeds)
        runs.append(_run(data, config, protocol, seed, progress=progress, outcomes=outcomes))
    progress("Resampling users for intervals", 0, 1)
    result = summarise(runs, data, config, protocol)
    if protocol.beside is None:
        return result
    honest = load_protocol(protocol.beside)
    return replace(
        result,
        beside=evaluate(data, config, protocol=honest, seeds=seeds, progress=progress, outcomes=outcomes),
    )


@dataclass(frozen=True, eq=False)
class Run:
    """One seed: the two views, CPU seconds, and what the split was like."""

    views: Mapping[str, View]
    train_seconds: float
    evaluate_seconds: float
    parts: Split


def train(config: Config, data: Dataset, *, seed: int = 0, watch: Watch | None = None) -> Scorer:
    """The model that `config` describes, a `PipelineConfig` or a candidate's."""
    return (
        Pipeline.fit(data, config=config, seed=seed)
        if isinstance(config, PipelineConfig)
        else fit(config, data, seed=seed, watch=watch)
    )


def training_data(config: Config, parts: Split) -> Dataset:
    """What the model that `config` describes may learn from."""
    return parts.counted if _name(config) in COUNTING else parts.train


def judged(
    scorer: Scorer,
    parts: Split,
    protocol: EvaluationProtocol,
    *,
    train_seconds: float = 0.0,
    outcomes: OutcomesFor = _unknown,
) -> Run:
    """Judge a scorer that is trained already."""
    start = time.process_time()
    views = judge(scorer, parts, protocol, outcomes=outcomes(parts.histories))
    return Run(views, train_seconds, time.process_time() - start, parts)


def summarise(
    runs: list[Run], data: Dataset, config: Config | str, protocol: EvaluationProtocol
) -> EvaluationResult:
    """Means over seeds, and intervals over users of those means."""
    first = runs[0]
    values = {
        view: {
            name: np.mean([run.views[view].values[name] for run in runs], axis=0)
            for name in first.views[view].values
        }
        for view in first.views
    }
    found = {
        view: intervals(values[view], resamples=protocol.resamples, confidence=protocol.confidence)
        for view in values
    }
    means = {view: {name: found[view][name].mean for name in found[view]} for view in found}
    for view, numbers in means.items():
        for name in first.views[view].overall:
            numbers[name] = float(np.mean([run.views[view].overall[name] for run in runs]))
    return EvaluationResult(
        model={
            "kind": _name(config),
            "config": {} if isinstance(config, str) else config.model_dump(mode="json"),
        },
        protocol=protocol,
        metrics=means,
        intervals=found,
        spread={view: _spread(runs, view) for view in values} if len(runs) > 1 else {},
        ties={
            view: {
                "share": float(np.mean([run.views[view].tied for run in runs])),
                "decided@10": float(np.mean([run.views[view].decided for run in runs])),
            }
            for view in values
        },
        seconds={
            "train": sum(run.train_seconds for run in runs),
            "evaluate": sum(run.evaluate_seconds for run in runs),
        },
        users=len(data.user_ids),
        items=len(data.items),
        interactions=data.interactions,
        tested=len(first.parts.histories),
        seeds=len(runs),
        unseen=float(
            np.mean([(run.parts.train.counts[run.parts.targets.items] == 0).mean() for run in runs])
        ),
        unwinnable=float(np.mean([run.views["masked"].unwinnable for run in runs])),
        undecided=first.parts.undecided,
        data={"name": data.name, "hash": data.hash},
        values=values,
    )


def _run(
    data: Dataset,
    config: Config,
    protocol: EvaluationProtocol,
    seed: int,
    *,
    progress: Progress,
    outcomes: OutcomesFor,
) -> Run:
    parts = split(data, protocol, seed=seed)
    start = time.process_time()
    scorer = train(config, training_data(config, parts), seed=seed, watch=Watch(progress))
    seconds = time.process_time() - start
    return judged(scorer, parts, protocol, train_seconds=seconds, outcomes=outcomes)


def _spread(runs: list[Run], view: str) -> dict[str, float]:
    names = runs[0].views[view].values
    return {
        name: float(np.std([run.views[view].values[name].mean() for run in runs], ddof=1)) for name in names
    }


def _name(config: Config | str) -> str:
    if isinstance(config, str):
        return config
    return "pipeline" if isinstance(config, PipelineConfig) else str(config.model_dump()["kind"])
