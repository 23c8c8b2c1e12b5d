"""Reads the sources again while the server runs: at intervals, and what an event names at once.

One build at a time, on a thread of its own. What arrives meanwhile waits for the next one; what arrives within a second
becomes one. A build that fails, or leaves something unread, is made again after a minute. The index that is there answers
until a new one is whole, so a thread that ends with its process harms nothing.
"""

import math
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from ingest.entities import EntityRef
from ingest.errors import IndexBusy, IngestError

AGAIN = 60.0  # seconds
_GATHER = 1.0  # seconds
_MOST = 1_000  # entities one by one; beyond, everything is read

Build = Callable[[frozenset[EntityRef] | None], object]
"""Reads these entities again, or everything."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One turn that read sources again. only: these entities; None is everything. report: what the build returned.

    reason: why it failed, "" where it did not; seconds: how long it took.
    """

    only: frozenset[EntityRef] | None
    seconds: float
    report: object = None
    reason: str = ""


class Refresher:
    """`every` is in seconds, 0 for events alone; `stale` says what could not be read, in words.

    `note` is told of every reading at its end, failed ones too; what it raises is logged and harms nothing.
    `wait` pauses for some seconds, or without end for None, and says whether something woke it.
    """

    def __init__(
        self,
        build: Build,
        *,
        every: float = 0.0,
        stale: Callable[[], Sequence[str]] = tuple,
        note: Callable[[Reading], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float | None], bool] | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._build, self._stale, self._clock, self._pause = build, stale, clock, pause
        self._every, self._note = every or math.inf, note
        self._due = clock() + self._every
        self._lock, self._woken = threading.Lock(), threading.Event()
        self._wait = wait or self._woken.wait
        self._named: set[EntityRef] = set()
        self._stopped = False
        self._since = self._why = ""
        self._log = structlog.get_logger(__name__)

    def tell(self, refs: Collection[EntityRef]) -> None:
        """That these entities changed, came or went. Returns at once."""
        with self._lock:
            self._named.update(refs)
        self._woken.set()

    def trouble(self) -> tuple[str, ...]:
        """Why the sources cannot be read again at all, and since when; nothing while they can."""
        told = f"The sources could not be read again since {self._since}: {self._why}"
        return (told,) if self._since else ()

    def start(self) -> None:
        """On a thread that does not keep the process alive."""
        threading.Thread(target=self._run, name="refresh", daemon=True).start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped = True
        self._woken.set()

    def turn(self) -> None:
        """Wait for what is next, and do it."""
        left = self._due - self._clock()
        if self._wait(None if math.isinf(left) else max(left, 0.0)) and not self._stopped:
            self._pause(_GATHER)
        named = self._taken()
        whole = self._clock() >= self._due or len(named) > _MOST
        if self._stopped or not (whole or named):
            return
        done = self._built(None if whole else frozenset(named))
        now = self._clock()
        if whole:
            self._due = now + self._every
        if not done or self._stale():  # a whole reading makes up for whatever was missed
            self._due = min(self._due, now + AGAIN)

    def _run(self) -> None:
        while not self._stopped:
            self.turn()

    def _taken(self) -> set[EntityRef]:
        with self._lock:
            named, self._named = self._named, set()
            self._woken.clear()
        return named

    def _built(self, only: frozenset[EntityRef] | None) -> bool:
        what = "everything" if only is None else ", ".join(sorted(map(str, only))[:5])
        began = self._clock()
        report: object = None
        reason, blocked = "", False
        try:
            report = self._build(only)
        except IngestError as error:
            reason, blocked = str(error), isinstance(error, IndexBusy)  # another process reads them
            self._log.warning("the sources were not read again", what=what, reason=reason)
        except Exception:
            reason = "an unexpected fault, which the log has"
            self._log.exception("the sources were not read again", what=what)
        self._noted(Reading(only, self._clock() - began, report, reason))
        if reason:
            if not blocked:
                self._failing(reason)
            return False
        self._log.info("the sources were read again", what=what)
        self._since = self._why = ""
        return True

    def _noted(self, reading: Reading) -> None:
        if self._note is None:
            return
        try:
            self._note(reading)
        except Exception:
            self._log.exception("a reading of the sources was not recorded")

    def _failing(self, why: str) -> None:
        self._since = self._since or datetime.now(UTC).isoformat(timespec="seconds")
        self._why = why
