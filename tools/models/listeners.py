"""Whom a slate is for, as actions are told: a user or a history, a surface, a market, a moment."""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tools.errors import InvalidArguments, NotFound

if TYPE_CHECKING:
    from recsys_core import Pipeline
    from recsys_core.surface import Surface

_SHOWN = 3


def moment(text: str) -> int | None:
    """Unix seconds. Raises `InvalidArguments`."""
    if not text:
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidArguments(
            f"at: {text!r} is no moment; write it like 2026-07-01T12:00:00+00:00"
        ) from error


def one_of(user: str, history: Sequence[str]) -> None:
    """Raises `InvalidArguments` unless exactly one is given."""
    if bool(user) == bool(history):
        raise InvalidArguments(
            "user, history: give one of them, a user id or item ids that stand for a history"
        )


def past_of(
    user: str, history: Sequence[str], pipeline: "Pipeline", surface: "Surface | None"
) -> tuple[str, ...]:
    """Item ids of the history, oldest first; none only where the surface has an order for that.

    Raises `NotFound`, `InvalidArguments`.
    """
    from recsys_core.errors import UnknownItem, UnknownUser

    data = pipeline.data
    try:
        for item in history:
            data.item_index(item)
        if history:
            return tuple(history)
        found = tuple(data.items[item].id for item in data.histories.row(data.user_index(user)))
    except UnknownUser as error:
        raise unknown(error, data.user_ids) from error
    except UnknownItem as error:
        raise unknown(error, data.item_ids) from error
    if surface is not None and surface.continues == "playlist":
        raise InvalidArguments(
            f"user: surface {surface.name} goes on from a playlist; give its item ids as history instead"
        )
    if not found and not (surface and surface.cold):
        raise InvalidArguments(f"user: {user!r} has an empty history; give item ids as history instead")
    return found


def unknown(error: Exception, ids: tuple[str, ...]) -> NotFound:
    return NotFound(f"{error}; ids look like {', '.join(ids[:_SHOWN])}", near=ids[:_SHOWN])


def item_called(text: str, pipeline: "Pipeline") -> str:
    """The id of the item with this id or, whatever the case of letters, this title. Raises `NotFound` with near ones."""
    from recsys_core.errors import UnknownItem

    data = pipeline.data
    try:
        return data.items[data.item_index(text)].id
    except UnknownItem as error:
        titled = [item.id for item in data.items if item.title and item.title.lower() == text.lower()]
        if len(titled) == 1:
            return titled[0]
        if titled:
            shown = ", ".join(titled[:_SHOWN])
            raise NotFound(
                f"item: {len(titled)} items are called {text!r}; give the id of one: {shown}",
                near=tuple(titled[:_SHOWN]),
            ) from error
        near = get_close_matches(text, data.item_ids, n=_SHOWN, cutoff=0.8)
        raise unknown(error, tuple(near) or data.item_ids) from error
