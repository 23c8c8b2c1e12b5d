"""The way of one item through a pipeline for one listener: candidates, ranker, rules, and where it ended.

It is followed with the pipeline's own stages, so what is told here is what is served.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.data.items import Item
from recsys_core.pipeline import Pipeline
from recsys_core.proposals import WORDS, Proposals, merged
from recsys_core.rules.slate import Situation, Slate
from recsys_core.stages import stage
from recsys_core.surface import Surface
from recsys_core.words import words


class Layer(StrEnum):
    """Parts of a pipeline, in the order in which a request passes them."""

    CATALOGUE = "catalogue"
    USER = "user"
    CANDIDATES = "candidates"
    RANKER = "ranker"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: items of the history, oldest first, as ids; and where it is shown."""

    history: tuple[str, ...]
    situation: Situation
    surface: Surface | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An item in one source's list. rank: its place, from 1; None for a score that says nothing of it. takes: how deep
    the source proposes. asked: the surface asks this source."""

    source: str
    rank: int | None
    score: float
    takes: int
    proposes: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What a feature adds to the item's score, and to the score of the item it is measured against; None for none."""

    feature: str
    adds: float
    against: float | None


@dataclass(frozen=True, slots=True)
class RuleStep:
    """What a rule did to the item: places from 1, `after` None when it was removed."""

    rule: str
    before: int
    after: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Journey:
    """An item's way. place: where it is shown, None when it is not; then stopped_at is the layer that decided it.

    ranked: its place among the `candidates` before the rules, of which the best `kept` go on. against: the item that it
    is measured against, the last one shown or, for that, the first that is not. missing: words of the query it lacks.
    """

    item: Item
    history: int
    heard: bool
    cold: str
    sources: tuple[Standing, ...]
    allowed: bool
    missing: tuple[str, ...]
    candidates: int
    kept: int
    ranked: int | None
    score: float
    against: Item | None
    against_score: float | None
    shares: tuple[Share, ...]
    rules: tuple[RuleStep, ...]
    size: int
    place: int | None
    stopped_at: Layer | None


def follow(pipeline: Pipeline, item: str, request: Request) -> Journey:
    """The way of the item with this id. Raises what `Pipeline.recommend` raises, UnknownItem."""
    number = pipeline.data.item_index(item)
    surface, situation = request.surface, _seen(request)
    past = pipeline.past("the listener", request.history, surface)
    proposals = pipeline.proposed(past, situation, surface)
    items = merged(proposals)
    slate = pipeline.ranked(proposals, surface)
    score = float(pipeline.scores(proposals, np.array([number], dtype=np.int64))[0])
    proposed = bool(np.isin(number, items))
    scores = pipeline.scores(proposals, items)
    ranked = int(((scores > score) | ((scores == score) & (items < number))).sum()) + 1 if proposed else None
    steps, final = _through(pipeline, slate, item, situation, surface)
    place = _place(final, item)
    shown = place if place is not None and place <= situation.size else None
    other = _against(final, item, situation.size)
    return Journey(
        item=pipeline.data.items[number],
        history=len(past.items),
        heard=item in situation.seen,
        cold=proposals.cold,
        sources=tuple(_standings(pipeline, proposals, number, surface)),
        allowed=not (surface and surface.verticals)
        or pipeline.data.items[number].vertical in surface.verticals,
        missing=_missing(pipeline.data.items[number], situation) if WORDS in proposals.found else (),
        candidates=len(items),
        kept=len(slate),
        ranked=ranked,
        score=score,
        against=other,
        against_score=_score_of(slate, other),
        shares=_shares(pipeline, proposals, number, other),
        rules=steps,
        size=situation.size,
        place=shown,
        stopped_at=None
        if shown
        else _stopped(proposed, slate if _place(slate, item) else (), steps, place, situation.size),
    )


def _seen(request: Request) -> Situation:
    return replace(request.situation, seen=request.situation.seen | frozenset(request.history))


def _through(
    pipeline: Pipeline, slate: Slate, item: str, situation: Situation, surface: Surface | None
) -> tuple[tuple[RuleStep, ...], Slate]:
    """What each rule did to the item, and the slate after the last; a rule that left it where it was is left out."""
    steps: list[RuleStep] = []
    for config in pipeline.rules(surface):
        kind = config.model_dump()["kind"]
        ruling = stage("rules", kind).make(slate, situation, config)
        before, after = _place(slate, item), _place(ruling.slate, item)
        if before is not None and before != after:
            own = next((change.reason for change in ruling.changes if change.item == item), "")
            moved = [change for change in ruling.changes if change.action == "moved"]
            reason = own or (
                f"{moved[0].item} and others came forward: {moved[0].reason}"
                if moved
                else "items before it were removed"
            )
            steps.append(RuleStep(kind, before, after, reason))
        slate = ruling.slate
    return tuple(steps), slate


