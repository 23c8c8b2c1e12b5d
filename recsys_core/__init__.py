"""Recommender core: data, models, the judge, the pipeline, recipes, the registry. It knows no server, no tools, no docs.

data          items, histories, `Dataset`, readers          world     a generated world with known taste
candidates    models that propose items, one file a kind    ranking   rankers and their features
rules         business rules, one file a kind               judge     protocols, splits, ranks, intervals
recipes       configuration in, artifact folder out         registry  which models there are, in MLflow and our projection

A name is imported when it is first asked for: who only reads a manifest or asks the registry pays for no numpy.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys_core.data import Dataset, Histories, Interactions, Item, Playlist, Vertical
    from recsys_core.errors import RecsysError
    from recsys_core.evaluation import evaluate, evaluate_model, models
    from recsys_core.judge import (
        EvaluationProtocol,
        EvaluationResult,
        Interval,
        load_protocol,
        paired_difference,
        protocols,
    )
    from recsys_core.neighbours import Neighbours
    from recsys_core.pipeline import Pipeline, PipelineConfig, Recommendation
    from recsys_core.pipeline_folder import load_pipeline, save_pipeline
    from recsys_core.rules import Situation
    from recsys_core.world import Oracle, World, WorldConfig, generate

__all__ = [
    "Dataset",
    "EvaluationProtocol",
    "EvaluationResult",
    "Histories",
    "Interactions",
    "Interval",
    "Item",
    "Neighbours",
    "Oracle",
    "Pipeline",
    "PipelineConfig",
    "Playlist",
    "Recommendation",
    "RecsysError",
    "Situation",
    "Vertical",
    "World",
    "WorldConfig",
    "evaluate",
    "evaluate_model",
    "generate",
    "load_pipeline",
    "load_protocol",
    "models",
    "paired_difference",
    "protocols",
    "save_pipeline",
]

_HOMES = {
    "recsys_core.data": ("Dataset", "Histories", "Interactions", "Item", "Playlist", "Vertical"),
    "recsys_core.errors": ("RecsysError",),
    "recsys_core.evaluation": ("evaluate", "evaluate_model", "models"),
    "recsys_core.judge": (
        "EvaluationProtocol",
        "EvaluationResult",
        "Interval",
        "load_protocol",
        "paired_difference",
        "protocols",
    ),
    "recsys_core.neighbours": ("Neighbours",),
    "recsys_core.pipeline": ("Pipeline", "PipelineConfig", "Recommendation"),
    "recsys_core.pipeline_folder": ("load_pipeline", "save_pipeline"),
    "recsys_core.rules": ("Situation",),
    "recsys_core.world": ("Oracle", "World", "WorldConfig", "generate"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
