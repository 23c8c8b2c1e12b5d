"""The action `query_catalog`."""

from pydantic import Field

from tools.action import action
from tools.cards import EntityLine, line
from tools.effect import Effect
from tools.run import Run
from tools.shapes import Input, Output


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


@action(effect=Effect.READS, scope="catalog:read")
async def query_catalog(input: QueryCatalog, run: Run) -> Matches:
    """List or count catalog entities that meet every given filter.

    Use it for exact lists and counts ("which production services does team x own"); without filters it lists
    all. `total` counts all matches, not only this part.
    """
    return await run.in_thread(_matches, input)


def _matches(input: QueryCatalog, run: Run) -> Matches:
    filters = input.model_dump(exclude={"limit", "offset"})
    found = run.catalog.query(**{name: value or None for name, value in filters.items()})
    end = input.offset + input.limit
    return Matches(
        total=len(found),
        items=tuple(line(entity) for entity in found[input.offset : end]),
        next_offset=end if end < len(found) else None,
    )
