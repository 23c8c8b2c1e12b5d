"""How much one result may hold: what a model can read at once, and never a part without saying so.

A page of a list ends at the limit that was asked for or, where that comes first, at `LARGEST`. The cursor that is
answered with it starts at the first item that was left out, so that following it gives every item exactly once.
"""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel

LARGEST = 80_000  # characters of JSON, about 20,000 tokens
LAST = 2**53 - 1
"""The last number of a row that may be asked for: the last whole number that every reader of JSON keeps."""
_LONGEST_TITLE = 200

Item = TypeVar("Item", bound=BaseModel | str | int)


def fitting(items: Iterable[Item], *, room: int = LARGEST) -> tuple[Item, ...]:
    """As many of `items` as `room` characters hold, from the first on; at least one, so that a cursor always moves."""
    shown: list[Item] = []
    for item in items:
        room -= len(item.model_dump_json()) if isinstance(item, BaseModel) else len(str(item)) + 4
        if room < 0 and shown:
            break
        shown.append(item)
    return tuple(shown)


def titled(text: str) -> str:
    """A title, shortened with an ellipsis: authors have put whole pages there."""
    return text if len(text) <= _LONGEST_TITLE else f"{text[:_LONGEST_TITLE].rstrip()} …"
