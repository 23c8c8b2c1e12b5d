"""`Dataset`: the one type readers and the generated world make, and models and the judge take.

Dense item indices follow a hash of the id, not the order of appearance: an index given by first appearance tells
when an item entered the data, and a model or a tie rule that looks at it would know the future.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.histories import Histories, frozen
from recsys_core.data.items import Item, Playlist, Vertical
from recsys_core.errors import InvalidData, UnknownItem, UnknownUser

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class Interactions:
    """Columns of equal length, one row an interaction, in file order.

    times are Unix seconds; weights are ratings or play counts.
    """

    users: Sequence[str]
    items: Sequence[str]
    times: Sequence[int] | None = None
    weights: Sequence[float] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """Users, a catalogue and what the ones did with the others.

    histories: a row a user. times, weights: (interactions,) aligned with `histories.items`, or None.
    ordered: the rows are in order of time, so that "the last one" means something.
    """

    name: str
    user_ids: tuple[str, ...]
    items: tuple[Item, ...]
    histories: Histories
    times: NDArray[np.int64] | None = None
    weights: NDArray[np.float32] | None = None
    ordered: bool = False
    playlists: tuple[Playlist, ...] = ()

    @classmethod
    def build(
        cls,
        name: str,
        interactions: Interactions,
        *,
        items: Iterable[Item] = (),
        ordered: bool,
        playlists: Iterable[tuple[str, Sequence[str]]] = (),
    ) -> "Dataset":
        """Index ids and sort each user's interactions by time, ties by their order in the file.

        Items without metadata get a bare `Item`; playlists are (title, item ids). Raises InvalidData when empty.
        """
        if not len(interactions.users):
            raise InvalidData(f"{name} holds no interaction; give a file with at least one")
        known = {item.id: item for item in items}
        for item_id in interactions.items:
            known.setdefault(item_id, Item(item_id))
        catalogue = tuple(sorted(known.values(), key=lambda item: _shuffle_key(item.id)))
        index = {item.id: position for position, item in enumerate(catalogue)}
        user_ids = tuple(dict.fromkeys(interactions.users))
        user_index = {user: position for position, user in enumerate(user_ids)}
        users = np.array([user_index[user] for user in interactions.users], dtype=np.int64)
        times = None if interactions.times is None else np.asarray(interactions.times, dtype=np.int64)
        order = np.lexsort((users,) if times is None else (times, users))  # stable: file order breaks ties
        dense = np.array([index[item] for item in interactions.items], dtype=np.int64)[order]
        weights = (
            None
            if interactions.weights is None
            else np.asarray(interactions.weights, dtype=np.float32)[order]
        )
        histories = Histories(
            users=np.arange(len(user_ids), dtype=np.int64),
            indptr=np.append(0, np.bincount(users, minlength=len(user_ids)).cumsum()),
            items=dense,
            item_count=len(catalogue),
        )
        return cls(
            name=name,
            user_ids=user_ids,
            items=catalogue,
            histories=histories,
            times=None if times is None else times[order],
            weights=weights,
            ordered=ordered,
            playlists=tuple(
                Playlist(title, tuple(index[item] for item in members)) for title, members in playlists
            ),
        )

    def __post_init__(self) -> None:
        for array in (self.times, self.weights):
            if array is not None:
                frozen(array)

    @property
    def interactions(self) -> int:
        """How many interactions there are, repeats included."""
        return len(self.histories.items)

    def user_index(self, user: str) -> int:
        """Dense index of a user id. Raises UnknownUser."""
        try:
            return self._user_positions[user]
        except KeyError:
            raise UnknownUser(
                f"no user {user!r} in {self.name}; it has {len(self.user_ids):,} users"
            ) from None

    def item_index(self, item: str) -> int:
        """Dense index of an item id. Raises UnknownItem."""
        try:
            return self._item_positions[item]
        except KeyError:
            raise UnknownItem(f"no item {item!r} in {self.name}; it has {len(self.items):,} items") from None

    def keep(self, kept: NDArray[np.bool_]) -> "Dataset":
        """The same users and catalogue without the interactions whose flag (interactions,) is False."""
        return replace(
            self,
            histories=self.histories.keep(kept),
            times=None if self.times is None else self.times[kept],
            weights=None if self.weights is None else self.weights[kept],
        )

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Item ids by dense index."""
        return tuple(item.id for item in self.items)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(items,) interactions of each item, repeats included."""
        return np.bincount(self.histories.items, minlength=len(self.items)).astype(np.int64)

    @cached_property
    def verticals(self) -> NDArray[np.int64]:
        """(items,) position of the item's vertical in `Vertical`."""
        place = {vertical: position for position, vertical in enumerate(Vertical)}
        return np.array([place[item.vertical] for item in self.items], dtype=np.int64)

    @cached_property
    def attributes(self) -> "csr_matrix":
        """(items, attributes) float32 CSR of 0 and 1; attributes are in sorted order, no column when there are none."""
        from scipy.sparse import csr_matrix

        names = sorted({name for item in self.items for name in item.attributes})
        column = {name: position for position, name in enumerate(names)}
        pairs = [(row, column[name]) for row, item in enumerate(self.items) for name in item.attributes]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return csr_matrix(
            (np.ones(len(rows), np.float32), (rows, columns)), shape=(len(self.items), len(names))
        )

    @cached_property
    def hash(self) -> str:
        """sha256 of everything a model can learn from: ids, interactions in order, times, weights, metadata."""
        digest = hashlib.sha256()
        digest.update(json.dumps([self.user_ids, [_facts(item) for item in self.items]]).encode())
        digest.update(json.dumps([[playlist.title, playlist.items] for playlist in self.playlists]).encode())
        for array in (self.histories.indptr, self.histories.items, self.times, self.weights):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @cached_property
    def _user_positions(self) -> Mapping[str, int]:
        return {user: position for position, user in enumerate(self.user_ids)}

    @cached_property
    def _item_positions(self) -> Mapping[str, int]:
        return {item.id: position for position, item in enumerate(self.items)}


def _shuffle_key(item_id: str) -> tuple[bytes, str]:
    return hashlib.blake2b(item_id.encode(), digest_size=8).digest(), item_id


def _facts(item: Item) -> list[object]:
    markets = None if item.markets is None else sorted(item.markets)
    return [
        item.id, item.vertical, item.title, item.creator, item.attributes, markets, item.explicit, item.published,
    ]  # fmt: skip
