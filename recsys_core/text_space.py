"""Content vectors from text: what an item is called, who made it and how it is tagged, through somebody's embedder.

This package knows no model of language. Whoever has one passes it in as a `TextEmbedder`; `cuebook recsys embed-texts`
passes the assistant's own. The result is an artifact with a vector space that learned from no interactions, so that the
stage `ann` may read it under any protocol, for items that nobody has heard too.
"""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_core.config import Config
from recsys_core.data.items import Item
from recsys_core.errors import InvalidData
from recsys_core.manifest import Manifest, Name
from recsys_core.recipes.inputs import DataConfig, read_data, source_hash
from recsys_core.recipes.recipe import Made, Prepared, Progress, Recipe, run, silent
from recsys_core.space import Lineage, Placed, VectorSpace

BATCH = 256
NAME = "embed_texts"


class TextEmbedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Identifies the model and its revision: vectors of equal names stand in one space."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, d)."""
        ...


class TextsConfig(Config):
    """embedder: its name, so that a space of another one is another artifact."""

    name: Name
    data: DataConfig
    embedder: str = Field(min_length=1)


def text_of(item: Item) -> str:
    """Title, creator and attributes as one text; "" for an item of which nothing is known but its id."""
    told = (item.title, f"by {item.creator}" if item.creator else "", ", ".join(item.attributes))
    return ". ".join(part for part in told if part)


def embed_texts(
    data: DataConfig, embedder: TextEmbedder, out: Path, *, name: str, progress: Progress = silent
) -> Manifest:
    """Make the artifact `out`, or return what an earlier run made there.

    Raises InvalidData where no item has a text, and what the readers, `run` and the embedder raise.
    """
    config = TextsConfig(name=name, data=data, embedder=embedder.name)
    recipe = Recipe(TextsConfig, _inputs, partial(_make, embedder))
    return run(Prepared(NAME, recipe, config, Path.cwd()), out, progress=progress)


def _inputs(config: TextsConfig, base: Path) -> dict[str, str]:
    return {"data": source_hash(config.data.place(base)), "embedder": config.embedder}


def _make(embedder: TextEmbedder, config: TextsConfig, base: Path, draft: Path, progress: Progress) -> Made:
    progress("read", 0, 1)
    data, used = read_data(config.data.place(base), config.data.format)
    progress("read", 1, 1)
    start = time.process_time()
    texts = [text_of(item) for item in data.items]
    told = [row for row, text in enumerate(texts) if text]
    if not told:
        raise InvalidData(
            f"no item of {data.name} has a title, creator or attribute; there is no text to make vectors of"
        )
    blocks = []
    for first in range(0, len(told), BATCH):
        progress("embed", first, len(told))
        blocks.append(embedder.embed([texts[row] for row in told[first : first + BATCH]]))
    progress("embed", len(told), len(told))
    placed = Placed.of(
        tuple(data.item_ids[row] for row in told), np.concatenate(blocks).astype(np.float32, copy=False)
    )
    lineage = Lineage(made_by=embedder.name, data=data.hash)
    space = VectorSpace.of({"items": placed}, measure="cosine", lineage=lineage)
    indexed = space.write(draft).graph is not None
    return Made(
        kind="embedding",
        name=config.name,
        data=used,
        requires=("numpy", "safetensors", *(("voyager",) if indexed else ())),
        facts={
            "model": embedder.name,
            "items": len(data.items),
            "placed": {"items": len(placed.ids)},
            "dimensions": space.dimensions,
            "measure": "cosine",
            "search": "voyager" if indexed else "exact",
        },
        seconds={"embed": time.process_time() - start},
    )
