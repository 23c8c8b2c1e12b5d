"""What is left to a principal of the limits and standing grants, and when there is more.

It is counted as `tools.policy.limits` counts when a plan is claimed, so what it tells is what would be let through.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tools.policy.conditions import is_among
from tools.policy.grants import Grant
from tools.policy.limits import Applies, Limits
from tools.policy.meter import Meter
from tools.policy.names import LookAlike
from tools.principal import Principal
from tools.state import State
from tools.state.tables import usage
from tools.state.usage import DAY, Use, used

Kind = Literal["calls_a_minute", "concurrent_jobs", "cpu_hours_a_day", "gpu_hours_a_day"]
_HOURS: tuple[tuple[Kind, str], ...] = (("cpu_hours_a_day", "cpu_hours"), ("gpu_hours_a_day", "gpu_hours"))


@dataclass(frozen=True, slots=True)
class Left:
    """One figure of one limit. `more_at` and `all_at` are when some and all of it is free again, None when it is now.

    Times are seconds since the epoch; those of jobs are when they are expected to end.
    """

    limit: str
    subject: str
    kind: Kind
    most: float
    used: float
    more_at: float | None
    all_at: float | None

    @property
    def left(self) -> float:
        return max(0.0, self.most - self.used)


class Budgets:
    """Call it on a worker thread: teams are looked up in the catalog."""

    def __init__(self, state: State, meter: Meter, *, clock: Callable[[], float]) -> None:
        self._state, self._meter, self._clock = state, meter, clock

    def limits(self, principal: Principal) -> tuple[Left, ...]:
        """In the policy's order. Raises `NotAllowed` and `Unavailable` when it cannot be told which there are."""
        limits = self._meter.limits
        if limits is None:
            return ()
        limits.look()
        return tuple(left for applies in limits.about(principal) for left in self._left(applies, limits))

    def grants(self, principal: Principal) -> tuple[Grant, ...]:
        """Those that are open and for this principal, by whoever they were given; oldest first, as they are used."""
        grants, limits = self._meter.grants, self._meter.limits
        if grants is None:
            return ()
        now = self._clock()

        def groups() -> frozenset[str]:
            return principal.groups if limits is None else limits.groups(principal)

        found = (grant for grant in reversed(grants.list()) if grant.state(now) == "open")
        return tuple(grant for grant in found if _is_for(principal, grant, groups))

    def _left(self, applies: Applies, limits: Limits) -> Iterator[Left]:
        now, limit = self._clock(), applies.limit
        if limit.calls_a_minute is not None:
            ends = [now + seconds for seconds in limits.pace.until_free(applies.pace_key)]
            yield _told(applies, "calls_a_minute", limit.calls_a_minute, len(ends), ends)
        with self._state.read() as connection:
            found = used(connection, usage, usage.c.subject == applies.subject, since=now - DAY)
        if limit.concurrent_jobs is not None:
            running = [use for use in found if use.running]
            ends = [max(now, use.at + use.seconds) for use in running]
            yield _told(applies, "concurrent_jobs", limit.concurrent_jobs, len(running), ends)
        today = [use for use in found if use.at > now - DAY]
        for kind, figure in _HOURS:
            if (most := getattr(limit, kind)) is not None:
                yield _hours(applies, kind, most, [use for use in today if getattr(use, figure)], figure)


def _hours(applies: Applies, kind: Kind, most: float, uses: Sequence[Use], figure: str) -> Left:
    ends = [use.at + DAY for use in uses]
    return _told(applies, kind, most, sum(getattr(use, figure) for use in uses), ends)


def _told(applies: Applies, kind: Kind, most: float, used: float, ends: Sequence[float]) -> Left:
    more, whole = (min(ends), max(ends)) if ends else (None, None)
    return Left(applies.limit.name, applies.subject, kind, most, used, more, whole)


def _is_for(principal: Principal, grant: Grant, groups: Callable[[], frozenset[str]]) -> bool:
    try:
        return is_among(principal.ref, (grant.terms.who,), groups=groups)
    except LookAlike:  # a name that only looks like one is nobody's
        return False
