"""Wrong secrets, counted where a restart does not forget them: each further one costs twice the wait."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, insert, select

from tools.state.tables import attempts

if TYPE_CHECKING:
    from tools.state.state import State

_FREE = 3
_FIRST_WAIT = 30.0  # seconds
_LONGEST_WAIT = 3600.0


class Attempts:
    """The counters, by a name that says whose secret and through which door."""

    def __init__(self, state: "State") -> None:
        self._state = state

    def begin(self, name: str, *, now: float) -> float:
        """Count an attempt as failed before it is checked; returns the seconds still to wait, 0 to go on.

        Counting first lets attempts at the same time, or a process killed in between, guess no more often.
        """
        with self._state.write() as connection:
            found = connection.execute(select(attempts).where(attempts.c.name == name)).first()
            failures = 0 if found is None else int(found.failures)
            until = 0.0 if found is None else _locked_until(found, now)
            if until <= now:
                failures += 1
                until = now + wait_after(failures)
                waiting = 0.0
            else:
                waiting = until - now
            connection.execute(delete(attempts).where(attempts.c.name == name))
            connection.execute(
                insert(attempts).values(name=name, failures=failures, tried_at=now, locked_until=until)
            )
        return waiting

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name whose secret was right."""
        with self._state.write() as connection:
            connection.execute(delete(attempts).where(attempts.c.name == name))


def _locked_until(found: Row[Any], now: float) -> float:
    """A clock that was set back begins the wait anew; it neither ends it nor makes it longer."""
    if found.tried_at > now:
        return now + wait_after(int(found.failures))
    return float(found.locked_until)


def wait_after(failures: int) -> float:
    """Seconds until the next attempt: none for the first two, then 30, 60, … up to an hour."""
    if failures < _FREE:
        return 0.0
    # The exponent is bounded, since the count is not.
    return min(_FIRST_WAIT * 2.0 ** min(failures - _FREE, 20), _LONGEST_WAIT)
