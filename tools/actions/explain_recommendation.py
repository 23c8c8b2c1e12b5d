"""The action `explain_recommendation`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import ActionError, InvalidArguments
from tools.example import Example
from tools.models.alias_history import before
from tools.models.book import translated
from tools.models.journeys import ItemJourney, VersionsParting, item_journey, versions_parting
from tools.models.listeners import item_called, moment, one_of, past_of
from tools.models.refs import split_ref
from tools.run import Run
from tools.shapes import Input, Output, Texts
from tools.things import Names, Thing

if TYPE_CHECKING:
    from recsys_core import Pipeline
    from recsys_core.explanation import Parting, Request
    from recsys_core.registry import ModelVersion
    from tools.models.book import ModelBook

ALIAS = "production"


class ExplainRecommendation(Input):
    item: str = Field(min_length=1, max_length=200, description="Item id, or its title.")
    user: str = Field(default="", max_length=200, description="User id.")
    history: Texts = Field(default=(), max_length=500, description="Instead: item ids, oldest first.")
    surface: Annotated[str, Names(Thing.SURFACE)] = Field(
        default="home", max_length=64, description="Where, such as home, search or podcasts."
    )
    model: str = Field(
        default="",
        max_length=140,
        description="Pipeline: name:version, name@alias or a name; by default what serves the surface.",
    )
    against: Annotated[str, Names(Thing.MODEL)] = Field(
        default="",
        max_length=140,
        description="Version to compare with; by default the one that its alias pointed to before.",
    )
    query: str = Field(default="", max_length=300, description="What was searched for, on a search surface.")
    market: str = Field(default="", pattern=r"^(?:[A-Z]{2})?$", description="ISO 3166 country code.")
    explicit_allowed: bool = Field(default=True, description="May explicit items be shown?")
    at: str = Field(default="", max_length=40, description="Now, ISO 8601, for rules of freshness.")


class Explanation(Output):
    text: str = Field(description="The explanation in sentences, a line a layer.")
    model: str = Field(description="name:version of the pipeline.")
    surface: str = Field(description="The surface.")
    owner: str = Field(description="Who answers for the surface.")
    item: str = Field(description="Id of the item.")
    title: str = Field(description="Its title; empty where the data has none.")
    now: ItemJourney = Field(description="The item's way through this version, layer by layer.")
    against: VersionsParting | None = Field(
        description="The same in the last good version and the layer at which they part; null without one."
    )
    note: str = Field(description="Why there is no comparison; else empty.")


_EXAMPLES: tuple[str | Example, ...] = (
    "why was {item} recommended to user {user}",
    "why is {item} shown to user {user} on {surface}",
    "why is {item} not shown on {surface} to user {user}",
    "why does user {user} not get {item}",
    "why did user {user} get {item} on {surface}",
    "explain why {item} is recommended to user {user}",
    "explain the recommendation of {item} for user {user}",
    "why does user {user} no longer see {item} on {surface}",
    "what changed for {item} and user {user}",
    "why is {item} missing from {surface} for user {user}",
    "which layer keeps {item} from user {user}",
    "which rule removed {item} for user {user}",
    "why isn't {item} on {surface}",
    "why does {model} show {item} to user {user}",
    "where did {item} get lost for user {user}",
    "why {item} for user {user}",
    "compare with {against} why {item} is shown to user {user}",
)


@action(effect=Effect.READS, scope="models:preview", examples=_EXAMPLES)
async def explain_recommendation(input: ExplainRecommendation, run: Run) -> Explanation:
    """Explain why an item is shown to a user on a surface, or why not, and what changed since the last good version.

    Walks history, candidates, ranker and rules, and names the layer that decided.
    """
    return await run.in_thread(_explained, input)


def _explained(input: ExplainRecommendation, run: Run) -> Explanation:
    from recsys_core.explanation import Request, follow, told, told_of_parting
    from recsys_core.rules import Situation

    one_of(input.user, input.history)
    now_at = moment(input.at)
    book = run.models
    surface = book.surface(input.surface.lower())
    asked = input.model or surface.model
    version = book.version(asked)
    pipeline = book.pipeline(version)
    item = item_called(input.item, pipeline)
    situation = Situation(
        size=surface.places,
        market=input.market or None,
        explicit_allowed=input.explicit_allowed,
        now=now_at,
        query=input.query,
    )
    request = Request(past_of(input.user, input.history, pipeline, surface), situation, surface)
    with translated():
        journey = follow(pipeline, item, request)
    earlier, note = _earlier(input.against, asked, version, book)
    parting = None
    if earlier is not None:
        try:
            other = book.pipeline(earlier)
            parting = _parting(pipeline, other, item, request=request, user=input.user)
        except ActionError as error:
            note = f"{earlier.ref} cannot be compared with: {error}"
    lines = [*told(journey)]
    if parting is not None and earlier is not None:
        lines += told_of_parting(parting, now=version.ref, before=earlier.ref)
    return Explanation(
        text="\n".join([*lines, *([note] if note else ())]),
        model=version.ref,
        surface=surface.name,
        owner=surface.owner,
        item=item,
        title=journey.item.title,
        now=item_journey(journey),
        against=versions_parting(parting, earlier.ref)
        if parting is not None and earlier is not None
        else None,
        note=note,
    )


def _earlier(
    against: str, asked: str, version: "ModelVersion", book: "ModelBook"
) -> "tuple[ModelVersion | None, str]":
    """The version to compare with, or why there is none. Raises `NotFound`, `InvalidArguments`."""
    if against:
        found = book.version(against)
        if found.digest == version.digest:
            raise InvalidArguments(f"against: {against!r} is {version.ref} itself; name another version")
        return found, ""
    held = split_ref(asked)[1]
    alias = held if isinstance(held, str) else ALIAS
    number = before(book.history(version.name), alias, version.version)
    if number is None:
        return (
            None,
            f"{version.name}@{alias} pointed to no version before {version.ref}, so nothing is compared.",
        )
    return book.version(f"{version.name}:{number}"), ""


def _parting(
    pipeline: "Pipeline",
    other: "Pipeline",
    item: str,
    *,
    request: "Request",
    user: str,
) -> "Parting":
    """With the history that the earlier version has of the user; with the given one where it has none."""
    from recsys_core.explanation import part

    past, data = request.history, other.data
    if user in set(data.user_ids):
        past = tuple(data.items[each].id for each in data.histories.row(data.user_index(user)))
    there = set(data.item_ids)
    with translated():
        return part(
            pipeline,
            other,
            item,
            request,
            replace(request, history=tuple(each for each in past if each in there)),
        )
