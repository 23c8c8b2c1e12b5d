"""What a prefix stands for, told by the items under it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_core.semantic_ids.distinct import Prefix
from recsys_core.semantic_ids.identifiers import SemanticIds

Rows = NDArray[np.int64]
_NAMES = 3
_OFTEN = 0.3  # share of a prefix's items that an attribute needs to name it
_MORE = 1.5  # how much commoner it has to be there than at large


@dataclass(frozen=True, slots=True)
class Trait:
    """share: of the prefix's items that have the attribute; at_large: of all items."""

    attribute: str
    share: float
    at_large: float


@dataclass(frozen=True, slots=True)
class Deeper:
    """items: how many have `code` next. name: what sets them apart."""

    code: int
    items: int
    name: str


@dataclass(frozen=True, slots=True)
class Described:
    """name: what sets the items apart, "mixed" where nothing does. rows: of the items, nearest to the prefix's centre first.
    traits: attributes that are commoner here than at large, those that set it apart most first. deeper: next code, how many
    items have it, and what sets those apart, most items first."""

    prefix: Prefix
    name: str
    rows: tuple[int, ...]
    traits: tuple[Trait, ...]
    deeper: tuple[Deeper, ...]


def described(ids: SemanticIds, prefix: Prefix) -> Described:
    """Raises InvalidConfig for what no ID can begin with; a prefix that no item has comes back without rows."""
    rows = ids.under(prefix)
    traits = _traits(ids, rows)
    return Described(
        prefix, _named(traits, rows), _central(ids, rows, prefix), traits, _deeper(ids, rows, len(prefix))
    )


def _deeper(ids: SemanticIds, rows: Rows, level: int) -> tuple[Deeper, ...]:
    if level == ids.levels:
        return ()
    own = ids.codes[rows, level]
    found = []
    for code, count in Counter(own.tolist()).most_common():
        under = rows[own == code]
        found.append(Deeper(code, count, _named(_traits(ids, under), under)))
    return tuple(sorted(found, key=lambda each: (-each.items, each.code)))


def _named(traits: tuple[Trait, ...], rows: Rows) -> str:
    naming = [
        trait.attribute for trait in traits if trait.share >= _OFTEN and trait.share >= _MORE * trait.at_large
    ]
    return ", ".join(naming[:_NAMES]) or ("mixed" if len(rows) else "")


def _traits(ids: SemanticIds, rows: Rows) -> tuple[Trait, ...]:
    here = Counter(tag for row in rows for tag in set(ids.items[row].attributes))
    traits = [
        Trait(attribute, count / len(rows), ids.having[attribute] / len(ids.items))
        for attribute, count in here.items()
        if count * len(ids.items) > ids.having[attribute] * len(rows)
    ]
    return tuple(
        sorted(
            traits, key=lambda trait: (-trait.share * np.log(trait.share / trait.at_large), trait.attribute)
        )
    )


def _central(ids: SemanticIds, rows: Rows, prefix: Prefix) -> tuple[int, ...]:
    """By how far an item's later codes lead away from the prefix."""
    if not len(rows):
        return ()
    away = ids.books.decoded(ids.codes[rows]) - ids.books.decoded(ids.codes[rows][:, : len(prefix)])
    order = np.argsort(np.square(away).sum(axis=1), kind="stable")
    return tuple(int(row) for row in rows[order])