def _place(slate: Slate, item: str) -> int | None:
    return next((place for place, each in enumerate(slate, start=1) if each.item.id == item), None)


def _score_of(slate: Slate, item: Item | None) -> float | None:
    return next((each.score for each in slate if item is not None and each.item.id == item.id), None)


def _against(final: Slate, item: str, size: int) -> Item | None:
    """The last item shown; for the last one shown, the first that is not."""
    shown = [each.item for each in final[:size]]
    if shown and shown[-1].id != item:
        return shown[-1]
    return final[size].item if len(final) > size else None


def _stopped(proposed: bool, slate: Slate, steps: Sequence[RuleStep], place: int | None, size: int) -> Layer:
    """slate: as it came to the rules, empty where the item did not. place: behind the last rule."""
    if not proposed:
        return Layer.CANDIDATES
    if not slate:
        return Layer.RANKER
    if place is None:
        return Layer.RULES
    pushed = sum(
        step.after - step.before for step in steps if step.after is not None and step.after > step.before
    )
    return Layer.RULES if place - pushed <= size else Layer.RANKER


def _standings(
    pipeline: Pipeline, proposals: Proposals, number: int, surface: Surface | None
) -> Iterator[Standing]:
    """In every source that could be asked, and the words of a query where they propose."""
    if WORDS in proposals.found:
        items, counts = proposals.found[WORDS]
        places = np.flatnonzero(items == number)
        rank = int(places[0]) + 1 if len(places) else None
        score = float(counts[places[0]]) if len(places) else 0.0
        yield Standing(WORDS, rank, score, takes=len(items), proposes=rank is not None, asked=True)
        return
    named = surface.sources if surface and surface.sources else tuple(pipeline.sources)
    among = pipeline.among(surface.verticals if surface else ())
    past = proposals.listener.past
    takes = (surface.take if surface else pipeline.config.take) + len(past.items)
    for name in (proposals.cold,) if proposals.cold else tuple(pipeline.sources):
        score, rank = _rank(pipeline.sources[name].score(past)[0], number, among)
        proposes = name in proposals.found and bool((proposals.found[name][0] == number).any())
        asked = name in {proposals.cold, *named}
        yield Standing(name, rank, score, takes=takes, proposes=proposes, asked=asked)


def _rank(
    scores: NDArray[np.float32], number: int, among: NDArray[np.int64] | None
) -> tuple[float, int | None]:
    """The item's score and its place among what may be proposed; no place for 0 where others have more, or -inf."""
    own = scores[number]
    rivals = scores if among is None else scores[among]
    silent = own == 0 and bool((rivals > 0).any()) and float(scores.min()) >= 0
    if silent or not np.isfinite(own) or (among is not None and not np.isin(number, among)):
        return float(own), None
    numbers = np.arange(len(scores)) if among is None else among
    return float(own), int(((rivals > own) | ((rivals == own) & (numbers < number))).sum()) + 1


def _missing(item: Item, situation: Situation) -> tuple[str, ...]:
    held = set(words(" ".join((item.title, item.creator, *item.attributes))))
    return tuple(word for word in dict.fromkeys(words(situation.query)) if word not in held)


def _shares(pipeline: Pipeline, proposals: Proposals, number: int, other: Item | None) -> tuple[Share, ...]:
    """What each feature adds, by how much it tells the two items apart; none where no ranker decides."""
    if pipeline.ranker is None or proposals.cold:
        return ()
    own = pipeline.ranker.explain(proposals.listener, number, shelf=pipeline.shelf)
    theirs = {}
    if other is not None:
        there = pipeline.data.item_index(other.id)
        theirs = pipeline.ranker.explain(proposals.listener, there, shelf=pipeline.shelf)
    shares = [Share(name, adds, theirs.get(name)) for name, adds in own.items()]
    return tuple(sorted(shares, key=lambda share: -abs(share.adds - (share.against or 0.0))))


def known(pipeline: Pipeline, items: Sequence[str]) -> Histories:
    """A row of those items that this pipeline's catalogue has."""
    there = set(pipeline.item_ids)
    kept = [pipeline.data.item_index(item) for item in items if item in there]
    return Histories.of([kept], item_count=len(there))
