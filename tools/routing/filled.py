"""What became of an action's arguments: those that a request says, and those that it does not."""

from dataclasses import dataclass, field
from typing import Any

from tools.things import Mention


@dataclass(frozen=True, slots=True)
class Missing:
    """An argument that is needed and was not said, or not clearly; candidates are values that would do."""

    argument: str
    description: str
    candidates: tuple[str, ...] = ()


@dataclass
class Filled:
    """used: the mentions that became arguments; unused: those that the action has no place for."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    used: list[Mention] = field(default_factory=list)
    unused: tuple[Mention, ...] = ()
