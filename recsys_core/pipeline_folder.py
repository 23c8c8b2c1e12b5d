"""A fitted pipeline on disk.

pipeline.json      format version, config, the ranker's weights, names of the sources in order
data.json, data.safetensors      catalogue and histories (`data/storage.py`)
sources/1, sources/2, ...        one artifact a source (`artifact.py`)
indices/1.voyager, ...           the graph over a source's vectors, where the catalogue is too large to scan
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from recsys_core import artifact
from recsys_core.asking import Embedded
from recsys_core.config import parse, read_object
from recsys_core.data import storage
from recsys_core.errors import ArtifactDamaged, ArtifactVersion
from recsys_core.folders import appearing
from recsys_core.libraries import library
from recsys_core.model import Model
from recsys_core.neighbours import Neighbours
from recsys_core.pipeline import Pipeline, PipelineConfig
from recsys_core.ranking.linear_ranker import LinearRanker

VERSION = 1
HEAD, INDICES = "pipeline.json", "indices"


def save_pipeline(pipeline: Pipeline, folder: Path) -> Path:
    """Write into the new folder, whole or not at all. Raises ArtifactDamaged when it exists already."""
    with appearing(folder) as draft:
        storage.save(pipeline.data, draft)
        for number, source in enumerate(pipeline.sources.values(), start=1):
            artifact.save(source, draft / "sources" / str(number))
        for number, name in enumerate(pipeline.sources, start=1):
            if (index := pipeline.indices.get(name)) is not None and index.graph is not None:
                (draft / INDICES).mkdir(exist_ok=True)
                index.graph.save(str(draft / INDICES / f"{number}.voyager"))
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
    pipeline = Pipeline(config, data, sources, _ranker(config, head["weights"], ordered=data.ordered))
    if (folder / INDICES).is_dir():
        pipeline.__dict__["indices"] = _indices(folder / INDICES, sources)
    return pipeline


def _indices(folder: Path, sources: Mapping[str, Model]) -> dict[str, Neighbours]:
    """By source, of the graphs that were written."""
    found: dict[str, Neighbours] = {}
    for number, (name, source) in enumerate(sources.items(), start=1):
        path = folder / f"{number}.voyager"
        if path.is_file() and isinstance(source, Embedded):
            graph = library("voyager").Index.load(str(path))
            found[name] = Neighbours(np.ascontiguousarray(source.item_vectors), "dot", graph)
    return found


def _ranker(
    config: PipelineConfig, weights: dict[str, float] | None, *, ordered: bool
) -> LinearRanker | None:
    if config.ranker is None or weights is None:
        return None
    if not all(np.isfinite(weight) for weight in weights.values()):
        raise ArtifactDamaged(f"ranker weights {weights!r} are not all numbers; train again")
    return LinearRanker(config.ranker, weights, ordered)  # type: ignore[arg-type]  # parsed by its stage
