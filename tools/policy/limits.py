"""Limits of the policy: calls a minute, jobs at once, CPU- and GPU-hours a day, each with when to come back.

A day is the last 24 hours. A clock that jumps back refills nothing: what was used at a time that has not come yet
counts as well.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from tools.effect import Effect
from tools.errors import LimitReached, NotAllowed, Unavailable
from tools.plan import Estimate
from tools.policy.conditions import is_among
from tools.policy.decision import Asked
from tools.policy.directory import Directory
from tools.policy.names import LookAlike
from tools.policy.pace import Pace
from tools.policy.rules import Limit
from tools.principal import Principal
from tools.state.tables import usage
from tools.state.usage import DAY, Use, spend, used

_LOG = logging.getLogger(__name__)
_HOURS = ("cpu_hours", "gpu_hours")
_SOON = 15  # seconds after which a job that is overdue is asked for again


@dataclass(frozen=True, slots=True)
class Applies:
    """One limit for one subject: a principal, a team, or all whom the limit is about."""

    limit: Limit
    subject: str

    @property
    def said(self) -> str:
        whose = {"principal": "", "team": f" of {self.subject.partition(':')[2]}", "all": " of all together"}
        return f"the limit {self.limit.name!r}{whose[self.limit.per]}"

    @property
    def pace_key(self) -> str:
        """What calls a minute are counted under."""
        return f"{self.limit.name}|{self.subject}"


class Limits:
    """Checks what a principal asks for. Call it on a worker thread: teams are looked up in the catalog.

    `limits` gives those that hold now. `look` brings the rows of jobs up to date before they are counted.
    """

    def __init__(
        self,
        limits: Callable[[], Iterable[Limit]],
        directory: Directory,
        *,
        look: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        self._limits = limits
        self._directory = directory
        self._look = look
        self.pace = pace or Pace()

    @property
    def has_pace(self) -> bool:
        """Whether calls are counted at all."""
        return any(limit.calls_a_minute is not None for limit in self._limits())

    def count_call(self, principal: Principal) -> None:
        """Raises `LimitReached` when the principal called too often in the last minute."""
        paced = tuple(limit for limit in self._limits() if limit.calls_a_minute is not None)
        for applies in self._for(principal, paced):
            most = applies.limit.calls_a_minute
            if most is not None and (wait := self.pace.take(applies.pace_key, most)):
                raise _reached(applies, f"{most} calls a minute are used up", wait)

    def about(self, principal: Principal) -> tuple[Applies, ...]:
        """Every limit that counts for the principal. Raises `NotAllowed` and `Unavailable` when that cannot be told."""
        return self._for(principal, self._limits())

    def refuse_what_never_fits(self, asked: Asked) -> None:
        """Raises `NotAllowed` for a plan that asks for more than a limit is, before anybody approves it."""
        estimate = Estimate() if asked.plan is None else asked.plan.estimate
        for applies in self._for(asked.principal, self._limits()):
            _check_fits(applies, asked.effect, estimate)

    def look(self) -> None:
        """Bring the rows of jobs up to date."""
        self._look()

    def prepare(self, asked: Asked) -> None:
        """Look after the jobs that have ended meanwhile; before the transaction that `charge` is called in."""
        if asked.effect is Effect.STARTS_JOB:
            self._look()

    def charge(self, connection: Connection, asked: Asked, digest: str, *, now: float) -> None:
        """Count a plan that is being claimed. Raises `LimitReached`, and `NotAllowed` for what can never fit."""
        estimate = Estimate() if asked.plan is None else asked.plan.estimate
        applying = self._for(asked.principal, self._limits())
        for applies in applying:
            found = used(connection, usage, usage.c.subject == applies.subject, since=now - DAY)
            _check_fits(applies, asked.effect, estimate)
            today = tuple(use for use in found if use.at > now - DAY)
            _check_hours(applies, today, estimate, now=now)
            if asked.effect is Effect.STARTS_JOB:
                _check_jobs(applies, found, now=now)
        subjects = (_own(asked.principal), *(applies.subject for applies in applying))
        spend(connection, digest, subjects, estimate, now=now)

    def _for(self, principal: Principal, limits: Iterable[Limit]) -> tuple[Applies, ...]:
        """Those of the limits that are about the principal. Raises `NotAllowed` and `Unavailable` when that cannot be told."""
        try:
            return tuple(self._applying(principal, limits))
        except LookAlike as error:
            raise NotAllowed(str(error)) from error
        except Exception as error:
            _LOG.exception("the limits of %s could not be told", principal.ref[:120])
            raise Unavailable(
                f"the limits that are about {principal.ref} could not be told, since the catalog cannot be asked "
                f"({type(error).__name__}); nothing was done"
            ) from error

    def _applying(self, principal: Principal, limits: Iterable[Limit]) -> Iterator[Applies]:
        for limit in limits:
            if not is_among(principal.ref, limit.who, groups=lambda: self.groups(principal)):
                continue
            if limit.per == "principal":
                yield Applies(limit, _own(principal))
            elif limit.per == "all":
                yield Applies(limit, f"limit:{limit.name}")
            else:
                for team in sorted(self._directory.teams(principal) | principal.groups):
                    yield Applies(limit, f"team:{team}")

    def groups(self, principal: Principal) -> frozenset[str]:
        """Those of its token and of the catalog."""
        return self._directory.groups(principal) | principal.groups


def _own(principal: Principal) -> str:
    return f"principal:{principal.ref}"


def _check_fits(applies: Applies, effect: Effect, estimate: Estimate) -> None:
    for kind in _HOURS:
        most: float | None = getattr(applies.limit, f"{kind}_a_day")
        wanted: float = getattr(estimate, kind)
        if most is not None and wanted > most:
            raise NotAllowed(
                f"it is estimated at {wanted:g} {_unit(kind)}, and {applies.said} is {most:g} a day"
            )
    if effect is Effect.STARTS_JOB and applies.limit.concurrent_jobs == 0:
        raise NotAllowed(f"{applies.said} allows no jobs")


def _unit(kind: str) -> str:
    return f"{kind[:3].upper()}-hours"


def _check_hours(applies: Applies, found: tuple[Use, ...], estimate: Estimate, *, now: float) -> None:
    for kind in _HOURS:
        most: float | None = getattr(applies.limit, f"{kind}_a_day")
        wanted: float = getattr(estimate, kind)
        if most is None or not wanted:
            continue
        spent = sum(getattr(use, kind) for use in found)
        if spent + wanted > most:
            text = f"{spent:.3g} of {most:g} {_unit(kind)} a day are used up, and this takes {wanted:.3g}"
            raise _reached(applies, text, _until_free(found, kind, spent + wanted - most, now=now))


def _until_free(found: tuple[Use, ...], kind: str, needed: float, *, now: float) -> int:
    """Seconds until so many hours lie further back than a day."""
    freed = 0.0
    for use in found:
        freed += getattr(use, kind)
        if freed >= needed:
            return max(1, math.ceil(use.at + DAY - now))
    return math.ceil(DAY)


def _check_jobs(applies: Applies, found: tuple[Use, ...], *, now: float) -> None:
    most = applies.limit.concurrent_jobs
    running = [use for use in found if use.running]
    if most is None or len(running) < most:
        return
    expected = min(use.at + use.seconds - now for use in running)
    raise _reached(
        applies, f"{len(running)} of {most} jobs at once are running", max(_SOON, math.ceil(expected))
    )


def _reached(applies: Applies, text: str, retry_after: int) -> LimitReached:
    return LimitReached(
        f"{applies.said}: {text}; come back in {_spoken(retry_after)}",
        limit=applies.limit.name,
        retry_after=retry_after,
    )


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 7_200 else f"{math.ceil(seconds / 3600)} h"
