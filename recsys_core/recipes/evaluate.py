"""Judge a trained model on the items that its protocol held out.

    model = "knn"                     # the folder that `train` wrote

The data is the one the model was trained on, found where it was then; `data = {path, format}` says where it is now.
"""

import json
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_core import artifact
from recsys_core.config import Config
from recsys_core.errors import ArtifactDamaged, HeldOutSeen, InvalidData
from recsys_core.evaluation import judged, summarise
from recsys_core.judge import EvaluationProtocol, EvaluationResult, load_protocol, split
from recsys_core.judge.renamed import changed
from recsys_core.manifest import Manifest, Measured, Name, ProtocolMetrics
from recsys_core.model import Scorer
from recsys_core.pipeline_folder import load_pipeline
from recsys_core.recipes.inputs import DataConfig, parent, read_data, source_hash
from recsys_core.recipes.recipe import Made, Progress, Recipe
from recsys_core.recipes.train import FOLDER, model_config
from recsys_core.world.outcomes import outcomes_of

RESULT, VALUES, SLICES = "evaluation.json", "values.safetensors", "slices.safetensors"
Slices = Mapping[str, Mapping[str, NDArray[np.float64]]]


class EvaluateConfig(Config):
    """name: by default the model's. protocol: only the one the model was trained for; it may be left out."""

    model: str
    name: Name | None = None
    protocol: str | None = None
    data: DataConfig | None = None


def inputs(config: EvaluateConfig, base: Path) -> dict[str, str]:
    """Digest of the model, hashes of the data's files and of the protocol."""
    model, _ = parent(base, config.model, kind="model")
    place, _ = _data_of(config, base, model)
    return {"model": model.digest, "data": source_hash(place), "protocol": _protocol(config, model).hash}


def make(config: EvaluateConfig, base: Path, draft: Path, progress: Progress) -> Made:
    """Write the whole result as JSON and each user's figures, of each vertical too, for paired comparison."""
    model, folder = parent(base, config.model, kind="model")
    protocol = _protocol(config, model)
    progress("read", 0, 1)
    place, format = _data_of(config, base, model)
    data, used = read_data(place, format)
    if data.hash != model.data.hash:
        raise InvalidData(
            f"the data in {str(place)!r} is not what {model.name!r} was trained on; "
            "give that data as data.path, or train again"
        )
    scorer = load_model(model, folder)
    progress("read", 1, 1)
    progress("judge", 0, 1)
    start = time.process_time()
    parts = split(data, protocol, seed=model.facts["seed"])
    run = judged(scorer, parts, protocol, outcomes=partial(outcomes_of, place, format))
    _, settings = model_config(dict(model.config["model"]))
    result = summarise([run], data, settings, protocol)
    progress("judge", 1, 1)
    slices = run.views[protocol.headline].slices
    _write(result, slices, draft)
    return Made(
        kind="evaluation",
        name=config.name or model.name,
        data=used,
        parents=(model.digest,),
        requires=("numpy", "safetensors"),
        facts={
            "model": model.facts["model"],
            "seed": model.facts["seed"],
            "tested_users": result.tested,
            "tied": {view: found["share"] for view, found in result.ties.items()},
            "slices": {name: _slice_facts(values) for name, values in slices.items()},
        },
        metrics=(_measured(result),),
        seconds={"evaluate": time.process_time() - start},
    )


def load_model(model: Manifest, folder: Path) -> Scorer:
    """The model in an artifact that `train` wrote. Raises ArtifactDamaged and what the loaders raise."""
    found: Scorer = (
        load_pipeline(folder / FOLDER)
        if model.facts["model"] == "pipeline"
        else artifact.load(folder / FOLDER)
    )
    return found


def _protocol(config: EvaluateConfig, model: Manifest) -> EvaluationProtocol:
    facts = model.facts
    if missing := {"model", "fit_on", "seed", "protocol", "protocol_hash"} - facts.keys():
        raise ArtifactDamaged(f"{model.name}: the manifest lacks {', '.join(sorted(missing))}; train again")
    protocol = load_protocol(config.protocol or facts["protocol"])
    if facts["fit_on"] != "train":
        raise HeldOutSeen(
            f"{model.name!r} learned from all data, the held-out items included; train one with fit_on = 'train'"
        )
    if protocol.hash != facts["protocol_hash"]:
        raise HeldOutSeen(
            f"{model.name!r} was trained for {facts['protocol']} {facts['protocol_hash'][:12]} and may have seen what "
            f"{protocol.name} {protocol.hash[:12]} holds out. {changed(facts['protocol'], facts['protocol_hash'])}"
            f"Train it with protocol = {protocol.name!r}"
        )
    return protocol


def _data_of(config: EvaluateConfig, base: Path, model: Manifest) -> tuple[Path, str]:
    if config.data is not None:
        return config.data.place(base), config.data.format
    return Path(model.data.path), model.data.format


def _measured(result: EvaluationResult) -> ProtocolMetrics:
    views = {
        view: {
            name: Measured(mean=mean, low=span.low, high=span.high)
            if (span := result.intervals[view].get(name))
            else Measured(mean=mean)
            for name, mean in means.items()
        }
        for view, means in result.metrics.items()
    }
    protocol = result.protocol
    return ProtocolMetrics(
        protocol=protocol.name, hash=protocol.hash, headline=protocol.headline, views=views
    )


def _slice_facts(values: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """How many users it has, and the mean of each metric over them."""
    users = int(np.isfinite(next(iter(values.values()))).sum())
    return {"users": users, **{name: float(np.nanmean(column)) for name, column in values.items()}}


def _write(result: EvaluationResult, slices: Slices, draft: Path) -> None:
    from safetensors.numpy import save_file

    # seconds differ from run to run: they stand in the manifest, outside its digest
    content = {key: value for key, value in result.to_dict().items() if key != "seconds"}
    (draft / RESULT).write_text(json.dumps(content, allow_nan=False, indent=2) + "\n", encoding="utf-8")
    save_file(_flat(result.values), draft / VALUES)
    if slices:
        save_file(_flat(slices), draft / SLICES)


def _flat(values: Slices) -> dict[str, NDArray[np.float32]]:
    return {
        f"{part}/{name}": np.ascontiguousarray(column, dtype=np.float32)
        for part, columns in values.items()
        for name, column in columns.items()
    }


RECIPE = Recipe(EvaluateConfig, inputs, make)
