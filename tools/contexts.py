"""Conversations: a handle that ask and search return, so that the next question can lean on the last ones.

A handle is random and belongs to the principal it was made for; it gives no right of its own. Only the last
turns are kept, unused conversations expire, and their number is bounded, oldest first.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tools.canonical import canonical
from tools.errors import NotFound, StateError
from tools.ports import Turn
from tools.redaction import HIDDEN

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tools.state import State

_LOG = logging.getLogger(__name__)
_LONGEST_TEXT = 4_000
_DAY = 86_400


class Contexts:
    """The store of conversations; `turns`, `days` and `each` (per principal) bound it. `hidden` are secrets that no
    turn is stored with."""

    def __init__(
        self,
        state: "State",
        *,
        turns: int = 6,
        days: float = 7,
        each: int = 200,
        hidden: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._turns = turns
        self._lifetime = days * _DAY
        self._each = each
        self._hidden = sorted(hidden, key=len, reverse=True)
        self._clock = clock

    def history(self, handle: str, *, principal: str) -> tuple[Turn, ...]:
        """The last turns, oldest first; none for an empty handle.

        Raises `NotFound` for an unknown or expired handle and for another principal's.
        """
        if not handle:
            return ()
        with self._state.read() as connection:
            turns = self._found(connection, handle, principal)
        if turns is None:
            raise NotFound(
                f"there is no context {handle[:40]!r} (it may have expired); leave `context` out to begin a "
                "new conversation, and write the question so that it stands alone"
            )
        return turns

    def remember(self, handle: str, turn: Turn, *, principal: str) -> str:
        """Add a turn to the conversation, or begin one when `handle` is empty; returns the handle.

        A turn that cannot be stored costs the conversation, never the answer: then it returns "".
        """
        try:
            return self._stored(handle, turn, principal)
        except StateError as error:
            _LOG.warning("a conversation could not be stored: %s", error)
            return ""

    def _stored(self, handle: str, turn: Turn, principal: str) -> str:
        from sqlalchemy import delete, insert, update

        from tools.state.tables import contexts

        now = self._clock()
        with self._state.write() as connection:
            earlier = self._found(connection, handle, principal) if handle else None
            kept = (*(earlier or ()), _shortened(self._without_secrets(turn)))[-self._turns :]
            values = {
                "turns": canonical([asdict(each) for each in kept]),
                "used_at": now,
                "expires_at": now + self._lifetime,
            }
            if earlier is not None:
                connection.execute(update(contexts).where(contexts.c.handle == handle).values(values))
                return handle
            connection.execute(delete(contexts).where(contexts.c.expires_at <= now))
            self._drop_oldest(connection, principal)
            made = secrets.token_urlsafe(12)
            connection.execute(insert(contexts).values(handle=made, principal=principal, **values))
        return made

    def _without_secrets(self, turn: Turn) -> Turn:
        question, answer = turn.question, turn.answer
        for secret in self._hidden:
            question, answer = question.replace(secret, HIDDEN), answer.replace(secret, HIDDEN)
        return Turn(question, answer, turn.entities)

    def _found(self, connection: "Connection", handle: str, principal: str) -> tuple[Turn, ...] | None:
        from sqlalchemy import select

        from tools.state.tables import contexts

        found = connection.execute(
            select(contexts.c.turns).where(
                contexts.c.handle == handle,
                contexts.c.principal == principal,
                contexts.c.expires_at > self._clock(),
            )
        ).scalar()
        if found is None:
            return None
        return tuple(
            Turn(each["question"], each["answer"], tuple(each["entities"])) for each in json.loads(found)
        )

    def _drop_oldest(self, connection: "Connection", principal: str) -> None:
        from sqlalchemy import delete, select

        from tools.state.tables import contexts

        surplus = (
            select(contexts.c.handle)
            .where(contexts.c.principal == principal)
            .order_by(contexts.c.used_at.desc(), contexts.c.handle)
            .limit(-1)
            .offset(self._each - 1)
        )
        connection.execute(delete(contexts).where(contexts.c.handle.in_(surplus)))


def _shortened(turn: Turn) -> Turn:
    return Turn(turn.question[:_LONGEST_TEXT], turn.answer[:_LONGEST_TEXT], turn.entities[:20])
