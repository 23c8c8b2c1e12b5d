"""What runs jobs: this machine, or later a cluster."""

from collections.abc import Collection
from typing import Protocol

from tools.jobs.job import Job, LogPart
from tools.jobs.spec import JobSpec


class JobBackend(Protocol):
    """Runs each id at most once. All methods but `submit` raise `NotFound` for an id that was never submitted.

    They wait for files or networks, so call them on a worker thread.
    """

    @property
    def recipes(self) -> Collection[str]:
        """What it can run."""
        ...

    def submit(self, spec: JobSpec, id: str) -> Job:
        """Start a job, or answer how it stands if that id was submitted before.

        Raises `InvalidArguments` for a recipe that is not offered and for an id that stands for another spec,
        `Unavailable` when it cannot be started.
        """

    def status(self, id: str) -> Job:
        """How it stands; `lost` once whoever watched over it is gone without a word."""

    def logs(self, id: str, offset: int) -> LogPart:
        """What the log holds from `offset` on, in bytes, up to some size."""

    def stop(self, id: str) -> Job:
        """End it with everything it started; waits a moment for that. No error if it has ended already."""
