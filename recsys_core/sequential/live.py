"""Listeners' vectors that follow each event: append, encode anew, no training.

A listener's vector depends on the latest items alone (`length` of them), so that is all that is kept of each.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recsys_core.candidates.sequential import Sequential
from recsys_core.data.histories import Histories
from recsys_core.errors import UnknownItem


class LiveListeners:
    """model: a trained one; it is read, never changed. Not for use by several threads at once."""

    def __init__(self, model: Sequential) -> None:
        self.model = model
        self._index = {item: place for place, item in enumerate(model.item_ids)}
        self._latest: dict[str, deque[int]] = {}

    def begin(self, listener: str, items: Iterable[str]) -> None:
        """Start from a history, oldest first; what was known of the listener is forgotten. Raises UnknownItem."""
        latest = [self._place(item) for item in items]
        self._latest[listener] = deque(latest, maxlen=self.model.config.length)

    def heard(self, listener: str, item: str) -> NDArray[np.float32]:
        """(d + 1,) the listener's query after one more event. Raises UnknownItem, and nothing changes then."""
        place = self._place(item)
        self._latest.setdefault(listener, deque(maxlen=self.model.config.length)).append(place)
        return self.query(listener)

    def query(self, listener: str) -> NDArray[np.float32]:
        """(d + 1,) what `item_vectors` are multiplied with; for who was never heard of, what is popular."""
        past = Histories.of([list(self._latest.get(listener, ()))], item_count=len(self._index))
        query: NDArray[np.float32] = self.model.queries(past)[0]
        return query

    def _place(self, item: str) -> int:
        try:
            return self._index[item]
        except KeyError:
            raise UnknownItem(
                f"no item {item!r} among the {len(self._index):,} the model was trained on; "
                "leave it out, or train again"
            ) from None
