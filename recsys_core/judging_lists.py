"""From a data set, a protocol and a file of ranked lists to an evaluation: judging a model that was not trained here."""

import time
from dataclasses import replace
from pathlib import Path

from recsys_core.data.readers import read
from recsys_core.evaluation import Run, default_protocol, summarise
from recsys_core.judge import EvaluationProtocol, EvaluationResult, load_protocol, split
from recsys_core.judge.lists import judge_lists
from recsys_core.predictions import read_predictions


def evaluate_predictions(
    data_path: Path | str, format: str, predictions: Path | str, *, protocol: str | None = None
) -> EvaluationResult:
    """Judge the lists in `predictions`; a random holdout is the one of seed 0.

    protocol: by default as `evaluate_model` has it. Nobody here can tell what the model learned from: that is for whoever
    made the lists. Raises what the readers, the protocol loader and `read_predictions` raise.
    """
    chosen = load_protocol(protocol or default_protocol(format))
    result = _judged(Path(data_path), format, Path(predictions), chosen)
    if chosen.beside is None:
        return result
    beside = _judged(Path(data_path), format, Path(predictions), load_protocol(chosen.beside))
    return replace(result, beside=beside)


def _judged(data_path: Path, format: str, path: Path, protocol: EvaluationProtocol) -> EvaluationResult:
    data = read(data_path, format)
    parts = split(data, protocol)
    found = read_predictions(path, data, parts.histories.users, depth=max(protocol.cutoffs))
    start = time.process_time()
    run = Run(judge_lists(found, parts, protocol), 0.0, time.process_time() - start, parts)
    result = summarise([run], data, "predictions", protocol)
    return replace(
        result,
        model={"kind": "predictions", "config": {"file": path.name, "sha256": found.sha256}},
        predictions={
            "lists": found.read,
            "judged_users": len(found.lists),
            **{name: {"count": met.count, "examples": list(met.examples)} for name, met in found.met.items()},
        },
    )
