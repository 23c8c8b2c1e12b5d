"""The action `query_catalog`."""

from pydantic import Field

from tools.action import action
from tools.bounds import fitting
from tools.cards import EntityLine, line
from tools.effect import Effect
from tools.run import Run
from tools.shapes import Input, Output

_FEW = 50  # entities that are made into lines within a millisecond


class QueryCatalog(Input):
    kind: str = Field(
        default="", max_length=100, description="Kind, e.g. component, api, resource, system, group."
    )
    type: str = Field(default="", max_length=100, description="spec.type, e.g. service, website, model.")
    owner: str = Field(default="", max_length=200, description="Owning group or user, by name or ref.")
    system: str = Field(default="", max_length=200, description="System, by name or ref.")
    lifecycle: str = Field(
        default="", max_length=100, description="E.g. production, experimental, deprecated."
    )
    tag: str = Field(default="", max_length=100, description="A tag.")
    text: str = Field(
        default="", max_length=300, description="Words that name, title, description or tags must contain."
    )
    limit: int = Field(default=25, ge=1, le=200, description="Most entities to return.")
    offset: int = Field(default=0, ge=0, description="Where to go on: next_offset of the last answer.")


class Matches(Output):
    total: int = Field(description="How many entities match in all.")
    items: tuple[EntityLine, ...] = Field(description="This part of them, in order of their refs.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


_EXAMPLES = (
    "list the {type} components owned by {owner}",
    "list all {kind}",
    "list all {lifecycle} components",
    "show everything tagged {tag}",
    "list all deprecated components",
    "show the production services of {owner}",
    "show all {lifecycle} components",
    "which components have the tag {tag}",
    "list everything {owner} owns",
    "count the {kind} in the catalog",
    "how many {kind} are there",
    "list the {lifecycle} {kind} of {owner}",
    "list the parts of the system {system}",
    "find entities tagged {tag}",
    "show me all {type} in the catalog",
    "list entities whose description mentions {text}",
    "give me every component of {owner}",
    "all {type} in the catalog",
    "which {kind} belong to {system}",
    "filter the catalog by tag {tag}",
    "what are the {lifecycle} {type} components",
    "enumerate the {kind}",
    "components owned by {owner}",
    "list {kind} of type {type}",
    "what {kind} exist",
    "which {kind} does {owner} own",
    "what is tagged {tag} in the catalog",
    "show {type} in {lifecycle}",
    "every {kind} that {owner} owns",
    "overview of all {kind}",
    "list what runs in {lifecycle}",
    "which {type} are in the catalog",
    "do we have any {type} in the catalog",
    "how many {type} does {owner} have",
    "all {type} that {owner} runs",
    "give me {limit} {kind}",
    "{lifecycle} {kind} of {owner}",
    "everything tagged {tag}",
    "what is in the catalog for {system}",
    "{type} in the system {system}",
    "which {type} do we have in the catalog",
    "what does {owner} own",
)


@action(effect=Effect.READS, scope="catalog:read", examples=_EXAMPLES)
async def query_catalog(input: QueryCatalog, run: Run) -> Matches:
    """List or count catalog entities that meet every given filter.

    Use it for exact lists and counts ("which production services does team x own"); without filters it lists
    all. `total` counts all matches, not only this part.
    """
    few = input.limit <= _FEW and not input.text
    return await (run.at_once if few else run.in_thread)(_matches, input)


def _matches(input: QueryCatalog, run: Run) -> Matches:
    filters = input.model_dump(exclude={"limit", "offset"})
    found = run.catalog.query(**{name: value or None for name, value in filters.items()})
    items = fitting(
        line(entity, concern=run.concern(entity)) for entity in found[input.offset :][: input.limit]
    )
    end = input.offset + len(items)
    return Matches(
        total=len(found),
        items=items,
        next_offset=end if end < len(found) else None,
    )
