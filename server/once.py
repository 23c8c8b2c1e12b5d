"""A value made at its first use."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Once(Generic[Value]):
    """Makes its value at the first call; later and concurrent calls get the same one. A failure is not kept."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._made: Value | None = None

    def __call__(self) -> Value:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    @property
    def made(self) -> Value | None:
        """The value if it was made already."""
        return self._made

    def settled(self) -> Value | None:
        """The value if it was made, after waiting for a making that is under way."""
        with self._lock:
            return self._made
