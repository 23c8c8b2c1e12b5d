"""A fitted pipeline on disk.

pipeline.json      format version, config, the ranker's weights, names of the sources in order
data.json, data.safetensors      catalogue and histories (`data/storage.py`)
sources/1, sources/2, ...        one artifact a source (`artifact.py`)
"""

import json
from pathlib import Path

import numpy as np

from recsys_core import artifact
from recsys_core.config import parse, read_object
from recsys_core.data import storage
from recsys_core.errors import ArtifactDamaged, ArtifactVersion
from recsys_core.folders import appearing
from recsys_core.pipeline import Pipeline, PipelineConfig
from recsys_core.ranking.linear_ranker import LinearRanker

VERSION = 1
HEAD = "pipeline.json"


def save_pipeline(pipeline: Pipeline, folder: Path) -> Path:
    """Write into the new folder, whole or not at all. Raises ArtifactDamaged when it exists already."""
    with appearing(folder) as draft:
        storage.save(pipeline.data, draft)
        for number, source in enumerate(pipeline.sources.values(), start=1):
            artifact.save(source, draft / "sources" / str(number))
        head = {
            "version": VERSION,
            "config": pipeline.config.model_dump(mode="json"),
            "sources": list(pipeline.sources),
            "weights": None if pipeline.ranker is None else dict(pipeline.ranker.weights),
        }
        (draft / HEAD).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
    return folder


def load_pipeline(folder: Path) -> Pipeline:
    """The pipeline in `folder`. Raises DataMissing, ArtifactVersion, ArtifactDamaged, InvalidConfig."""
    head = read_object(folder / HEAD)
    if head.get("version") != VERSION:
        raise ArtifactVersion(
            f"{folder.name} has format version {head.get('version')!r}, this code reads {VERSION}"
        )
    config = parse(PipelineConfig, head["config"], where=str(folder / HEAD))
    data = storage.load(folder)
    sources = {
        name: artifact.load(folder / "sources" / str(number))
        for number, name in enumerate(head["sources"], start=1)
    }
    for name, source in sources.items():
        if source.item_ids != data.item_ids:
            raise ArtifactDamaged(
                f"{folder.name}: source {name!r} knows another catalogue than the data; train again"
            )
    return Pipeline(config, data, sources, _ranker(config, head["weights"], ordered=data.ordered))


def _ranker(
    config: PipelineConfig, weights: dict[str, float] | None, *, ordered: bool
) -> LinearRanker | None:
    if config.ranker is None or weights is None:
        return None
    if not all(np.isfinite(weight) for weight in weights.values()):
        raise ArtifactDamaged(f"ranker weights {weights!r} are not all numbers; train again")
    return LinearRanker(config.ranker, weights, ordered)  # type: ignore[arg-type]  # parsed by its stage
