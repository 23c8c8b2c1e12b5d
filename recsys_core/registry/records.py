"""What the registry returns: frozen, JSON-able records."""

from typing import Any

from recsys_core.config import Config
from recsys_core.manifest import Measured, ProtocolMetrics


class Figure(Config):
    """One measured number. view: "masked" or "unmasked"."""

    protocol: str
    protocol_hash: str
    view: str
    metric: str
    value: Measured


class ModelVersion(Config):
    """A version as listings show it. metrics: of each protocol's headline view. parents: digests.

    run_id: the MLflow run. created_at: ISO 8601, when the artifact was made.
    """

    name: str
    version: int
    kind: str
    model: str
    digest: str
    owner: str
    aliases: tuple[str, ...]
    metrics: tuple[Figure, ...]
    parents: tuple[str, ...]
    data_name: str
    data_hash: str
    run_id: str
    created_at: str

    @property
    def ref(self) -> str:
        """`name:version`, as `compare` takes it."""
        return f"{self.name}:{self.version}"


class Page(Config):
    """Part of an answer. total: how many there are without limit and offset."""

    rows: tuple[ModelVersion, ...]
    total: int
    limit: int
    offset: int


class Evaluation(Config):
    """A registered evaluation of a version."""

    digest: str
    run_id: str
    owner: str
    metrics: tuple[ProtocolMetrics, ...]
    created_at: str


class LineageNode(Config):
    """An artifact above (relation "parent") or below ("child") a version. depth: 1 is next to it.

    name and version are None for a parent that was never registered; version is None for an evaluation.
    """

    relation: str
    depth: int
    digest: str
    kind: str | None = None
    name: str | None = None
    version: int | None = None


class ModelCard(Config):
    """Everything known of a version. source: the folder its artifact is kept in."""

    version: ModelVersion
    config: dict[str, Any]
    facts: dict[str, Any]
    requires: tuple[str, ...]
    code: dict[str, str | None]
    environment: dict[str, Any]
    seconds: dict[str, float]
    evaluations: tuple[Evaluation, ...]
    lineage: tuple[LineageNode, ...]
    source: str


class Difference(Config):
    """A metric of two versions on the same users. difference: a - b; with an interval where users could be paired."""

    view: str
    metric: str
    a: Measured
    b: Measured
    difference: Measured


class SliceDifference(Config):
    """A metric over the users of one slice, in the headline view. difference: a - b, paired by user."""

    slice: str
    metric: str
    users: int
    a: float
    b: float
    difference: Measured


class Comparison(Config):
    """Two versions under one protocol on the same data. differs: key -> [of a, of b], of what made them.

    slices: as `judge/slices.py` cuts them; None where one of the evaluations kept none, empty where there is nothing to cut.
    """

    a: ModelVersion
    b: ModelVersion
    protocol: str
    protocol_hash: str
    paired: bool
    headline: str
    metrics: tuple[Difference, ...]
    slices: tuple[SliceDifference, ...] | None
    differs: dict[str, tuple[Any, Any]]


class AliasChange(Config):
    """An alias was moved. old and new are versions; None means that there was, or is, no such alias."""

    name: str
    alias: str
    old: int | None
    new: int | None
    by: str
    at: str
