"""Calls a minute, counted in this process.

The clock is the monotonic one, so that setting the machine's clock gives nobody a second minute.
"""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

_MINUTE = 60.0
_MOST_SUBJECTS = 10_000


class Pace:
    """Remembers when the last calls of each subject were; at most `limit` of them lie in any minute."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, subject: str, limit: int) -> int:
        """Count a call; 0, or the seconds after which one is possible again, and then it is not counted."""
        with self._lock:
            now = self._monotonic()
            calls = self._calls.setdefault(subject, deque())
            self._calls.move_to_end(subject)
            while calls and calls[0] <= now - _MINUTE:
                calls.popleft()
            if len(calls) >= limit:
                return max(1, math.ceil(calls[0] + _MINUTE - now))
            calls.append(now)
            # Who was not heard of for longest is forgotten first; in a minute that is nobody but in a flood.
            if len(self._calls) > _MOST_SUBJECTS:
                self._calls.popitem(last=False)
            return 0

    def until_free(self, subject: str) -> tuple[float, ...]:
        """For each call of the last minute the seconds after which it counts no more, the oldest first."""
        with self._lock:
            now = self._monotonic()
            calls = tuple(self._calls.get(subject, ()))
        return tuple(at + _MINUTE - now for at in calls if at > now - _MINUTE)
