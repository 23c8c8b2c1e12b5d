"""Which models there are, how good they are and where they came from: MLflow keeps it, our projection answers."""

from recsys_core.registry.records import (
    AliasChange,
    Comparison,
    Difference,
    Evaluation,
    Figure,
    LineageNode,
    ModelCard,
    ModelVersion,
    Page,
    SliceDifference,
)
from recsys_core.registry.registry import AliasMove, Registry

__all__ = [
    "AliasChange",
    "AliasMove",
    "Comparison",
    "Difference",
    "Evaluation",
    "Figure",
    "LineageNode",
    "ModelCard",
    "ModelVersion",
    "Page",
    "Registry",
    "SliceDifference",
]
