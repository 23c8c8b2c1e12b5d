"""How much one result may hold: what a model can read at once, and never a part without saying so.

A page of a list ends at the limit that was asked for or, where that comes first, at `LARGEST`. The cursor that is
answered with it starts at the first item that was left out, so that following it gives every item exactly once.
"""

from collections.abc import Iterable
from itertools import chain
from typing import TypeVar

from pydantic import BaseModel

LARGEST = 80_000  # characters of JSON, about 20,000 tokens
LAST = 2**53 - 1
"""The last number of a row that may be asked for: the last whole number that every reader of JSON keeps."""
_LONGEST_TITLE = 200
_LONGEST_ESCAPE = 6  # characters of JSON that one character may take, as \u0000

Item = TypeVar("Item", bound=BaseModel | str | int)


def fitting(items: Iterable[Item], *, room: int = LARGEST) -> tuple[Item, ...]:
    """As many of `items` as `room` characters hold, from the first on; at least one, so that a cursor always moves."""
    rest = iter(items)
    made: list[Item] = []
    bound = 0
    for item in rest:
        made.append(item)
        bound += _at_most(item)
        if bound > room:
            return _measured(chain(made, rest), room)
    return tuple(made)


def _measured(items: Iterable[Item], room: int) -> tuple[Item, ...]:
    shown: list[Item] = []
    for item in items:
        room -= _length(item)
        if room < 0 and shown:
            break
        shown.append(item)
    return tuple(shown)


def _length(item: BaseModel | str | int) -> int:
    """Characters of JSON."""
    return len(item.model_dump_json()) if isinstance(item, BaseModel) else len(str(item)) + 4


def _at_most(item: BaseModel | str | int) -> int:
    """No less than its length, told without writing it, which would double what a short list costs."""
    values = vars(item).values() if isinstance(item, BaseModel) else (item,)
    if not all(value is None or isinstance(value, str | int) for value in values):
        return _length(item)
    named = sum(map(len, vars(item))) + 6 * len(vars(item)) if isinstance(item, BaseModel) else 4
    return named + sum(
        _LONGEST_ESCAPE * len(value) if isinstance(value, str) else len(str(value)) for value in values
    )


def titled(text: str) -> str:
    """A title, shortened with an ellipsis: authors have put whole pages there."""
    return text if len(text) <= _LONGEST_TITLE else f"{text[:_LONGEST_TITLE].rstrip()} …"
