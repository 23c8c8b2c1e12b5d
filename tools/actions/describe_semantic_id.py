"""The action `describe_semantic_id`."""

from typing import TYPE_CHECKING

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.models.book import translated
from tools.models.semantic_ids import semantic_ids
from tools.run import Run
from tools.shapes import Input, Output

if TYPE_CHECKING:
    from recsys_core.semantic_ids import SemanticIds
    from recsys_core.semantic_ids.meaning import Described

_ITEMS, _TRAITS, _DEEPER = 10, 8, 12


class DescribeSemanticId(Input):
    prefix: str = Field(
        default="",
        max_length=60,
        pattern=r"^[0-9-]*$",
        description="Codes from the first on, such as 12-7; empty for all.",
    )
    item: str = Field(default="", max_length=200, description="Instead: an item id, whose own ID is meant.")
    model: str = Field(
        default="",
        max_length=140,
        description="Semantic IDs: name:version, name@alias or a name; by default the newest.",
    )


class Trait(Output):
    attribute: str = Field(description="The attribute.")
    share: float = Field(description="Share of the prefix's items that have it.")
    at_large: float = Field(description="Share of all items that have it.")


class CodedItem(Output):
    item: str = Field(description="Its id.")
    id: str = Field(description="Its semantic ID.")
    title: str = Field(description="Its title; empty where the data has none.")
    creator: str = Field(description="Artist, show or author; empty where unknown.")


class NextCode(Output):
    prefix: str = Field(description="The prefix with one code more.")
    name: str = Field(description="What sets its items apart.")
    items: int = Field(description="How many items are under it.")


class SemanticIdDescription(Output):
    text: str = Field(description="The description in a sentence.")
    model: str = Field(description="name:version of the semantic IDs.")
    prefix: str = Field(description="The prefix that is described; empty for all items.")
    name: str = Field(description="Attributes that set its items apart; mixed where none does.")
    items_total: int = Field(description="How many items are under it.")
    items: tuple[CodedItem, ...] = Field(description="At most 10 of them, nearest to its centre first.")
    traits: tuple[Trait, ...] = Field(description="At most 8 attributes, those that set it apart most first.")
    deeper: tuple[NextCode, ...] = Field(description="At most 12 codes that follow, most items first.")
    deeper_total: int = Field(description="How many codes follow.")


_EXAMPLES = (
    "what does the semantic ID {prefix} mean",
    "describe the prefix {prefix}",
    "describe the semantic ID prefix {prefix} of {model}",
    "which items share the prefix {prefix}",
    "what is under the code {prefix}",
    "what is the semantic ID of item {item}",
    "semantic ID for {item}",
    "explain the semantic ID {prefix}",
    "what do the codes {prefix} stand for",
    "show the items under {prefix}",
)


@action(effect=Effect.READS, scope="models:read", examples=_EXAMPLES)
async def describe_semantic_id(input: DescribeSemanticId, run: Run) -> SemanticIdDescription:
    """Explain a semantic ID or a prefix of one by the items under it: what they have in common, and what follows.

    With an item, its ID and what shares it but for the last code.
    """
    return await run.in_thread(_described, input)


def _described(input: DescribeSemanticId, run: Run) -> SemanticIdDescription:
    from recsys_core.semantic_ids.identifiers import parsed, written
    from recsys_core.semantic_ids.meaning import described

    if input.prefix and input.item:
        raise InvalidArguments("prefix, item: give one of them")
    version, ids = semantic_ids(input.model, run.models)
    with translated():
        prefix = ids.of(input.item)[:-1] if input.item else parsed(input.prefix)
        found = described(ids, prefix)
    deeper = [
        NextCode(prefix=written((*prefix, each.code)), name=each.name, items=each.items)
        for each in found.deeper[:_DEEPER]
    ]
    return SemanticIdDescription(
        text=_told(found, input.item, ids),
        model=version.ref,
        prefix=written(prefix),
        name=found.name,
        items_total=len(found.rows),
        items=tuple(_coded(ids, row) for row in found.rows[:_ITEMS]),
        traits=tuple(
            Trait(attribute=trait.attribute, share=trait.share, at_large=trait.at_large)
            for trait in found.traits[:_TRAITS]
        ),
        deeper=tuple(deeper),
        deeper_total=len(found.deeper),
    )


def _coded(ids: "SemanticIds", row: int) -> CodedItem:
    from recsys_core.semantic_ids.identifiers import written

    item = ids.items[row]
    return CodedItem(
        item=item.id, id=written(ids.codes[row].tolist()), title=item.title, creator=item.creator
    )


def _told(found: "Described", item: str, ids: "SemanticIds") -> str:
    from recsys_core.semantic_ids.identifiers import written

    prefix = written(found.prefix) or "the whole catalogue"
    if not found.rows:
        return f"No item has an ID that begins with {prefix}; nothing was put there, or it was left free."
    own = f"The ID of {item} is {written(ids.of(item))}. " if item else ""
    apart = f"{found.name} sets them apart" if found.name != "mixed" else "no attribute sets them apart"
    return f"{own}{prefix}: {len(found.rows):,} of {len(ids.items):,} items; {apart}."
