"""One vector space: what stands in it by kind and id, a vector each, how vectors are compared, what they came from.

    space.json             format version, measure, norm, kinds, lineage
    placed.json            ids of the items that have a vector, by row; users.json, creators.json, attributes.json likewise
    vectors.safetensors    (rows, d) float32 each: "vectors" for the items, "users", "creators", "attributes"
    neighbours.voyager     from 20,000 items on

It is written into the artifact folder of a recipe, whose manifest hashes the files and names parents and data. A thing
without a vector is not in the space: there is no row of zeros.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recsys_core.config import Config, parse
from recsys_core.errors import ArtifactDamaged, InvalidData, InvalidScores
from recsys_core.manifest import read_head
from recsys_core.neighbours import Measure, Neighbours
from recsys_core.unit import unit

VERSION = 1
HEAD, WEIGHTS = "space.json", "vectors.safetensors"
Kind = Literal["items", "users", "creators", "attributes"]
TENSORS: Mapping[Kind, str] = {
    "items": "vectors", "users": "users", "creators": "creators", "attributes": "attributes"
}  # fmt: skip
Vectors = NDArray[np.float32]


class Lineage(Config):
    """made_by: the model or embedder. data: hash of the data set. learned: hash of the interactions that were learned
    from, "" where none were. parents: digests of the artifacts it was made from."""

    made_by: str
    data: str
    learned: str = ""
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Placed:
    """Things of one kind. ids: by row. vectors: (rows, d), finite, none of them zero."""

    ids: tuple[str, ...]
    vectors: Vectors

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.ids) != len(self.vectors):
            raise InvalidData(
                f"{len(self.ids)} ids have vectors of shape {self.vectors.shape}; give one a row"
            )
        if len(set(self.ids)) != len(self.ids):
            twice = next(name for name in self.ids if self.ids.count(name) > 1)
            raise InvalidData(f"{twice!r} stands twice in the space; give each thing one vector")
        faulty = np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))
        if len(faulty):
            raise InvalidScores(f"the vector of {self.ids[faulty[0]]!r} holds NaN or infinity; make it again")

    @classmethod
    def of(cls, ids: tuple[str, ...], vectors: Vectors) -> "Placed":
        """Those that have a vector: a row of zeros is none."""
        found = np.flatnonzero(np.abs(vectors).max(axis=1, initial=0) > 0)
        rows = np.ascontiguousarray(vectors[found], dtype=np.float32)
        return cls(tuple(ids[row] for row in found), rows)

    def rows_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """(ids,) row of each, -1 for one that has no vector."""
        place = {name: row for row, name in enumerate(self.ids)}
        return np.array([place.get(name, -1) for name in ids], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class VectorSpace:
    """things: by kind, all of one width. measure: what compares two. norm: `unit` where every row has length 1."""

    measure: Measure
    norm: Literal["unit", "free"]
    lineage: Lineage
    things: Mapping[Kind, Placed] = field(default_factory=dict)

    @classmethod
    def of(cls, things: Mapping[Kind, Placed], *, measure: Measure, lineage: Lineage) -> "VectorSpace":
        """Rows are brought to length 1 for `cosine`. Raises InvalidData where there is no item, or widths differ."""
        if not len(things["items"].ids):
            raise InvalidData(f"no item has a vector from {lineage.made_by}; there is no space to make")
        widths = {placed.vectors.shape[1] for placed in things.values()}
        if len(widths) > 1:
            raise InvalidData(f"vectors of {sorted(widths)} dimensions cannot stand in one space")
        if measure == "dot":
            return cls(measure, "free", lineage, dict(things))
        return cls(
            measure,
            "unit",
            lineage,
            {kind: Placed(placed.ids, unit(placed.vectors)) for kind, placed in things.items()},
        )

    @property
    def items(self) -> Placed:
        """The items."""
        return self.things["items"]

    @property
    def dimensions(self) -> int:
        """Width of a vector."""
        return int(self.items.vectors.shape[1])

    def write(self, draft: Path) -> Neighbours:
        """Put the files into a recipe's draft; the index over the items, whose graph stands beside them if there is one."""
        from safetensors.numpy import save_file

        neighbours = Neighbours.build(self.items.vectors, measure=self.measure)
        save_file({TENSORS[kind]: placed.vectors for kind, placed in self.things.items()}, draft / WEIGHTS)
        for kind, placed in self.things.items():
            (draft / _ids(kind)).write_text(json.dumps(placed.ids), encoding="utf-8")
        head = {
            "version": VERSION,
            "measure": self.measure,
            "norm": self.norm,
            "dimensions": self.dimensions,
            "kinds": {kind: len(placed.ids) for kind, placed in self.things.items()},
            "lineage": self.lineage.model_dump(mode="json"),
        }
        (draft / HEAD).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
        for name, write in neighbours.files().items():
            write(draft / name)
        return neighbours


def load_space(folder: Path) -> VectorSpace:
    """The space in an artifact folder, its files checked against the manifest.

    Raises DataMissing, ArtifactVersion, ArtifactDamaged, InvalidData, InvalidScores.
    """
    head = read_head(folder, HEAD, version=VERSION, what="vector space", recipe="embed")
    from safetensors.numpy import load_file

    tensors = load_file(folder / WEIGHTS)
    things: dict[Kind, Placed] = {}
    for kind, tensor in TENSORS.items():
        if kind not in head["kinds"]:
            continue
        ids = tuple(json.loads((folder / _ids(kind)).read_text("utf-8")))
        if tensor not in tensors or len(ids) != len(tensors[tensor]):
            raise ArtifactDamaged(f"{folder.name}: {kind} and their vectors do not fit; make the space again")
        things[kind] = Placed(ids, tensors[tensor])
    lineage = parse(Lineage, head["lineage"], where=f"{folder.name}/{HEAD}")
    return VectorSpace(head["measure"], head["norm"], lineage, things)


def centroids(vectors: Vectors, rows: Mapping[str, list[int]]) -> Placed:
    """Things that are known by their items, each at the mean of its items' unit vectors; rows: of `vectors`, by name.

    A name none of whose items has a vector is left out.
    """
    directions, held = unit(vectors), np.asarray(vectors.any(axis=1))
    means = np.zeros((len(rows), vectors.shape[1]), dtype=np.float32)
    for place, own in enumerate(rows.values()):
        means[place] = directions[own].sum(axis=0) / max(1, int(held[own].sum()))
    return Placed.of(tuple(rows), means)


def _ids(kind: Kind) -> str:
    """File of the ids; `items.json` is the catalogue that an artifact is of, by which parts of a tuple are held together."""
    return "placed.json" if kind == "items" else f"{kind}.json"
