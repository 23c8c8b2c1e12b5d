"""The IDs that exist, as a tree that a decoder walks without ever leaving it.

Items stand in the order of their codes, so each prefix is a span of them, and the tree is a few flat arrays: where each node's
span begins, and its code. What a node may be followed by is a boolean row where a level's rows fit into `DENSE_BYTES`, else it is
gathered from the arrays (compressed sparse rows, as in STATIC, 2026). How many items below a node a request allows is a difference
of two positions in a sorted list, so a request prunes whole subtrees and nothing is built for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidConfig, InvalidData
from recsys_core.semantic_ids.books import Codes

DENSE_BYTES = 50_000_000  # of all boolean rows together
Nodes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trie:
    """codes: (items, levels), in ascending order. rows: (items,) of the catalogue, in the same order. size: codes of a level."""

    codes: Codes
    rows: NDArray[np.int64]
    size: int

    @classmethod
    def of(cls, codes: Codes, *, size: int) -> "Trie":
        """codes: (items, levels), one row an item. Raises InvalidData for codes out of range or two items on one ID."""
        if codes.ndim != 2 or (codes.size and not (codes.min() >= 0 and codes.max() < size)):
            raise InvalidData(
                f"codes of shape {codes.shape} are not from 0 to {size - 1} in two dimensions; give one row an item"
            )
        order = np.lexsort(codes.T[::-1])
        ordered = codes[order]
        twice = np.flatnonzero((ordered[1:] == ordered[:-1]).all(axis=1))
        if len(twice):
            a, b = order[twice[0]], order[twice[0] + 1]
            raise InvalidData(
                f"items {a} and {b} have the same ID {ordered[twice[0]].tolist()}; repair the IDs first"
            )
        return cls(ordered, order.astype(np.int64), size)

    def changed(self, added: Codes, added_rows: Sequence[int], *, removed: Sequence[int] = ()) -> "Trie":
        """Without the `removed` rows and with new ones, sorted in where they belong. Raises InvalidData for an ID that is taken."""
        kept = ~np.isin(self.rows, np.asarray(removed, dtype=np.int64))
        new = Trie.of(added.reshape(-1, self.levels), size=self.size)
        old_keys, new_keys = self._packed(self.codes[kept]), self._packed(new.codes)
        places = np.searchsorted(old_keys, new_keys)
        taken = np.flatnonzero(np.isin(new_keys, old_keys, assume_unique=True))
        if len(taken):
            raise InvalidData(f"the ID {new.codes[taken[0]].tolist()} is taken; place the item at a free one")
        codes = np.insert(self.codes[kept], places, new.codes, axis=0)
        own = np.asarray(added_rows, dtype=np.int64)[new.rows]
        return Trie(codes, np.insert(self.rows[kept], places, own), self.size)

    @property
    def levels(self) -> int:
        """Codes of an ID."""
        return int(self.codes.shape[1])

    def nodes(self, level: int) -> int:
        """How many prefixes of `level` codes there are."""
        return len(self._begins[level]) - 1

    def below(self, level: int, nodes: Nodes, sorted_places: Nodes) -> NDArray[np.int64]:
        """How many of these places (items in this order) are under each node."""
        begins = self._begins[level]
        return np.searchsorted(sorted_places, begins[nodes + 1]) - np.searchsorted(
            sorted_places, begins[nodes]
        )

    def items(self, level: int, nodes: Nodes) -> NDArray[np.int64]:
        """How many items are under each node."""
        begins = self._begins[level]
        return np.asarray(begins[nodes + 1] - begins[nodes])

    def span(self, level: int, node: int) -> tuple[int, int]:
        """The first place under a node, and the one behind the last."""
        return int(self._begins[level][node]), int(self._begins[level][node + 1])

    def mask(self, level: int, nodes: Nodes) -> Mask:
        """(nodes, size) which codes lead from nodes of `level` to an item; a node below 0 leads nowhere."""
        if level in self._dense:
            found = self._dense[level][np.maximum(nodes, 0)]
            return found & (nodes >= 0)[:, None]
        at, codes, _ = self.children(level, nodes)
        found = np.zeros((len(nodes), self.size), dtype=np.bool_)
        found[at, codes] = True
        return found

    def children(self, level: int, nodes: Nodes) -> tuple[Nodes, Codes, Nodes]:
        """Of all children of these nodes: place in `nodes`, code, and node of the next level. A node below 0 has none."""
        alive = np.flatnonzero(nodes >= 0)
        first, end = self._first_child[level][nodes[alive]], self._first_child[level][nodes[alive] + 1]
        counts = end - first
        at = np.repeat(alive, counts)
        child = np.arange(counts.sum()) + np.repeat(
            first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts
        )
        return at, self._code[level + 1][child], child

    def follow(self, level: int, nodes: Nodes, codes: NDArray[np.integer]) -> Nodes:
        """(nodes,) the child that each code leads to, -1 where there is none."""
        wanted = nodes * self.size + codes
        keys = self._keys[level + 1]
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((nodes >= 0) & (keys[found] == wanted), found, -1)

    def walk(self, prefixes: Codes) -> Nodes:
        """(rows,) the node of each prefix (rows, level), -1 for one that no ID begins with."""
        nodes = np.zeros(len(prefixes), dtype=np.int64)
        for level, codes in enumerate(prefixes.T):
            nodes = self.follow(level, nodes, codes)
        return nodes

    def places_of(self, rows: Sequence[int] | NDArray[np.int64]) -> Nodes:
        """Ascending places of catalogue rows; rows without an ID are left out."""
        found = self._place[np.asarray(rows, dtype=np.int64)] if len(rows) else np.zeros(0, np.int64)
        return np.sort(found[found >= 0])

    @cached_property
    def _place(self) -> Nodes:
        found = np.full(int(self.rows.max(initial=-1)) + 1, -1, dtype=np.int64)
        found[self.rows] = np.arange(len(self.rows))
        return found

    @cached_property
    def _begins(self) -> tuple[Nodes, ...]:
        """By level, the first place of each node, and the number of items."""
        differs = np.ones((len(self.codes), self.levels), dtype=np.bool_)
        differs[1:] = np.logical_or.accumulate(self.codes[1:] != self.codes[:-1], axis=1)
        whole = np.array([0, len(self.codes)])
        return (
            whole,
            *(np.append(np.flatnonzero(differs[:, level]), len(self.codes)) for level in range(self.levels)),
        )

    @cached_property
    def _first_child(self) -> tuple[Nodes, ...]:
        return tuple(
            np.searchsorted(below, level)
            for level, below in zip(self._begins, self._begins[1:], strict=False)
        )

    @cached_property
    def _code(self) -> tuple[Codes, ...]:
        """By level, the last code of each node; the root has none."""
        none = np.zeros(0, dtype=np.int32)
        return (none, *(self.codes[begins[:-1], level] for level, begins in enumerate(self._begins[1:])))

    @cached_property
    def _keys(self) -> tuple[Nodes, ...]:
        """By level, parent * size + code, ascending."""
        keys = [np.zeros(0, dtype=np.int64)]
        for level, first in enumerate(self._first_child):
            parents = np.repeat(np.arange(len(first) - 1), np.diff(first))
            keys.append(parents * self.size + self._code[level + 1])
        return tuple(keys)

    @cached_property
    def _dense(self) -> dict[int, Mask]:
        """Boolean rows of the first levels, as many as fit."""
        found: dict[int, Mask] = {}
        left = DENSE_BYTES
        for level in range(self.levels):
            left -= self.nodes(level) * self.size
            if left < 0:
                break
            rows = np.zeros((self.nodes(level), self.size), dtype=np.bool_)
            rows.reshape(-1)[self._keys[level + 1]] = True
            found[level] = rows
        return found

    def _packed(self, codes: Codes) -> Nodes:
        """(rows,) codes as one number each, in the same order. Raises InvalidConfig where that would not fit."""
        if self.size**self.levels >= 2**63:
            raise InvalidConfig(
                f"{self.size} codes at {self.levels} levels do not fit into 63 bits; take fewer of either"
            )
        found = np.zeros(len(codes), dtype=np.int64)
        for own in codes.T:
            found = found * self.size + own
        return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one request may be answered with. rows: of the catalogue. pinned: prefixes, one of which each ID has to begin with.

    allowed: None for every row. Where a row is both allowed and denied it is denied.
    """

    allowed: Sequence[int] | NDArray[np.int64] | None = None
    denied: Sequence[int] | NDArray[np.int64] = ()
    pinned: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Pruned:
    """A trie as one request sees it. places: ascending, of the items that `mode` speaks of. why: nothing is left; else empty."""

    trie: Trie
    places: Nodes
    mode: Literal["allowed", "denied"]
    why: str = ""

    @classmethod
    def of(cls, trie: Trie, wanted: Wanted) -> "Pruned":
        """Raises InvalidConfig for a pinned prefix that is longer than an ID."""
        denied = trie.places_of(wanted.denied)
        if wanted.allowed is None and not wanted.pinned:
            nothing = len(denied) == len(trie.rows)
            return cls(trie, denied, "denied", "every item that has an ID is denied" if nothing else "")
        allowed = np.arange(len(trie.rows)) if wanted.allowed is None else trie.places_of(wanted.allowed)
        if wanted.pinned:
            allowed = np.intersect1d(allowed, _under(trie, wanted.pinned), assume_unique=True)
        left = np.setdiff1d(allowed, denied, assume_unique=True)
        return cls(trie, left, "allowed", "" if len(left) else _why(wanted, len(allowed)))

    def mask(self, level: int, nodes: Nodes) -> Mask:
        """(nodes, size) codes that lead to an item which the request may have."""
        found = self.trie.mask(level, nodes)
        if self.mode == "denied" and not len(self.places):
            return found
        at, codes, child = self.trie.children(level, nodes)
        gone = self.trie.below(level + 1, child, self.places)
        gone = gone == (0 if self.mode == "allowed" else self.trie.items(level + 1, child))
        found[at[gone], codes[gone]] = False
        return found


def _under(trie: Trie, pinned: tuple[tuple[int, ...], ...]) -> Nodes:
    spans = []
    for prefix in pinned:
        if len(prefix) > trie.levels:
            raise InvalidConfig(
                f"prefix {prefix} is longer than an ID of {trie.levels} codes; pin a shorter one"
            )
        node = trie.walk(np.array([prefix], dtype=np.int32).reshape(1, -1))[0]
        if node >= 0:
            spans.append(np.arange(*trie.span(len(prefix), int(node))))
    return np.unique(np.concatenate([np.zeros(0, np.int64), *spans]))


def _why(wanted: Wanted, before_denied: int) -> str:
    if before_denied:
        return "every item that is allowed is denied as well"
    if wanted.pinned:
        told = " or ".join("-".join(map(str, prefix)) for prefix in wanted.pinned)
        return f"no allowed item has an ID that begins with {told}"
    return "none of the allowed items has an ID"
