"""Take the item vectors out of a trained model, with an index where the catalogue is large.

    model = "als"                     # the folder that `train` wrote
    source = "als"                    # which source of a pipeline; not for other models

A row is what a query is multiplied with, in the order of `items.json`.
"""

import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_core.config import Config
from recsys_core.errors import InvalidConfig
from recsys_core.manifest import Manifest, Name
from recsys_core.model import Scorer
from recsys_core.neighbours import Measure, Neighbours
from recsys_core.pipeline import Pipeline
from recsys_core.recipes.evaluate import load_model
from recsys_core.recipes.inputs import parent
from recsys_core.recipes.recipe import Made, Progress, Recipe

ITEMS, VECTORS = "items.json", "vectors.safetensors"


class EmbedConfig(Config):
    """name: by default the model's with "-embedding". measure: what the index searches by."""

    model: str
    name: Name | None = None
    source: str | None = None
    measure: Measure = "dot"


def inputs(config: EmbedConfig, base: Path) -> dict[str, str]:
    """Digest of the model."""
    return {"model": parent(base, config.model, kind="model")[0].digest}


def make(config: EmbedConfig, base: Path, draft: Path, progress: Progress) -> Made:
    """Write ids, vectors and, from 20,000 items on, Voyager's graph. Raises InvalidConfig, InvalidScores."""
    model, folder = parent(base, config.model, kind="model")
    progress("read", 0, 1)
    source = _source(load_model(model, folder), config, model)
    progress("read", 1, 1)
    start = time.process_time()
    progress("index", 0, 1)
    vectors = np.ascontiguousarray(_vectors(source, model), dtype=np.float32)
    neighbours = Neighbours.build(vectors, measure=config.measure)
    progress("index", 1, 1)
    _write(vectors, source, neighbours, draft)
    indexed = neighbours.graph is not None
    return Made(
        kind="embedding",
        name=config.name or f"{model.name}-embedding",
        data=model.data,
        parents=(model.digest,),
        requires=("numpy", "safetensors", *(("voyager",) if indexed else ())),
        facts={
            "model": model.facts["model"],
            "items": len(vectors),
            "dimensions": vectors.shape[1],
            "measure": config.measure,
            "search": "voyager" if indexed else "exact",
        },
        seconds={"index": time.process_time() - start},
    )


def _source(model: Scorer, config: EmbedConfig, manifest: Manifest) -> Scorer:
    if not isinstance(model, Pipeline):
        if config.source is not None:
            raise InvalidConfig(
                f"source = {config.source!r}, but {manifest.name!r} is no pipeline; leave it out"
            )
        return model
    if config.source is None or config.source not in model.sources:
        raise InvalidConfig(f"source = {config.source!r}; {manifest.name!r} has {', '.join(model.sources)}")
    return model.sources[config.source]


def _vectors(source: Scorer, manifest: Manifest) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] | None = getattr(source, "item_vectors", None)
    if vectors is None:
        kind = type(source).__name__
        raise InvalidConfig(
            f"{manifest.name!r}: a {kind} has no item vectors; embed an als, item2vec or sequential model"
        )
    return vectors


def _write(vectors: NDArray[np.float32], source: Scorer, neighbours: Neighbours, draft: Path) -> None:
    from safetensors.numpy import save_file

    (draft / ITEMS).write_text(json.dumps(source.item_ids), encoding="utf-8")  # type: ignore[attr-defined]  # what has vectors has ids
    save_file({"vectors": vectors}, draft / VECTORS)
    for name, write in neighbours.files().items():
        write(draft / name)


RECIPE = Recipe(EmbedConfig, inputs, make)
