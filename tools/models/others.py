"""When MLflow is read again for what others registered: at a question, when the last reading is old, in a thread.

A question waits a moment for it, longer for the very first reading, and is answered with what is there by then. So an MLflow
that is slow or away costs a question that moment, and the answer says when it was read and what went wrong.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.errors import ActionError

if TYPE_CHECKING:
    from recsys_core.registry.others import SyncState

_FIRST, _LATER = 10.0, 0.5  # seconds that a question waits


class OtherModels:
    """`sync` reads MLflow and `state` tells of the last time; `stale_after` is in seconds."""

    def __init__(
        self,
        sync: "Callable[[], SyncState]",
        state: "Callable[[], SyncState]",
        *,
        stale_after: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sync, self._state = sync, state
        self._stale_after, self._clock = stale_after, clock
        self._lock = threading.Lock()
        self._reading: threading.Thread | None = None

    def look(self) -> "SyncState":
        """How the copy stands, after starting a reading if that is due and waiting a moment for it."""
        state = self._state()
        if state.tried is not None and self._clock() - state.tried < self._stale_after:
            return state
        reading = self._started()
        reading.join(_FIRST if state.tried is None else _LATER)
        if state.tried is None and reading.is_alive():
            waiting = "MLflow is being read for the first time; ask again in a moment"
            return self._state().model_copy(update={"problem": waiting})
        return self._state()

    def _started(self) -> threading.Thread:
        with self._lock:
            if self._reading is None or not self._reading.is_alive():
                self._reading = threading.Thread(target=self._read, name="read-mlflow", daemon=True)
                self._reading.start()
            return self._reading

    def _read(self) -> None:
        try:
            self._sync()
        except ActionError:  # the copy itself cannot be used, which the question finds out by itself
            return
