"""Train a model on a data set.

    name = "knn"
    data = {path = "world.json", format = "world"}
    model = {kind = "item_knn", neighbours = 50}

`model.kind` is "pipeline" or a candidate kind. With fit_on = "train", the default, the model learns from what the
protocol trains on, so that it can be judged afterwards; "all" is for serving, and such a model is never judged.

A model that takes long keeps checkpoints in a hidden folder beside the draft; the same run, started again after it was
killed, goes on from there.
"""

import shutil
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from recsys_core import artifact
from recsys_core.config import Config
from recsys_core.data import Dataset
from recsys_core.errors import InvalidConfig
from recsys_core.evaluation import configured, default_protocol, train, training_data
from recsys_core.judge import EvaluationProtocol, load_protocol, split
from recsys_core.manifest import Name
from recsys_core.pipeline import Pipeline
from recsys_core.pipeline_folder import save_pipeline
from recsys_core.recipes.inputs import DataConfig, read_data, source_hash
from recsys_core.recipes.recipe import Made, Progress, Recipe
from recsys_core.watch import Watch

FOLDER = "model"
NEEDS = {
    "item_knn": ("scipy",),
    "item2vec": ("scipy",),
    "als": ("scipy",),
    "pipeline": ("scipy",),
}  # what reading the artifact takes, beyond numpy and safetensors; fitting may take more


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    kind, config = model_config(values)
    return {"kind": kind, **config.model_dump(mode="json")}


def model_config(values: dict[str, Any]) -> tuple[str, Config]:
    """The kind and the validated configuration that `model` means. Raises InvalidConfig, UnknownStage."""
    if not isinstance(kind := values.get("kind"), str):
        raise InvalidConfig(f"model.kind = {kind!r}; name a model, such as 'item_knn' or 'pipeline'")
    rest = {key: value for key, value in values.items() if key != "kind"}
    return kind, configured(kind, rest)


class TrainConfig(Config):
    """protocol: by default the one of the data's format."""

    name: Name
    data: DataConfig
    model: Annotated[dict[str, Any], AfterValidator(_complete)]
    protocol: str | None = None
    fit_on: Literal["train", "all"] = "train"
    seed: int = Field(default=0, ge=0, lt=2**31)

    @property
    def judged_by(self) -> EvaluationProtocol:
        """The protocol whose training part is learned from. Raises UnknownProtocol."""
        return load_protocol(self.protocol or default_protocol(self.data.format))


def inputs(config: TrainConfig, base: Path) -> dict[str, str]:
    """Hashes of the data's files and of the protocol."""
    return {"data": source_hash(config.data.place(base)), "protocol": config.judged_by.hash}


def make(config: TrainConfig, base: Path, draft: Path, progress: Progress) -> Made:
    """Read, fit, write `model/`. Raises what readers and models raise."""
    kind, settings = model_config(config.model)
    progress("read", 0, 1)
    data, used = read_data(config.data.place(base), config.data.format)
    progress("read", 1, 1)
    taught = learned(config, data, settings)
    progress("train", 0, 1)
    start = time.process_time()
    checkpoints = draft.with_suffix(".checkpoints")
    model = train(settings, taught, seed=config.seed, watch=Watch(progress, checkpoints))
    seconds = time.process_time() - start
    progress("train", 1, 1)
    save_pipeline(model, draft / FOLDER) if isinstance(model, Pipeline) else artifact.save(
        model, draft / FOLDER
    )
    shutil.rmtree(checkpoints, ignore_errors=True)
    protocol = config.judged_by
    return Made(
        kind="model",
        name=config.name,
        data=used,
        requires=("numpy", "safetensors", *NEEDS.get(kind, ()), *_indexed(draft)),
        facts={
            "model": kind,
            "fit_on": config.fit_on,
            "learned": taught.hash,
            "seed": config.seed,
            "protocol": protocol.name,
            "protocol_hash": protocol.hash,
            "users": len(data.user_ids),
            "items": len(data.items),
            "interactions": taught.interactions,
            **getattr(model, "facts", {}),
        },
        seconds={"train": seconds},
    )


def learned(config: TrainConfig, data: Dataset, settings: Config) -> Dataset:
    """What of `data` the run learns from."""
    if config.fit_on == "all":
        return data
    return training_data(settings, split(data, config.judged_by, seed=config.seed))


def _indexed(draft: Path) -> tuple[str, ...]:
    return ("voyager",) if any(draft.rglob("*.voyager")) else ()


RECIPE = Recipe(TrainConfig, inputs, make)
