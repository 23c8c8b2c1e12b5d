"""The action `find_similar_items`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.models.book import translated
from tools.models.semantic_ids import coded_vectors, semantic_ids
from tools.run import Run
from tools.shapes import Input, Output

if TYPE_CHECKING:
    from recsys_core.semantic_ids import SemanticIds
    from recsys_core.semantic_ids.clusters import Vectors
    from recsys_core.semantic_ids.similar import Like


class FindSimilarItems(Input):
    item: str = Field(min_length=1, max_length=200, description="An item id.")
    k: int = Field(default=10, ge=1, le=50, description="Most items in each list.")
    model: str = Field(
        default="",
        max_length=140,
        description="Semantic IDs: name:version, name@alias or a name; by default the newest.",
    )


class SimilarItem(Output):
    item: str = Field(description="Its id.")
    id: str = Field(description="Its semantic ID.")
    title: str = Field(description="Its title; empty where the data has none.")
    creator: str = Field(description="Artist, show or author; empty where unknown.")
    codes: int = Field(description="How many codes it has in common with the item, from the first on.")
    cosine: float | None = Field(description="Of the two vectors; null where the vectors are not registered.")


class SimilarItems(Output):
    text: str = Field(description="Both lists compared, in a sentence or two.")
    model: str = Field(description="name:version of the semantic IDs.")
    spaces: tuple[str, ...] = Field(description="The vector spaces that they were learned from.")
    item: str = Field(description="The item that was asked for.")
    id: str = Field(description="Its semantic ID.")
    by_prefix: tuple[SimilarItem, ...] = Field(
        description="Items whose ID begins alike, most codes in common first."
    )
    by_vector: tuple[SimilarItem, ...] = Field(description="Items with the nearest vectors, nearest first.")
    in_both: int = Field(description="How many items stand in both lists.")


_EXAMPLES = (
    "which items are similar to {item}",
    "find items similar to {item}",
    "what is like {item} by semantic ID and by vector",
    "nearest items to {item} in {model}",
    "show neighbours of item {item} by prefix and by vector",
    "similar items for {item}",
    "which tracks resemble {item}",
    "compare the neighbours of {item} by codes and by vectors",
)


@action(effect=Effect.READS, scope="models:read", examples=_EXAMPLES)
async def find_similar_items(input: FindSimilarItems, run: Run) -> SimilarItems:
    """Find items like one item, by the prefix of its semantic ID and by the vectors that were coded, and compare the two.

    Where the lists differ, coding lost what the vectors tell.
    """
    return await run.in_thread(_found, input)


def _found(input: FindSimilarItems, run: Run) -> SimilarItems:
    from recsys_core.semantic_ids.identifiers import written
    from recsys_core.semantic_ids.similar import by_prefix, by_vector

    version, ids = semantic_ids(input.model, run.models)
    with translated():
        row = ids.row_of(input.item)
    spaces, vectors = coded_vectors(version, run.models)
    prefix = by_prefix(ids, row, input.k)
    vector = () if vectors is None else by_vector(ids, vectors, row, input.k)
    in_both = len({each.row for each in prefix} & {each.row for each in vector})
    own = written(ids.of(input.item))
    return SimilarItems(
        text=f"The ID of {input.item} is {own}. {_told(prefix, vector, in_both, vectors is not None, spaces)}",
        model=version.ref,
        spaces=spaces,
        item=input.item,
        id=own,
        by_prefix=_items(ids, vectors, row, prefix),
        by_vector=_items(ids, vectors, row, vector),
        in_both=in_both,
    )


def _items(
    ids: "SemanticIds", vectors: "Vectors | None", row: int, found: "Sequence[Like]"
) -> tuple[SimilarItem, ...]:
    from recsys_core.semantic_ids.identifiers import written

    return tuple(
        SimilarItem(
            item=ids.items[like.row].id,
            id=written(ids.codes[like.row].tolist()),
            title=ids.items[like.row].title,
            creator=ids.items[like.row].creator,
            codes=like.codes,
            cosine=None if vectors is None else round(float(vectors[like.row] @ vectors[row]), 4),
        )
        for like in found
    )


def _told(
    prefix: "Sequence[Like]", vector: "Sequence[Like]", in_both: int, known: bool, spaces: Sequence[str]
) -> str:
    if not known:
        return (
            f"The vectors are not compared: not all of {', '.join(spaces)} are registered; "
            "register the spaces that the IDs were learned from."
        )
    if not prefix:
        return (
            "No other ID begins with its first code, so there is nothing to compare the nearest vectors with."
        )
    alike = sum(each.codes > 0 for each in vector)
    return (
        f"{in_both} of the {len(vector)} items with the nearest vectors are among the {len(prefix)} that its prefix "
        f"leads to, and {alike} of them begin with its first code."
    )
