"""Models on disk: a folder of safetensors, JSON and files in a library's own format. Never pickle.

    model.json             format version, kind, config, facts, sha256 of each other file
    items.json             item ids by dense index
    weights.safetensors    arrays
    neighbours.voyager     only where a model has an index

A folder appears whole or not at all: it is written beside its place and then renamed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_core.config import Config, read_object
from recsys_core.errors import ArtifactDamaged, ArtifactVersion, DataMissing, InvalidConfig
from recsys_core.folders import appearing, sha256_of
from recsys_core.stages import configure, stage

VERSION = 1
HEAD, ITEMS, WEIGHTS = "model.json", "items.json", "weights.safetensors"


@dataclass(frozen=True, eq=False)
class Parts:
    """A model taken apart. files: name -> function that writes the file at a path."""

    family: str
    config: Config
    item_ids: tuple[str, ...]
    tensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Callable[[Path], None]] = field(default_factory=dict)
    folder: Path | None = None


def save(model: Any, folder: Path) -> Path:
    """Write `model` into the new folder. Raises ArtifactDamaged when the folder already exists."""
    parts: Parts = model.parts()
    with appearing(folder) as draft:
        _write(parts, draft)
    return folder


def load(folder: Path) -> Any:
    """The model in `folder`. Raises DataMissing, ArtifactVersion, ArtifactDamaged, UnknownStage, InvalidConfig."""
    head = _head(folder)
    for name, digest in head["files"].items():
        _check(folder, name, digest)
    from safetensors.numpy import load_file

    tensors = load_file(folder / WEIGHTS)
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ArtifactDamaged(
                f"{folder.name}: tensor {name!r} holds NaN or infinity; train the model again"
            )
    parts = Parts(
        family=head["family"],
        config=configure(head["family"], head["config"], where=str(folder / HEAD)),
        item_ids=tuple(json.loads((folder / ITEMS).read_text("utf-8"))),
        tensors=tensors,
        facts=head["facts"],
        folder=folder,
    )
    return stage(parts.family, head["config"]["kind"]).make.from_parts(parts)


def _write(parts: Parts, folder: Path) -> None:
    from safetensors.numpy import save_file

    save_file(
        {name: np.ascontiguousarray(tensor) for name, tensor in parts.tensors.items()}, folder / WEIGHTS
    )
    (folder / ITEMS).write_text(json.dumps(parts.item_ids), encoding="utf-8")
    for name, write in parts.files.items():
        write(folder / name)
    head = {
        "version": VERSION,
        "family": parts.family,
        "config": parts.config.model_dump(mode="json"),
        "facts": dict(parts.facts),
        "files": {path.name: sha256_of(path) for path in sorted(folder.iterdir())},
    }
    (folder / HEAD).write_text(json.dumps(head, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _head(folder: Path) -> dict[str, Any]:
    try:
        head = read_object(folder / HEAD)
    except InvalidConfig as error:
        raise ArtifactDamaged(f"{folder.name}: {error}; train the model again") from error
    except DataMissing:
        raise DataMissing(
            f"no model in {str(folder)!r}: it has no {HEAD}; give a folder that `save` wrote"
        ) from None
    if head.get("version") != VERSION:
        raise ArtifactVersion(
            f"{folder.name} has format version {head.get('version')!r}, this code reads {VERSION}; "
            "train the model again, or read it with the version that wrote it"
        )
    missing = {"family", "config", "facts", "files"} - head.keys()
    if missing:
        raise ArtifactDamaged(
            f"{folder.name}: {HEAD} lacks {', '.join(sorted(missing))}; train the model again"
        )
    return head


def _check(folder: Path, name: str, digest: str) -> None:
    # the name comes from a file: it may only point beside it
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise ArtifactDamaged(
            f"{folder.name} lacks the file {name!r} that its {HEAD} lists; train the model again"
        )
    if sha256_of(path) != digest:
        raise ArtifactDamaged(f"{folder.name}: {name!r} changed since it was written; train the model again")
