"""Rows that may wait a moment, so that a thread writes many of them together and no call waits for the disk."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from tools.errors import StateError

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds before a failed write is tried again

Row = TypeVar("Row")


class Collecting(Generic[Row]):
    """What waits, and the thread that calls `flush` when something has waited for `window` seconds.

    `flush` takes what waits and puts it back when it cannot write it, for which it raises `StateError`. `what` names the rows
    in the log. Safe to use from several threads; in a forked child a thread is started anew.
    """

    def __init__(self, flush: Callable[[], None], *, what: str, window: float) -> None:
        self._flush, self._what, self._window = flush, what, window
        self._waiting: list[Row] = []
        self._some = threading.Condition()
        self._closing = threading.Event()
        self._writer: threading.Thread | None = None

    @property
    def closed(self) -> bool:
        return self._closing.is_set()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, row: Row) -> None:
        with self._some:
            self._waiting.append(row)
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write_on, name=self._what, daemon=True)
                self._writer.start()
            if (
                len(self._waiting) == 1
            ):  # it looks for more before it waits, and waking it costs more than all else here
                self._some.notify()

    def take(self) -> list[Row]:
        with self._some:
            waiting, self._waiting = self._waiting, []
        return waiting

    def put_back(self, rows: Sequence[Row]) -> None:
        with self._some:
            self._waiting[:0] = rows
            self._some.notify()

    def close(self) -> None:
        """End the thread and write what waits; what cannot be written is logged."""
        self._closing.set()
        with self._some:
            writer, self._writer = self._writer, None
            self._some.notify_all()
        if writer is not None and writer.is_alive():
            writer.join()
        self._flushed()

    def _write_on(self) -> None:
        while not self._closing.is_set():
            with self._some:
                if not self._waiting:
                    if self._closing.is_set():  # it was told before it listened
                        return
                    self._some.wait()
                    continue
            self._closing.wait(self._window)
            if not self._flushed():
                self._closing.wait(_PAUSE)

    def _flushed(self) -> bool:
        try:
            self._flush()
        except StateError as error:
            _LOG.error("%d %s wait to be recorded: %s", len(self._waiting), self._what, error)
            return False
        return True
