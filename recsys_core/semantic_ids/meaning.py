"""What a prefix stands for, told by the items under it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from recsys_core.semantic_ids.distinct import Prefix
from recsys_core.semantic_ids.identifiers import SemanticIds

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
class Described:
    """name: what sets the items apart, "mixed" where nothing does. rows: of the items, nearest to the prefix's centre first.
    traits: attributes, those that set it apart most first. deeper: next code and how many items have it, most first."""

    prefix: Prefix
    name: str
    rows: tuple[int, ...]
    traits: tuple[Trait, ...]
    deeper: tuple[tuple[int, int], ...]


def described(ids: SemanticIds, prefix: Prefix) -> Described:
    """Raises InvalidConfig for what no ID can begin with; a prefix that no item has comes back without rows."""
    rows = ids.under(prefix)
    traits = _traits(ids, rows)
    naming = [
        trait.attribute for trait in traits if trait.share >= _OFTEN and trait.share >= _MORE * trait.at_large
    ]
    deeper: Counter[int] = Counter()
    if len(prefix) < ids.levels:
        deeper.update(ids.codes[rows, len(prefix)].tolist())
    name = ", ".join(naming[:_NAMES]) or ("mixed" if len(rows) else "")
    ordered = tuple(sorted(deeper.items(), key=lambda each: (-each[1], each[0])))
    return Described(prefix, name, _central(ids, rows, prefix), traits, ordered)


def _traits(ids: SemanticIds, rows: "np.ndarray") -> tuple[Trait, ...]:
    here = Counter(tag for row in rows for tag in set(ids.items[row].attributes))
    traits = [
        Trait(attribute, count / len(rows), ids.having[attribute] / len(ids.items))
        for attribute, count in here.items()
    ]
    return tuple(
        sorted(
            traits, key=lambda trait: (-trait.share * np.log(trait.share / trait.at_large), trait.attribute)
        )
    )


def _central(ids: SemanticIds, rows: "np.ndarray", prefix: Prefix) -> tuple[int, ...]:
    """By how far an item's later codes lead away from the prefix."""
    if not len(rows):
        return ()
    away = ids.books.decoded(ids.codes[rows]) - ids.books.decoded(ids.codes[rows][:, : len(prefix)])
    order = np.argsort(np.square(away).sum(axis=1), kind="stable")
    return tuple(int(row) for row in rows[order])
