"""What every kind of declared work has in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tools.declared.templates import Values
from tools.plan import Target
from tools.run import Run
from tools.shapes import Output


@dataclass(frozen=True, slots=True)
class Resolved:
    """The work with every value filled in. `details` is JSON-able and holds no secret; it is what gets done."""

    step: str
    details: Mapping[str, Any]
    targets: tuple[Target, ...] = ()
    will_not: tuple[str, ...] = ()


class Work(Protocol):
    """One kind of work; made from a file that was checked."""

    @property
    def output(self) -> type[Output]: ...
    @property
    def open_world(self) -> bool:
        """Whether it talks to something that is not this machine."""
        ...

    async def resolve(self, values: Values, run: Run) -> Resolved:
        """Without doing it. Raises an `ActionError` where it could not be done."""
        ...

    async def do(self, details: Mapping[str, Any], run: Run) -> Output:
        """Exactly what `details` say. Raises an `ActionError`."""
        ...
