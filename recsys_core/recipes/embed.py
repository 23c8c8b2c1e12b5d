"""Take the vectors out of a trained model into a space that every stage reads, with an index where it is large.

    model = "als"                     # the folder that `train` wrote
    source = "als"                    # which source of a pipeline; not for other models
    places = ["users", "creators"]    # what is put beside the items

A user stands where the model's query for her history is, a creator or an attribute at the mean of its items' directions.
An item that the model gave a vector of zeros, having never met it, is not in the space.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recsys_core.config import Config, parse
from recsys_core.data import Dataset
from recsys_core.errors import InvalidConfig, InvalidData
from recsys_core.manifest import Manifest, Name
from recsys_core.model import Scorer
from recsys_core.neighbours import Measure
from recsys_core.pipeline import Pipeline
from recsys_core.recipes.evaluate import load_model
from recsys_core.recipes.inputs import parent, read_data
from recsys_core.recipes.recipe import Made, Progress, Recipe
from recsys_core.recipes.train import TrainConfig, learned, model_config
from recsys_core.space import Kind, Lineage, Placed, VectorSpace, centroids


class EmbedConfig(Config):
    """name: by default the model's with "-embedding". measure: what the index searches by. places: what stands in the
    space beside the items; users are those whose history the model learned from."""

    model: str
    name: Name | None = None
    source: str | None = None
    measure: Measure = "dot"
    places: tuple[Literal["users", "creators", "attributes"], ...] = ()


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
    space = _space(source, config, model)
    neighbours = space.write(draft)
    catalogue = json.dumps(source.item_ids)  # type: ignore[attr-defined]  # what has vectors has ids
    (draft / "items.json").write_text(catalogue, encoding="utf-8")
    progress("index", 1, 1)
    indexed = neighbours.graph is not None
    return Made(
        kind="embedding",
        name=config.name or f"{model.name}-embedding",
        data=model.data,
        parents=(model.digest,),
        requires=("numpy", "safetensors", *(("voyager",) if indexed else ())),
        facts={
            "model": model.facts["model"],
            "items": len(source.item_ids),  # type: ignore[attr-defined]  # what has vectors has ids
            "placed": {kind: len(placed.ids) for kind, placed in space.things.items()},
            "dimensions": space.dimensions,
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
            f"{manifest.name!r}: a {kind} has no item vectors; embed an als, item2vec, content or sequential model"
        )
    return vectors


def _space(source: Scorer, config: EmbedConfig, model: Manifest) -> VectorSpace:
    ids: tuple[str, ...] = source.item_ids  # type: ignore[attr-defined]  # what has vectors has ids
    vectors = np.ascontiguousarray(_vectors(source, model), dtype=np.float32)
    things: dict[Kind, Placed] = {"items": Placed.of(ids, vectors)}
    if config.places:
        data = _learned(model)
        things |= {kind: PLACING[kind](source, data, vectors) for kind in dict.fromkeys(config.places)}
    lineage = Lineage(
        made_by=model.name,
        data=model.data.hash,
        learned=model.facts.get("learned", ""),
        parents=(model.digest,),
    )
    return VectorSpace.of(things, measure=config.measure, lineage=lineage)


def _learned(model: Manifest) -> Dataset:
    """What the model was trained on, read again. Raises InvalidData when that is not there any more."""
    data, _ = read_data(Path(model.data.path), model.data.format)
    if data.hash != model.data.hash:
        raise InvalidData(f"{model.data.path!r} is not what {model.name!r} was trained on; train it again")
    trained = parse(TrainConfig, model.config, where=model.name)
    return learned(trained, data, model_config(dict(model.config["model"]))[1])


def _users(source: Scorer, data: Dataset, vectors: NDArray[np.float32]) -> Placed:
    del vectors  # a query has the width of a vector
    return Placed.of(data.user_ids, source.queries(data.histories))  # type: ignore[attr-defined]  # as `item_vectors`


def _creators(source: Scorer, data: Dataset, vectors: NDArray[np.float32]) -> Placed:
    del source
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(data.items):
        if item.creator:
            rows.setdefault(item.creator, []).append(row)
    return centroids(vectors, rows)


def _attributes(source: Scorer, data: Dataset, vectors: NDArray[np.float32]) -> Placed:
    del source
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(data.items):
        for name in item.attributes:
            rows.setdefault(name, []).append(row)
    return centroids(vectors, rows)


PLACING: dict[str, Callable[[Scorer, Dataset, NDArray[np.float32]], Placed]] = {
    "users": _users,
    "creators": _creators,
    "attributes": _attributes,
}
RECIPE = Recipe(EmbedConfig, inputs, make)
