"""What business rules work on: a ranked list, the situation it is shown in, and a trace of what was changed.

A rule is a pure function of these; it removes or moves candidates, never adds or scores, and says what it did.
"""

from dataclasses import dataclass
from typing import Literal

from recsys_core.data.items import Item


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with its score; sources are those that proposed it, ranks its place in the proposals of each, from 1.

    scores: what each source gave it; comparable within one source only.
    """

    item: Item
    score: float
    sources: tuple[str, ...] = ()
    ranks: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()


Slate = tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """Who looks, where and when. size: how many places will be shown. now: Unix seconds. query: what was typed.

    market: ISO 3166 code, None when unknown: then only items available everywhere pass. seen: item ids.
    """

    size: int = 10
    market: str | None = None
    explicit_allowed: bool = True
    seen: frozenset[str] = frozenset()
    now: int | None = None
    query: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule did to one item, and why. Places count from 1; `after` is None for a removed item."""

    rule: str
    item: str
    action: Literal["removed", "moved"]
    before: int
    after: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """The slate a rule leaves, and its trace."""

    slate: Slate
    changes: tuple[Change, ...] = ()


def remove(rule: str, slate: Slate, reasons: dict[str, str]) -> Ruling:
    """The slate without the items in `reasons` (item id -> why)."""
    changes = tuple(
        Change(rule, candidate.item.id, "removed", place, None, reasons[candidate.item.id])
        for place, candidate in enumerate(slate, start=1)
        if candidate.item.id in reasons
    )
    return Ruling(tuple(candidate for candidate in slate if candidate.item.id not in reasons), changes)


def reorder(rule: str, slate: Slate, order: list[int], reason: str) -> Ruling:
    """The slate in the given order of places (from 0); only items that came forward are traced."""
    changes = tuple(
        Change(rule, slate[before].item.id, "moved", before + 1, after + 1, reason)
        for after, before in enumerate(order)
        if after < before
    )
    return Ruling(tuple(slate[place] for place in order), changes)
