"""Why this, why not that, and what changed: an item's way through a pipeline, and where two versions part over it."""

from recsys_core.explanation.journey import Journey, Layer, Request, RuleStep, Share, Standing, follow
from recsys_core.explanation.parting import Parting, Step, part
from recsys_core.explanation.told import told, told_of_parting

__all__ = [
    "Journey",
    "Layer",
    "Parting",
    "Request",
    "RuleStep",
    "Share",
    "Standing",
    "Step",
    "follow",
    "part",
    "told",
    "told_of_parting",
]
