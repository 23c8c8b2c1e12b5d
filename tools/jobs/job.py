"""A job: a process that works on a recipe. What it writes into the model registry is a run, another thing."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class JobState(StrEnum):
    """`queued` and `running` may change; the others are the end."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_end(self) -> bool:
        return self not in {JobState.QUEUED, JobState.RUNNING}


class Job(BaseModel):
    """How a job stands. Times are seconds since the epoch; memory is the most that was resident at once.

    `reason` says why it did not succeed; `exit_code` is negative for the signal that ended it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    state: JobState
    created_at: float
    started_at: float | None = None
    heartbeat_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    reason: str = ""
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0


class LogPart(BaseModel):
    """A part of a job's log, which only ever grows. `next_offset` and `size`, of all of it, are in bytes.

    `finished` means that the job has ended and this part reaches the end.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    next_offset: int
    size: int
    finished: bool
