"""The IDs of a catalogue with the code books they come from, on disk and in memory.

    semantic_ids.json      format version, levels, codes, weights and digests of the spaces
    coded.json             item ids by row
    codes.safetensors      codes (items, levels) int32, books (levels, codes, d), turned (wide, d) where that is less, and the
                           layers of an encoder where there is one
    things.json            title, creator and attributes by row, for whoever reads a prefix
    report.json, report.svg   how good they are

It is written into the artifact folder of the recipe `learn_semantic_ids`, whose manifest hashes the files and names parents.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.items import Item
from recsys_core.errors import (
    ArtifactDamaged,
    InvalidConfig,
    InvalidData,
    UnknownItem,
)
from recsys_core.manifest import read_head
from recsys_core.semantic_ids.books import Books, Codes
from recsys_core.semantic_ids.clusters import Clusters
from recsys_core.semantic_ids.distinct import Prefix, Taken, free, shared
from recsys_core.semantic_ids.encoder import Encoder
from recsys_core.semantic_ids.mixing import Mixing
from recsys_core.space import Placed

VERSION = 1
HEAD, WEIGHTS, ITEMS, THINGS = "semantic_ids.json", "codes.safetensors", "coded.json", "things.json"


@dataclass(frozen=True, eq=False)
class SemanticIds:
    """items: what is known of each, by row. codes: (items, levels), no two rows alike. spaces: digests of what was mixed."""

    items: tuple[Item, ...]
    codes: Codes
    books: Books
    mixing: Mixing
    spaces: tuple[str, ...]

    @property
    def levels(self) -> int:
        """Codes of an ID."""
        return int(self.codes.shape[1])

    @cached_property
    def _row(self) -> dict[str, int]:
        return {item.id: row for row, item in enumerate(self.items)}

    @cached_property
    def having(self) -> Counter[str]:
        """How many items have each attribute."""
        return Counter(tag for item in self.items for tag in set(item.attributes))

    def row_of(self, item: str) -> int:
        """Row of an item. Raises UnknownItem."""
        if item not in self._row:
            raise UnknownItem(
                f"item {item[:80]!r} has no semantic ID here; it is no item of the data, or came after the IDs were learned"
            )
        return self._row[item]

    def of(self, item: str) -> Prefix:
        """The ID of an item. Raises UnknownItem."""
        return tuple(self.codes[self.row_of(item)].tolist())

    def under(self, prefix: Prefix) -> NDArray[np.int64]:
        """Rows of the items whose ID begins so, ascending. Raises InvalidConfig for what no ID can begin with."""
        if len(prefix) > self.levels or any(not 0 <= code < self.books.codes for code in prefix):
            raise InvalidConfig(
                f"{written(prefix)!r} begins no ID of these: they have {self.levels} codes from 0 to {self.books.codes - 1}"
            )
        return np.flatnonzero((self.codes[:, : len(prefix)] == np.array(prefix, np.int32)).all(axis=1))

    def placed(
        self, items: Sequence[Item], spaces: Sequence[Placed], *, digests: Sequence[str]
    ) -> "SemanticIds":
        """With new items, each at the nearest free ID; all others keep theirs. spaces: those of `digests`, with the new items.

        Raises InvalidData for spaces of another version, an item that is here already or has no vector, and where no ID is
        free.
        """
        if tuple(digests) != self.spaces:
            raise InvalidData(
                f"these IDs were learned from the spaces {_short(self.spaces)}, and {_short(digests)} were given; "
                "learn new IDs, or give vectors of the same versions"
            )
        for item in items:
            if item.id in self._row:
                raise InvalidData(
                    f"item {item.id!r} has the ID {written(self.of(item.id))} already; place new items only"
                )
        if len(self.items) + len(items) > self.books.codes**self.levels:
            raise InvalidData(
                f"{len(items)} more items do not fit into {self.books.codes} codes at {self.levels} levels"
            )
        vectors = self.mixing.mixed([item.id for item in items], spaces)
        taken = Taken()
        for row in self.codes.tolist():
            taken.add(tuple(row))
        found = []
        for vector in vectors:
            found.append(free(self.books, vector, taken))
            taken.add(found[-1])
        codes = np.concatenate([self.codes, np.array(found, dtype=np.int32).reshape(-1, self.levels)])
        return SemanticIds((*self.items, *items), codes, self.books, self.mixing, self.spaces)

    def write(self, draft: Path) -> None:
        """Put the files into a recipe's draft."""
        from safetensors.numpy import save_file

        tensors = {
            "codes": self.codes,
            "books": np.stack([level.centres for level in self.books.levels]),
            **({} if self.mixing.turned is None else {"turned": np.ascontiguousarray(self.mixing.turned)}),
            **({} if self.mixing.encoder is None else self.mixing.encoder.tensors()),
        }
        save_file(tensors, draft / WEIGHTS)
        (draft / ITEMS).write_text(json.dumps([item.id for item in self.items]), encoding="utf-8")
        things = [[item.title, item.creator, list(item.attributes)] for item in self.items]
        (draft / THINGS).write_text(json.dumps(things), encoding="utf-8")
        head = {
            "version": VERSION,
            "levels": self.levels,
            "codes": self.books.codes,
            "shapes": [level.shape for level in self.books.levels],
            "weights": self.mixing.weights,
            "widths": self.mixing.widths,
            "spaces": self.spaces,
        }
        (draft / HEAD).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")


def load_semantic_ids(folder: Path) -> SemanticIds:
    """The IDs in an artifact folder, its files checked against the manifest.

    Raises DataMissing, ArtifactVersion, ArtifactDamaged.
    """
    head = read_head(folder, HEAD, version=VERSION, what="semantic IDs", recipe="learn_semantic_ids")
    from safetensors.numpy import load_file

    tensors = load_file(folder / WEIGHTS)
    ids = json.loads((folder / ITEMS).read_text("utf-8"))
    things = json.loads((folder / THINGS).read_text("utf-8"))
    codes, books = tensors["codes"], tensors["books"]
    if not len(ids) == len(things) == len(codes) or shared(codes).any() or len(books) != codes.shape[1]:
        raise ArtifactDamaged(f"{folder.name}: items and their codes do not fit; learn them again")
    items = (
        Item(id=id, title=title, creator=creator, attributes=tuple(attributes))
        for id, (title, creator, attributes) in zip(ids, things, strict=True)
    )
    levels = tuple(Clusters(centres, shape) for centres, shape in zip(books, head["shapes"], strict=True))
    mixing = Mixing(tuple(head["weights"]), tuple(head["widths"]), tensors.get("turned"), Encoder.of(tensors))
    return SemanticIds(tuple(items), codes, Books(levels), mixing, tuple(head["spaces"]))


def written(prefix: Sequence[int]) -> str:
    """As people write it: `12-7-201`."""
    return "-".join(str(code) for code in prefix)


def parsed(text: str) -> Prefix:
    """The codes of `12-7`; none for an empty text. Raises InvalidConfig."""
    try:
        return tuple(_code(part) for part in text.strip().split("-")) if text.strip() else ()
    except ValueError:
        raise InvalidConfig(
            f"{text[:60]!r} is no prefix of an ID; write codes from 0 with dashes, as in 12-7"
        ) from None


def _code(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError(text)
    return int(text)


def _short(digests: Sequence[str]) -> str:
    return ", ".join(digest[:12] for digest in digests) or "none"
