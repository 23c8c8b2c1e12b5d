"""Recommending: sources propose, a ranker orders, rules decide. Composed from a validated configuration.

{"sources": [{"kind": "item_knn", "neighbours": 50}, {"kind": "popularity"}],
 "ranker": {"kind": "linear_ranker"},
 "rules": [{"kind": "seen"}, {"kind": "creator_cap", "most": 2}],
 "take": 200}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.data.items import Item
from recsys_core.errors import EmptyHistory
from recsys_core.judge.ranks import check
from recsys_core.model import Model
from recsys_core.neighbours import Neighbours
from recsys_core.proposals import indices, propose
from recsys_core.ranking.linear_ranker import LinearRanker
from recsys_core.ranking.shelf import Shelf
from recsys_core.rules.slate import Candidate, Change, Situation, Slate
from recsys_core.sources import fit_all
from recsys_core.stages import configure, stage


def _of(family: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        return configure(family, value, where=family) if isinstance(value, Mapping) else value

    return BeforeValidator(read)


SourceConfig = Annotated[SerializeAsAny[Config], _of("candidates")]
RankerConfig = Annotated[SerializeAsAny[Config], _of("ranking")]
RuleConfig = Annotated[SerializeAsAny[Config], _of("rules")]


class PipelineConfig(Config):
    """sources propose `take` items each; ranker may be None with a single source, whose order then stands; rules
    apply in the order given."""

    sources: tuple[SourceConfig, ...] = Field(
        default=({"kind": "popularity"}, {"kind": "item_knn"}, {"kind": "als"}),
        min_length=1,
        validate_default=True,
    )
    ranker: RankerConfig | None = Field(default={"kind": "linear_ranker"}, validate_default=True)
    rules: tuple[RuleConfig, ...] = Field(
        default=({"kind": "seen"}, {"kind": "market"}, {"kind": "explicit"}), validate_default=True
    )
    take: int = Field(default=200, ge=1, le=100_000)

    @model_validator(mode="after")
    def _ranked(self) -> "PipelineConfig":
        if self.ranker is None and len(self.sources) > 1:
            raise ValueError("several sources need a ranker: their scores cannot be compared")
        return self


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What is shown, best first, and the trace of the rules that made it so. candidates: how many were proposed."""

    shown: Slate
    changes: tuple[Change, ...]
    candidates: int

    @property
    def items(self) -> tuple[Item, ...]:
        """The items shown."""
        return tuple(candidate.item for candidate in self.shown)


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Fitted sources and ranker over one catalogue. data: what it was fitted on; histories are looked up there."""

    config: PipelineConfig
    data: Dataset
    sources: Mapping[str, Model]
    ranker: LinearRanker | None

    @classmethod
    def fit(cls, data: Dataset, *, config: PipelineConfig | None = None, seed: int = 0) -> Self:
        """Fit the ranker on a split of the training data, then the sources on all of it."""
        config = config or PipelineConfig()

        def fitted(part: Dataset) -> dict[str, Model]:
            return fit_all(config.sources, part, seed=seed)

        ranker = None
        if config.ranker is not None:
            kind = config.ranker.model_dump()["kind"]
            ranker = stage("ranking", kind).make.fit(data, sources=fitted, config=config.ranker, seed=seed)
        return cls(config, data, fitted(data), ranker)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Item ids by dense index."""
        return self.data.item_ids

    @cached_property
    def shelf(self) -> Shelf:
        """The catalogue as the ranker sees it."""
        return Shelf(self.data)

    @cached_property
    def indices(self) -> dict[str, Neighbours]:
        """Nearest-neighbour indices by source, empty for a catalogue small enough to scan."""
        return indices(self.sources, items=len(self.data.items))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items) for the judge: the ranker over the whole catalogue, without rules."""
        if self.ranker is None:
            return next(iter(self.sources.values())).score(histories)
        return self.ranker.score(histories, sources=self.sources, shelf=self.shelf)

    def recommend(
        self, user: str, situation: Situation | None = None, *, history: Sequence[str] | None = None
    ) -> Recommendation:
        """Items for `user`, whose history is looked up unless item ids are given.

        Raises UnknownUser, UnknownItem, EmptyHistory, and InvalidScores when a source or the ranker returns NaN.
        """
        past = self._history(user, history)
        seen = frozenset(self.data.items[item].id for item in past.row(0))
        situation = situation or Situation()
        situation = replace(situation, seen=situation.seen | seen)
        slate, changes = self._ranked(past), ()
        candidates = len(slate)
        for config in self.config.rules:
            ruling = stage("rules", config.model_dump()["kind"]).make(slate, situation, config)
            slate, changes = ruling.slate, (*changes, *ruling.changes)
        return Recommendation(slate[: situation.size], changes, candidates)

    def _history(self, user: str, history: Sequence[str] | None) -> Histories:
        if history is None:
            row = self.data.user_index(user)
            past = self.data.histories.slice(row, row + 1)
        else:
            indices = [self.data.item_index(item) for item in history]
            past = Histories.of([indices], item_count=len(self.data.items))
        if not len(past.items):
            raise EmptyHistory(f"user {user!r} has no history; give one, or recommend by popularity instead")
        return past

    def _ranked(self, past: Histories) -> Slate:
        """Everything the sources propose, best first. What was seen is proposed too: dropping it is a rule's affair."""
        proposers: dict[int, dict[str, int]] = {}
        for name, source in self.sources.items():
            count = self.config.take + len(past.items)
            proposed = propose(source, past, count, index=self.indices.get(name))
            for rank, item in enumerate(proposed, start=1):
                proposers.setdefault(int(item), {})[name] = rank
        scores = self.score(past)
        check(scores, past)
        best = sorted(proposers, key=lambda item: (-scores[0, item], item))
        return tuple(
            Candidate(
                self.data.items[item],
                float(scores[0, item]),
                tuple(proposers[item]),
                tuple(proposers[item].values()),
            )
            for item in best
        )
