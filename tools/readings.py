"""What was read that nobody vouches for: text that may have been planted to steer whoever reads it.

A plan that is made afterwards asks for one approval more. What counts is the conversation that the plan names by its
handle; without one, whatever the same principal read with the same client in the last half hour. A conversation
that begins within that half hour inherits it, so that a new handle washes nothing off.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.principal import Principal

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from tools.state import State

WINDOW = 1_800.0  # seconds
_MOST_PLACES = 20
_LONGEST_PLACE = 600


@dataclass(frozen=True, slots=True)
class Unvouched:
    """A place that was read, and why nobody vouches for it."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Readings:
    """The store; each conversation, and each principal with a client, keeps its last 20 places."""

    def __init__(self, state: "State", *, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    def note(
        self, principal: Principal, read: Sequence[Unvouched], *, handle: str = "", begun: bool = False
    ) -> None:
        """Remember what was read, in the conversation `handle` and beside it; `begun` when that is a new one.

        Costs nothing where everything was vouched for. Raises `StateError` when it cannot be stored: who reads
        such text without it being remembered could plan as if they had not.
        """
        inherited = self.recent(principal) if begun and handle else ()
        if not read and not inherited:
            return
        with self._state.write() as connection:
            self._forget_old(connection)
            for name in dict.fromkeys(("", handle)):
                self._put(connection, principal, name, (*read, *inherited) if name else read)

    def recent(self, principal: Principal) -> tuple[Unvouched, ...]:
        """What the same principal read with the same client in the last half hour, newest first."""
        from tools.state.tables import unvouched

        # A clock that was set back leaves times ahead of now: those count as well.
        since = self._clock() - WINDOW
        return self._found(
            unvouched.c.principal == principal.ref,
            unvouched.c.client == principal.client,
            unvouched.c.handle == "",
            unvouched.c.read_at > since,
        )

    def of(self, handle: str, principal: Principal) -> tuple[Unvouched, ...]:
        """What was read in that conversation of the principal's, newest first."""
        from tools.state.tables import unvouched

        return self._found(unvouched.c.principal == principal.ref, unvouched.c.handle == handle)

    def _found(self, *wanted: "ColumnElement[bool]") -> tuple[Unvouched, ...]:
        from sqlalchemy import select

        from tools.state.tables import unvouched

        newest = select(unvouched.c.place, unvouched.c.reason).where(*wanted)
        newest = newest.order_by(unvouched.c.read_at.desc(), unvouched.c.place).limit(_MOST_PLACES)
        with self._state.read() as connection:
            return tuple(Unvouched(row.place, row.reason) for row in connection.execute(newest))

    def _put(
        self, connection: "Connection", principal: Principal, handle: str, read: Iterable[Unvouched]
    ) -> None:
        from sqlalchemy import delete, select
        from sqlalchemy.dialects.sqlite import insert

        from tools.state.tables import unvouched

        key = {"principal": principal.ref, "client": principal.client, "handle": handle}
        for each in list(read)[:_MOST_PLACES]:
            values = {"reason": each.reason[:200], "read_at": self._clock()}
            put = insert(unvouched).values(**key, place=each.place[:_LONGEST_PLACE], **values)
            connection.execute(
                put.on_conflict_do_update(
                    index_elements=["principal", "client", "handle", "place"], set_=values
                )
            )
        own = [unvouched.c[name] == value for name, value in key.items()]
        surplus = select(unvouched.c.place).where(*own)
        surplus = (
            surplus.order_by(unvouched.c.read_at.desc(), unvouched.c.place).limit(-1).offset(_MOST_PLACES)
        )
        connection.execute(delete(unvouched).where(*own, unvouched.c.place.in_(surplus)))

    def _forget_old(self, connection: "Connection") -> None:
        from sqlalchemy import delete, select

        from tools.state.tables import contexts, unvouched

        connection.execute(
            delete(unvouched).where(
                unvouched.c.read_at <= self._clock() - WINDOW,
                unvouched.c.handle.not_in(select(contexts.c.handle)),
            )
        )
