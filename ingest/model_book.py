"""What a model registry says of a model: the seam through which its facts reach answers.

`ingest` knows no registry. Whoever composes the parts passes one in that reads a real one; `FakeModelBook` is for
tests. Asked again for each question, so what was registered a moment ago is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Measure:
    """A mean over users with both ends of its interval, None where none was computed. name: such as `ndcg@10`."""

    name: str
    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one protocol measured. view: "masked" or "unmasked". run_id: the run that judged."""

    protocol: str
    protocol_hash: str
    view: str
    run_id: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A version of a model. kind: what it is, such as `item_knn`. run_id: the run that made it.

    created_at: ISO 8601. owner: who registered it, as the registry has it.
    """

    name: str
    version: int
    kind: str
    owner: str
    run_id: str
    created_at: str
    data_name: str
    data_hash: str
    aliases: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best versions by one metric, under one protocol on one data set: what can be compared.

    models: the best first. total: how many were measured so.
    """

    metric: str
    protocol: str
    protocol_hash: str
    data_name: str
    models: tuple[RegisteredModel, ...]
    total: int


class ModelBook(Protocol):
    """A registry to look models up in. Every method raises `ModelBookUnavailable` when it cannot be read."""

    def find(self, ref: str) -> RegisteredModel | None:
        """The version that `name@alias`, `name:version` or `name` (its newest) means; None where there is none."""
        ...

    def names(self) -> frozenset[str]:
        """The names of all models."""
        ...

    def ranked(self, metric: str, *, protocol: str, limit: int) -> tuple[Ranking, ...]:
        """Rankings by `metric`, one for each protocol (or that one, by name) and data set, the largest first."""
        ...


@dataclass
class FakeModelBook:
    """Models by ref. `problem` is raised instead of an answer."""

    models: Mapping[str, RegisteredModel] = field(default_factory=dict)
    problem: Exception | None = None

    def find(self, ref: str) -> RegisteredModel | None:
        if self.problem is not None:
            raise self.problem
        return self.models.get(ref)

    def names(self) -> frozenset[str]:
        if self.problem is not None:
            raise self.problem
        return frozenset(model.name for model in self.models.values())

    def ranked(self, metric: str, *, protocol: str, limit: int) -> tuple[Ranking, ...]:
        if self.problem is not None:
            raise self.problem
        groups: dict[tuple[str, str, str], list[tuple[float, RegisteredModel]]] = {}
        for model in dict.fromkeys(self.models.values()):
            for each in model.judgements:
                key = (each.protocol, each.protocol_hash, model.data_name)
                mean = next((one.mean for one in each.measures if one.name == metric), None)
                if mean is not None and protocol in ("", each.protocol):
                    groups.setdefault(key, []).append((mean, model))
        return tuple(
            Ranking(metric, *key, tuple(model for _, model in _best(group)[:limit]), len(group))
            for key, group in groups.items()
        )


def _best(group: list[tuple[float, RegisteredModel]]) -> list[tuple[float, RegisteredModel]]:
    return sorted(group, key=lambda one: -one[0])
