"""How sure an answer from passages is, and when to say that the docs do not say.

A logistic over what speaks for the answer (`ingest.answers.evidence`). Its weights are data: fitted on questions of
public documentation, answerable ones and such whose answer is nowhere, by `benchmarks.confidence`, which also prints
the whole curve on projects that the fit has not seen. They have to be fitted again when search or the evidence change.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

_FILE = "confidence.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """`slopes` by the name of the evidence; below `threshold` the answer is that the docs do not say."""

    bias: float
    slopes: Mapping[str, float]
    threshold: float

    @classmethod
    @lru_cache(maxsize=1)
    def packaged(cls) -> "Weights":
        """Those that ship."""
        return cls(**json.loads((files("ingest.answers") / _FILE).read_text(encoding="utf-8")))

    def as_json(self) -> str:
        return f"{json.dumps(asdict(self), indent=2)}\n"


def confidence(found: Mapping[str, float], weights: Weights | None = None) -> float:
    """0..1; 0 when there is no evidence at all. `weights` defaults to the packaged ones."""
    if not found:
        return 0.0
    weights = weights or Weights.packaged()
    score = weights.bias + sum(slope * found[name] for name, slope in weights.slopes.items())
    return 1.0 / (1.0 + exp(-score))


def is_enough(sure: float) -> bool:
    """Whether an answer of this confidence is given."""
    return sure >= Weights.packaged().threshold
