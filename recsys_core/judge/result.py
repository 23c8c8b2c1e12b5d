"""`EvaluationResult`: what an evaluation found, with everything needed to compare or repeat it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_core.judge.intervals import Interval
from recsys_core.judge.protocol import EvaluationProtocol


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """Means over users and seeds, their intervals, and the circumstances.

    metrics, intervals: by view ("masked", "unmasked"), then by metric. values: (users,) the mean over seeds of each
    metric, for paired comparison; not part of the JSON. spread: standard deviation of the seeds' means, empty for one
    seed. seconds: CPU seconds by "train" and "evaluate", summed over seeds. tested: users with something held out.
    unseen: share of held-out items that training never saw. predictions: where ranked lists were judged, how many and
    what in them was doubtful.
    """

    model: Mapping[str, Any]
    protocol: EvaluationProtocol
    metrics: Mapping[str, Mapping[str, float]]
    intervals: Mapping[str, Mapping[str, Interval]]
    spread: Mapping[str, Mapping[str, float]]
    ties: Mapping[str, Mapping[str, float]]
    seconds: Mapping[str, float]
    users: int
    items: int
    interactions: int
    tested: int
    seeds: int
    unseen: float
    unwinnable: float
    undecided: float
    data: Mapping[str, str]
    beside: "EvaluationResult | None" = None
    predictions: Mapping[str, Any] | None = None
    values: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The contract for scripts; `beside` is the same model under the protocol's companion, if it names one.

        `predictions` is there only where ranked lists were judged.
        """
        return {
            "model": dict(self.model),
            "metrics": {view: dict(values) for view, values in self.metrics.items()},
            "intervals": {
                view: {name: [interval.low, interval.high] for name, interval in found.items()}
                for view, found in self.intervals.items()
            },
            "spread": {view: dict(values) for view, values in self.spread.items()},
            "protocol": {**self.protocol.model_dump(mode="json"), "hash": self.protocol.hash},
            "seconds": dict(self.seconds),
            "users": self.users,
            "items": self.items,
            "interactions": self.interactions,
            "tested_users": self.tested,
            "seeds": self.seeds,
            "ties": {view: dict(values) for view, values in self.ties.items()},
            "unseen_targets": self.unseen,
            "unwinnable_targets": self.unwinnable,
            "targets_undecided_by_time": self.undecided,
            "data": dict(self.data),
            "beside": None if self.beside is None else self.beside.to_dict(),
            **({} if self.predictions is None else {"predictions": dict(self.predictions)}),
        }

    def to_json(self) -> str:
        """`to_dict` as JSON; NaN cannot occur."""
        return json.dumps(self.to_dict(), allow_nan=False, indent=2)
