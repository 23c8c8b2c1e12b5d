"""What an alias pointed to earlier."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys_core.registry import AliasChange


def before(history: "Iterable[AliasChange]", alias: str, current: int) -> int | None:
    """The version that the alias pointed to before `current`, with moves that were taken back left out.

    1, 2, back to 1: before 1 there is none. 1, 2, 3, back to 2: before 2 there is 1.
    """
    path: list[int] = []
    for change in history:
        if change.alias != alias or change.new is None:
            continue
        if not path and change.old is not None:
            path.append(change.old)
        path = path[: path.index(change.new)] if change.new in path else path
        path.append(change.new)
    if current in path:
        path = path[: path.index(current)]
    return path[-1] if path else None
