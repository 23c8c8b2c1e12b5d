"""Goes by policy files as they are now: a change counts from the next decision on, and stops effects if it cannot be used."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.effect import Effect
from tools.errors import PolicyInvalid
from tools.policy.decision import Asked, Decision, Policy, Verdict
from tools.policy.reading import Source
from tools.principal import Principal

_LOG = logging.getLogger(__name__)
_UNUSABLE = (
    "the policy was changed and cannot be used, so nothing with an effect is done until it is right again; "
    "the log and `cuebook policy check` say what is wrong"
)
Sources = tuple[Source, ...]


class FollowedSources:
    """What `read` gave last, read again where one of `files` is another than it was. Safe to use from several threads."""

    def __init__(self, first: Sources, files: Sequence[Path], read: Callable[[], Sources]) -> None:
        self._files, self._read = files, read
        self._lock = threading.Lock()
        self._seen: tuple[object, ...] = ()  # so that what changed since `first` was read is noticed
        self._held = (first, "")

    def now(self) -> tuple[Sources, str]:
        """The last sources that can be used, and why the files as they are cannot; empty when they can."""
        found = tuple(map(_stamp, self._files))
        if found != self._seen:
            with self._lock:
                self._take(found)
        return self._held

    def read_again(self) -> Sources:
        """What the files say now. Raises `PolicyInvalid`."""
        return self._read()

    def _take(self, found: tuple[object, ...]) -> None:
        try:
            self._held = (self.read_again(), "")
        except PolicyInvalid as error:
            self._held = (self._held[0], str(error))
            _LOG.error("the policy cannot be used, so effects are denied: %s", error)
        self._seen = found


class Following:
    """The policy that `build` makes of the sources as they are now.

    While they cannot be used, every effect is denied and nobody can approve; reads go by the last ones that could.
    """

    def __init__(self, sources: FollowedSources, build: Callable[[Sources], Policy]) -> None:
        self._sources, self._build = sources, build
        self._built: tuple[Sources, Policy] | None = None

    @property
    def about_reads(self) -> bool:
        return self._now()[0].about_reads

    def decide(self, asked: Asked) -> Decision:
        policy, problem = self._now()
        if problem and asked.effect is not Effect.READS:
            return Decision(Verdict.DENY, "error", _UNUSABLE)
        return policy.decide(asked)

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        policy, problem = self._now()
        return _UNUSABLE if problem else policy.may_approve(approver, asked, decision)

    def _now(self) -> tuple[Policy, str]:
        sources, problem = self._sources.now()
        built = self._built
        if built is None or built[0] is not sources:
            built = self._built = (sources, self._build(sources))
        return built[1], problem


def _stamp(path: Path) -> object:
    """Differs when the file does; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
