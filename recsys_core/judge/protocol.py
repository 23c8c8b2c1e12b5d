"""Evaluation protocols: frozen JSON files, each known by name and by a hash over its content.

Two figures may be compared only when their hashes are equal. A protocol is changed by adding a file under a new
name; `tests/recsys_core/test_protocols.py` pins the hashes of the shipped ones.
"""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from recsys_core.config import Config, parse, read_object
from recsys_core.errors import UnknownProtocol

FOLDER = Path(__file__).parent.parent / "protocols"
RENAMED = {"loo-strict": "loo-full"}  # docs/adr/0013-protocols-carry-the-names-of-the-literature.md


class EvaluationProtocol(Config):
    """How data is split, what a model may see, and how its ranking is counted.

    holdout: `last` (a user's last item), `last-but-one` (for choosing models; the last is never looked at), `random` (a
    seeded `share` of each user's items) or `time` (the latest `share` of all interactions). train: what models are fitted on; `all-but-two` keeps the
    validation item out of training but in the history. counts: what models that only count (popularity) are fitted
    on; `all` includes the held-out items. candidates: always the whole catalogue, unseen items included. ties: a
    held-out item comes after every candidate of equal score. headline: which view is quoted where one figure is.
    """

    name: str
    about: str
    holdout: Literal["last", "last-but-one", "random", "time"]
    share: float | None = Field(default=None, gt=0, lt=1)
    train: Literal["all-but-target", "all-but-two"]
    counts: Literal["train", "all"]
    candidates: Literal["all"]
    history: Literal["all-but-target"]
    ties: Literal["against-the-model"]
    headline: Literal["masked", "unmasked"]
    cutoffs: tuple[int, ...] = Field(min_length=1)
    resamples: int = Field(ge=100, le=100_000)
    confidence: float = Field(gt=0, lt=1)
    beside: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "EvaluationProtocol":
        if (self.holdout in {"random", "time"}) != (self.share is not None):
            raise ValueError("share belongs to the holdouts 'random' and 'time', and to them alone")
        if self.holdout != "last" and self.train == "all-but-two":
            raise ValueError("train 'all-but-two' belongs to holdout 'last'")
        return self

    @property
    def hash(self) -> str:
        """sha256 over the canonical JSON of what decides figures: all but `about`, and `beside`, which adds others."""
        content = self.model_dump(mode="json", exclude={"about", "beside"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def protocols() -> tuple[str, ...]:
    """Names of the shipped protocols, sorted."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.json")))


def load_protocol(name: str) -> EvaluationProtocol:
    """A shipped protocol. Raises UnknownProtocol naming those that exist, InvalidConfig for a damaged file."""
    if name not in protocols():
        told = f"; {RENAMED[name]!r} is what it is called today" if name in RENAMED else ""
        raise UnknownProtocol(f"no protocol {name!r}{told}; known are {', '.join(protocols())}")
    file = FOLDER / f"{name}.json"
    return parse(EvaluationProtocol, read_object(file), where=file.name)
