"""An item's way through a pipeline as actions answer it."""

from typing import TYPE_CHECKING

from pydantic import Field

from tools.shapes import Output

if TYPE_CHECKING:
    from recsys_core.explanation import Journey, Parting


class SourceStanding(Output):
    source: str = Field(description="Source, e.g. item_knn; `words` for those of a query.")
    rank: int | None = Field(description="Its place there, from 1; null where nothing leads to it.")
    score: float = Field(description="The source's score; comparable within this source only.")
    takes: int = Field(description="How many items the source proposes.")
    proposes: bool = Field(description="Whether it proposed the item.")
    asked: bool = Field(description="Whether the surface asks this source.")


class FeatureShare(Output):
    feature: str = Field(description="Feature of the ranker.")
    adds: float = Field(description="What it adds to the item's score.")
    against: float | None = Field(
        description="What it adds to the item that it is measured against; null for none."
    )


class RuleEffect(Output):
    rule: str = Field(description="The business rule.")
    before: int = Field(description="Place before the rule, from 1.")
    after: int | None = Field(description="Place after it; null when removed.")
    reason: str = Field(description="Why.")


class ItemJourney(Output):
    place: int | None = Field(description="Where it is shown, from 1; null when it is not.")
    stopped_at: str = Field(
        description="Layer that kept it away: candidates, ranker or rules; empty when it is shown."
    )
    history: int = Field(description="How many items of history there were.")
    heard: bool = Field(description="Whether the item is among them.")
    cold: str = Field(description="Source whose order stood because there was no history; else empty.")
    allowed: bool = Field(description="Whether the surface proposes items of its vertical.")
    missing_words: tuple[str, ...] = Field(description="Words of the query that it has not.")
    sources: tuple[SourceStanding, ...] = Field(description="Its place in each source.")
    candidates: int = Field(description="How many different items were proposed.")
    kept: int = Field(description="How many of them go before the rules.")
    ranked: int | None = Field(description="Its place by the ranker; null when nobody proposed it.")
    score: float = Field(description="The ranker's score.")
    against: str = Field(
        description="Id of the item it is measured against: the last one shown, or the first that is not."
    )
    against_score: float | None = Field(description="The ranker's score of that one.")
    features: tuple[FeatureShare, ...] = Field(description="By how much each tells the two apart.")
    rules: tuple[RuleEffect, ...] = Field(description="Rules that moved or removed it, in their order.")


class LayerStep(Output):
    layer: str = Field(
        description="This layer and those before it are the present version's; empty for none of them."
    )
    place: int | None = Field(description="Where the item is shown then; null when it is not.")


class VersionsParting(Output):
    model: str = Field(description="name:version of the earlier version.")
    before: ItemJourney | None = Field(
        description="The item's way there; null when it had no such item or no history."
    )
    parted_at: str = Field(
        description="Layer at which the two part: catalogue, user, candidates, ranker or rules; empty for none."
    )
    steps: tuple[LayerStep, ...] = Field(description="Layer by layer from the earlier version to this one.")
    changed: tuple[str, ...] = Field(description="What differs at that layer.")


def item_journey(journey: "Journey") -> ItemJourney:
    return ItemJourney(
        place=journey.place,
        stopped_at=journey.stopped_at or "",
        history=journey.history,
        heard=journey.heard,
        cold=journey.cold,
        allowed=journey.allowed,
        missing_words=journey.missing,
        sources=tuple(
            SourceStanding(
                source=each.source,
                rank=each.rank,
                score=each.score,
                takes=each.takes,
                proposes=each.proposes,
                asked=each.asked,
            )
            for each in journey.sources
        ),
        candidates=journey.candidates,
        kept=journey.kept,
        ranked=journey.ranked,
        score=journey.score,
        against=journey.against.id if journey.against else "",
        against_score=journey.against_score,
        features=tuple(
            FeatureShare(feature=each.feature, adds=each.adds, against=each.against)
            for each in journey.shares
        ),
        rules=tuple(
            RuleEffect(rule=each.rule, before=each.before, after=each.after, reason=each.reason)
            for each in journey.rules
        ),
    )


def versions_parting(parting: "Parting", model: str) -> VersionsParting:
    return VersionsParting(
        model=model,
        before=item_journey(parting.before) if parting.before else None,
        parted_at=parting.layer or "",
        steps=tuple(LayerStep(layer=step.layer or "", place=step.place) for step in parting.steps),
        changed=parting.changed,
    )
