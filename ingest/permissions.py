"""Who asks, and what they may see: the seam through which a portal's permissions reach search.

`may_see` is asked before anything is scored and again before anything is answered. What a principal may not
see does not exist for them: not in hits, counts, facts or error texts.
"""

from collections.abc import Callable
from typing import Protocol

from ingest.entities import Entity


class Principal(Protocol):
    """Whoever asks; `ref` is an entity reference such as `user:default/ada`."""

    @property
    def ref(self) -> str: ...


MaySee = Callable[[Principal, Entity], bool]


def everyone_sees_everything(_principal: Principal, _entity: Entity) -> bool:
    """The default: one team, one catalog, nothing hidden."""
    return True
