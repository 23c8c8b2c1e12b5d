"""Fit candidate models by their configurations."""

from collections.abc import Iterable

from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.model import Model
from recsys_core.stages import stage
from recsys_core.watch import Watch


def fit(config: Config, data: Dataset, *, seed: int = 0, watch: Watch | None = None) -> Model:
    """The candidate model that `config` describes, fitted on `data`; `watch` is for those that take long."""
    found = stage("candidates", config.model_dump()["kind"])
    watched = {"watch": watch} if found.watched else {}
    model: Model = found.make.fit(data, config=config, seed=seed, **watched)
    return model


def fit_all(configs: Iterable[Config], data: Dataset, *, seed: int = 0) -> dict[str, Model]:
    """Models by name: the kind, numbered from 2 when a kind comes again."""
    models: dict[str, Model] = {}
    for config in configs:
        kind: str = config.model_dump()["kind"]
        again = sum(name.split(" ")[0] == kind for name in models)
        models[f"{kind} {again + 1}" if again else kind] = fit(config, data, seed=seed)
    return models
