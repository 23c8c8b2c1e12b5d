"""Recommending: sources propose, a ranker orders, rules decide. Composed from a validated configuration.

{"sources": [{"kind": "item_knn", "neighbours": 50}, {"kind": "popularity"}],
 "ranker": {"kind": "linear_ranker"},
 "rules": [{"kind": "seen"}, {"kind": "creator_cap", "most": 2}],
 "take": 200}

The stages are methods (`past`, `proposed`, `ranked`, `ruled`), so that one can be asked for or exchanged by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from recsys_core.asking import Asking, asking, indices
from recsys_core.config import Config
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.data.items import Item, Vertical
from recsys_core.errors import EmptyHistory, InvalidConfig, InvalidScores, InvalidSituation
from recsys_core.model import Model
from recsys_core.neighbours import Neighbours
from recsys_core.proposals import WORDS, Proposals, merged, places, worded
from recsys_core.ranking.features_at import Listener
from recsys_core.ranking.linear_ranker import LinearRanker
from recsys_core.ranking.shelf import Shelf
from recsys_core.rules.slate import Candidate, Change, Situation, Slate
from recsys_core.sources import fit_all
from recsys_core.stage_configs import RankerConfig, RuleConfig, SourceConfig
from recsys_core.stages import stage
from recsys_core.surface import Continues, Surface
from recsys_core.words import Words


class PipelineConfig(Config):
    """sources propose `take` items each; ranker may be None with a single source, whose order then stands; rules
    apply in the order given. A surface has rules and a `take` of its own."""

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
    """What is shown, best first, and how it came about.

    ranked: what was put before the rules, best first, each with its sources, ranks and scores. changes: what each rule
    did. candidates: how many different items were proposed. cold: the source whose order stood, because there was no
    history; else "".
    """

    shown: Slate
    changes: tuple[Change, ...]
    ranked: Slate
    candidates: int
    cold: str = ""

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
    _ready: dict[tuple[Vertical, ...], Mapping[str, Asking]] = field(
        default_factory=dict, repr=False, init=False
    )

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
    def words(self) -> Words:
        """The catalogue as a query sees it."""
        return Words.of(self.data.items)

    @cached_property
    def indices(self) -> Mapping[str, Neighbours]:
        """Nearest-neighbour indices by source, empty for a catalogue small enough to scan."""
        return indices(self.sources, items=len(self.data.items))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items) for the judge: the ranker over the whole catalogue, without rules."""
        if self.ranker is None:
            return next(iter(self.sources.values())).score(histories)
        return self.ranker.score(histories, sources=self.sources, shelf=self.shelf)

    def recommend(
        self,
        user: str,
        situation: Situation | None = None,
        *,
        history: Sequence[str] | None = None,
        surface: Surface | None = None,
    ) -> Recommendation:
        """Items for `user`, whose history is looked up unless item ids are given, as `surface` shows them.

        Without a surface all sources propose and the rules of the configuration decide. Raises UnknownUser,
        UnknownItem, EmptyHistory, InvalidSituation for a surface that lacks what it goes on from, InvalidConfig for
        one that names a source there is not, and InvalidScores when a source or the ranker returns NaN.
        """
        situation = situation or (Situation(size=surface.places) if surface else Situation())
        past = self.past(user, history, surface)
        proposals = self.proposed(past, situation, surface)
        ranked = self.ranked(proposals, surface)
        seen = frozenset(self.data.items[item].id for item in past.row(0))
        slate, changes = self.ruled(ranked, replace(situation, seen=situation.seen | seen), surface)
        return Recommendation(
            slate[: situation.size], changes, ranked, len(merged(proposals)), proposals.cold
        )

    def past(self, user: str, history: Sequence[str] | None, surface: Surface | None = None) -> Histories:
        """A single row: what is gone on from. Raises UnknownUser, UnknownItem, EmptyHistory, InvalidSituation."""
        if history is None and surface is not None and surface.continues is Continues.PLAYLIST:
            raise InvalidSituation(
                f"surface {surface.name!r} goes on from a playlist; give its item ids as the history"
            )
        if history is None:
            row = self.data.user_index(user)
            past = self.data.histories.slice(row, row + 1)
        else:
            items = [self.data.item_index(item) for item in history]
            past = Histories.of([items], item_count=len(self.data.items))
        if not (len(past.items) or (surface and surface.cold)):
            raise EmptyHistory(f"user {user!r} has no history; give one, or recommend by popularity instead")
        return past

    def proposed(
        self, past: Histories, situation: Situation, surface: Surface | None = None, *, deeper: int = 1
    ) -> Proposals:
        """Who proposes what. What was seen is proposed too: dropping it is a rule's affair.

        deeper: times as many as are taken, to see how far away an item is. Raises InvalidConfig, InvalidSituation,
        InvalidScores.
        """
        named = surface.sources if surface and surface.sources else tuple(self.sources)
        cold = surface.cold if surface and not len(past.items) else ""
        if unknown := {*named, *filter(None, [cold])} - self.sources.keys():
            raise InvalidConfig(
                f"surface {surface.name if surface else ''!r} asks {', '.join(sorted(map(repr, unknown)))}, "
                f"which this pipeline has not; its sources are {', '.join(self.sources)}"
            )
        count = deeper * ((surface.take if surface else self.config.take) + len(past.items))
        ready = self._asking(surface.verticals if surface else ())
        listener = Listener.of(
            past, {cold: ready[cold]} if cold else ready, ordered=self.data.ordered and not cold
        )
        if surface is not None and surface.continues is Continues.QUERY:
            found = self._worded(situation, surface, count)
            return Proposals({WORDS: found}, listener, cold)
        proposers = (cold,) if cold else named
        return Proposals({name: listener.asked[name].best(count) for name in proposers}, listener, cold)

    def ranked(
        self, proposals: Proposals, surface: Surface | None = None, *, ranker: LinearRanker | None = None
    ) -> Slate:
        """What was proposed, best first, by this ranker or another; of a surface the best `keep` beside the history.

        Raises InvalidScores.
        """
        items = merged(proposals)
        scores = self.scores(proposals, items, ranker=ranker)
        order = np.lexsort((items, -scores))
        if surface is not None:
            order = order[: surface.keep + len(proposals.listener.past.items)]
        best = items[order].tolist()
        shelf = self.data.items
        return tuple(
            Candidate(shelf[item], score, *held)
            for item, score, held in zip(best, scores[order].tolist(), places(proposals, best), strict=True)
        )

    def scores(
        self, proposals: Proposals, items: NDArray[np.int64], *, ranker: LinearRanker | None = None
    ) -> NDArray[np.float32]:
        """(items,) what the ranker says of them; the first proposer where there is none, or no history to go by."""
        ranker = ranker or self.ranker
        listener = proposals.listener
        if ranker is None or proposals.cold:
            scores = next(iter(listener.asked.values())).at(items)
        else:
            scores = ranker.score_at(listener, items, shelf=self.shelf)
        faulty = np.flatnonzero(~np.isfinite(scores))
        if len(faulty):
            raise InvalidScores(
                f"item {self.data.item_ids[items[faulty[0]]]!r} was scored {scores[faulty[0]]} for user index "
                f"{listener.past.users[0]}; train the model again"
            )
        return scores

    def ruled(
        self, slate: Slate, situation: Situation, surface: Surface | None = None
    ) -> tuple[Slate, tuple[Change, ...]]:
        """What the rules leave, in their order, and what they did."""
        changes: list[Change] = []
        for config in self.rules(surface):
            ruling = stage("rules", config.model_dump()["kind"]).make(slate, situation, config)
            slate = ruling.slate
            changes.extend(ruling.changes)
        return slate, tuple(changes)

    def rules(self, surface: Surface | None = None) -> tuple[Config, ...]:
        """Those that decide."""
        return surface.rules if surface else self.config.rules

    def _worded(
        self, situation: Situation, surface: Surface, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if not situation.query.strip():
            raise InvalidSituation(f"surface {surface.name!r} goes on from a query; give its words")
        found = self.words.matching(situation.query)
        among = self.among(surface.verticals)
        return worded(found if among is None else np.intersect1d(found, among), self.data.counts, count)

    def _asking(self, verticals: tuple[Vertical, ...]) -> Mapping[str, Asking]:
        """Every source, ready to propose items of these verticals; kept, because an index may have to be made."""
        if verticals not in self._ready:
            among = self.among(verticals)
            self._ready[verticals] = {
                name: asking(source, among=among, index=self.indices.get(name))
                for name, source in self.sources.items()
            }
        return self._ready[verticals]

    def among(self, verticals: tuple[Vertical, ...]) -> NDArray[np.int64] | None:
        """Items of these verticals, ascending; None for all."""
        if not verticals:
            return None
        wanted = [place for place, vertical in enumerate(Vertical) if vertical in verticals]
        return np.flatnonzero(np.isin(self.data.verticals, wanted))
