"""Recommender core: data, models, the judge and the pipeline. It knows no server, no tools, no docs.

data          items, histories, `Dataset`, readers          world     a generated world with known taste
candidates    models that propose items, one file a kind    ranking   rankers and their features
rules         business rules, one file a kind               judge     protocols, splits, ranks, intervals
"""

from recsys_core.data import Dataset, Histories, Interactions, Item, Playlist, Vertical
from recsys_core.errors import RecsysError
from recsys_core.evaluate import evaluate, evaluate_model, models
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
