"""What an action does to the world; stated by every action, never defaulted."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """Everything but `READS` is planned first and applied by the plan's digest."""

    READS = "reads"
    WRITES = "writes"
    STARTS_JOB = "starts_job"
    DESTROYS = "destroys"


@dataclass(frozen=True, slots=True)
class Annotations:
    """Hints for a client, in the words of MCP. They describe the action with its apply step."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool

    @classmethod
    def of(cls, effect: Effect) -> "Annotations":
        """Idempotent for all: a read changes nothing, and a digest is applied once however often it is sent."""
        return cls(
            read_only=effect is Effect.READS,
            destructive=effect is Effect.DESTROYS,
            idempotent=True,
            open_world=False,
        )
