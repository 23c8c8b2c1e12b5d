"""The action `preview_recommendations`."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.example import Example
from tools.models.listeners import moment, one_of, past_of
from tools.run import Run
from tools.shapes import Input, Output, Texts
from tools.things import Names, Said, Thing

if TYPE_CHECKING:
    from recsys_core import Pipeline, Recommendation
    from recsys_core.config import Config
    from recsys_core.rules import Candidate, Change
    from recsys_core.surface import Surface

_MOST_CHANGES = 100
_PLACES_SHOWN = 10

_PLACES = Said(
    called=(
        "recs",
        "recommendations",
        "items",
        "places",
        "slots",
        "suggestions",
        "picks",
        "tracks",
        "slate of",
        "list of",
    )
)
_MARKETS = Said(
    values=(
        ("AU", ("australia", "australian market")),
        ("BR", ("brazil", "brazilian market")),
        ("CA", ("canada", "canadian market")),
        ("DE", ("germany", "german market")),
        ("DK", ("denmark", "danish market")),
        ("ES", ("spain", "spanish market")),
        ("FI", ("finland", "finnish market")),
        ("FR", ("france", "french market")),
        ("GB", ("britain", "british market")),
        ("IN", ("india", "indian market")),
        ("IT", ("italy", "italian market")),
        ("JP", ("japan", "japanese market")),
        ("MX", ("mexico", "mexican market")),
        ("NL", ("netherlands", "dutch market")),
        ("NO", ("norway", "norwegian market")),
        ("PL", ("poland", "polish market")),
        ("PT", ("portugal", "portuguese market")),
        ("SE", ("sweden", "swedish market")),
        ("US", ("america", "american market")),
    )
)
_CLEAN = Said(
    values=(
        (
            False,
            (
                "nothing explicit",
                "no explicit",
                "without explicit",
                "clean",
                "family friendly",
                "kid safe",
                "non explicit",
            ),
        ),
        (True, ("explicit allowed", "explicit is fine", "with explicit")),
    )
)


class PreviewRecommendations(Input):
    model: str = Field(
        default="",
        max_length=140,
        description="name:version, name@alias or a name (its newest); by default what serves the surface.",
    )
    surface: Annotated[str, Names(Thing.SURFACE)] = Field(
        default="",
        max_length=64,
        description="With sources and rules of a surface, such as home, search or podcasts.",
    )
    query: str = Field(default="", max_length=300, description="What is searched for, on a search surface.")
    user: str = Field(default="", max_length=200, description="User id.")
    history: Texts = Field(default=(), max_length=500, description="Instead: item ids, oldest first.")
    k: Annotated[int, _PLACES] = Field(
        default=0, ge=0, le=50, description="Places shown; 0 for as many as the surface has, or 10."
    )
    market: Annotated[str, _MARKETS] = Field(
        default="", pattern=r"^(?:[A-Z]{2})?$", description="ISO 3166 country code."
    )
    explicit_allowed: Annotated[bool, _CLEAN] = Field(
        default=True, description="May explicit items be shown?"
    )
    at: str = Field(default="", max_length=40, description="Now, ISO 8601, for rules of freshness.")


class Proposal(Output):
    source: str = Field(description="Source that proposed it, e.g. item_knn.")
    rank: int = Field(description="Its place in that source's proposals, from 1; seen items count.")
    score: float = Field(description="That source's score; comparable within this source only.")


class ShownItem(Output):
    rank: int = Field(description="Place, from 1.")
    item: str = Field(description="Its id.")
    title: str = Field(description="Its title; empty where the data has none.")
    vertical: str = Field(description="track, episode, audiobook or other.")
    creator: str = Field(description="Artist, show or author; empty where unknown.")
    score: float = Field(description="The ranker's score; only the order within one slate means something.")
    proposed_by: tuple[Proposal, ...] = Field(description="Every source that proposed it.")


class RuleChange(Output):
    rule: str = Field(description="The business rule.")
    item: str = Field(description="The item it changed.")
    title: str = Field(description="Its title.")
    action: str = Field(description="removed or moved.")
    before: int = Field(description="Place before the rule, from 1.")
    after: int | None = Field(description="Place after it; null when removed.")
    reason: str = Field(description="Why.")


class RuleCount(Output):
    rule: str = Field(description="The business rule.")
    removed: int = Field(description="How many items it removed.")
    moved: int = Field(description="How many items it brought forward.")


class Preview(Output):
    model: str = Field(description="name:version of the pipeline.")
    digest: str = Field(description="SHA-256 of its artifact.")
    surface: str = Field(description="The surface; empty where the pipeline's own rules decided.")
    owner: str = Field(description="Who answers for the surface; empty without one.")
    history: int = Field(description="How many items of history it was given.")
    cold: str = Field(description="Source whose order stood because there was no history; else empty.")
    candidates: int = Field(description="How many different items the sources proposed.")
    items: tuple[ShownItem, ...] = Field(description="The slate, best first.")
    rules: tuple[RuleCount, ...] = Field(description="The rules in their order, with what each changed.")
    changes: tuple[RuleChange, ...] = Field(
        description="What the rules changed, in their order: at most 100, of the best-placed items."
    )
    changes_total: int = Field(description="How many changes there were.")


_EXAMPLES: tuple[str | Example, ...] = (
    "what would {model} recommend to user {user}",
    "preview recommendations of {model} for user {user}",
    "show the top {k} recommendations of {model} for user {user}",
    "recommend {k} items to user {user} with {model}",
    "preview the slate of {model} for user {user} in market {market}",
    "what does {model} show to user {user}",
    "preview {model} for someone who played {history}",
    "show what user {user} would see from {model}",
    Example(
        "recommend without explicit items to user {user} with {model}", means={"explicit_allowed": False}
    ),
    "which {k} items would user {user} get from {model}",
    "what would user {user} be shown by {model}",
    "try out {model} for user {user}",
    "sample recommendations from {model} for user {user}",
    "give user {user} some suggestions from {model}",
    "simulate the feed of user {user} with {model}",
    "who proposed the items that {model} shows to user {user}",
    "what would user {user} see if we served {model} with {k} places",
    "let me try {model} on user {user}",
    "make some recommendations for user {user} with {model}",
    "what shows up for user {user} on {model}, top {k}",
    "user {user}, market {market}, what does {model} give",
    "show me a slate of {k} for user {user}",
    "what would somebody who listened to {history} get from {model}",
    "recommendations for user {user}, {model}, {k} items",
    "what does {model} show to {user}",
    "{k} picks for listener {user} from {model}",
    "what does user {user} see on {surface}",
    "preview {surface} for user {user}",
    "show the {surface} surface for user {user} in market {market}",
)


@action(effect=Effect.READS, scope="models:preview", examples=_EXAMPLES)
async def preview_recommendations(input: PreviewRecommendations, run: Run) -> Preview:
    """Show what a registered pipeline would recommend to a user or for a history, and why.

    Answers who proposed each item, scores, and what each rule changed.
    """
    return await run.in_thread(_preview, input)


def _preview(input: PreviewRecommendations, run: Run) -> Preview:
    one_of(input.user, input.history)
    now = moment(input.at)
    book = run.models
    surface = book.surface(input.surface.lower()) if input.surface else None
    asked = input.model or (surface.model if surface else "")
    if not asked:
        raise InvalidArguments("model, surface: give a pipeline, or a surface whose pipeline it is")
    if input.query and (surface is None or surface.continues != "query"):
        raise InvalidArguments(f"query: {input.query!r} is for a search surface; name one as surface")
    version = book.version(asked)
    pipeline = book.pipeline(version)
    past = past_of(input.user, input.history, pipeline, surface)
    found = _recommended(input, pipeline, past, now, surface)
    best = set(sorted(range(len(found.changes)), key=lambda at: found.changes[at].before)[:_MOST_CHANGES])
    return Preview(
        model=version.ref,
        digest=version.digest,
        surface=surface.name if surface else "",
        owner=surface.owner if surface else "",
        history=len(past),
        cold=found.cold,
        candidates=found.candidates,
        items=tuple(_shown(rank, candidate) for rank, candidate in enumerate(found.shown, start=1)),
        rules=_counts(pipeline.rules(surface), found.changes),
        changes=tuple(_change(change, pipeline) for at, change in enumerate(found.changes) if at in best),
        changes_total=len(found.changes),
    )


def _recommended(
    input: PreviewRecommendations,
    pipeline: "Pipeline",
    past: tuple[str, ...],
    now: int | None,
    surface: "Surface | None",
) -> "Recommendation":
    from recsys_core.rules import Situation
    from tools.models.book import translated

    situation = Situation(
        size=input.k or (surface.places if surface else _PLACES_SHOWN),
        market=input.market or None,
        explicit_allowed=input.explicit_allowed,
        now=now,
        query=input.query,
    )
    with translated():
        return pipeline.recommend(input.user or "a given history", situation, history=past, surface=surface)


def _shown(rank: int, candidate: "Candidate") -> ShownItem:
    item = candidate.item
    return ShownItem(
        rank=rank,
        item=item.id,
        title=item.title,
        vertical=item.vertical.value,
        creator=item.creator,
        score=candidate.score,
        proposed_by=tuple(
            Proposal(source=source, rank=place, score=score)
            for source, place, score in zip(candidate.sources, candidate.ranks, candidate.scores, strict=True)
        ),
    )


def _counts(rules: "tuple[Config, ...]", changes: "tuple[Change, ...]") -> tuple[RuleCount, ...]:
    counted = Counter((change.rule, change.action) for change in changes)
    kinds = [str(config.model_dump()["kind"]) for config in rules]
    return tuple(
        RuleCount(rule=kind, removed=counted[kind, "removed"], moved=counted[kind, "moved"])
        for kind in dict.fromkeys(kinds)
    )


def _change(change: "Change", pipeline: "Pipeline") -> RuleChange:
    return RuleChange(
        rule=change.rule,
        item=change.item,
        title=pipeline.data.items[pipeline.data.item_index(change.item)].title,
        action=change.action,
        before=change.before,
        after=change.after,
        reason=change.reason,
    )
