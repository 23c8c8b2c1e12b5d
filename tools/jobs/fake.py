"""Jobs that run nowhere, and end when they are told to. For tests, of teams' own actions too."""

import threading
from collections.abc import Callable, Collection

from tools.errors import InvalidArguments, NotFound
from tools.jobs.job import Job, JobState, LogPart
from tools.jobs.spec import COMMAND, ENTRYPOINT, JobSpec


class FakeJobs:
    """`submitted` holds the specs by id; `advance` and `say` are what a job's process would do."""

    def __init__(self, *, recipes: Collection[str] = ("train", "evaluate", COMMAND, ENTRYPOINT)) -> None:
        self.submitted: dict[str, JobSpec] = {}
        self.during: Callable[[], None] = lambda: None
        self.recipes = recipes
        self._jobs: dict[str, Job] = {}
        self._logs: dict[str, bytes] = {}
        self._now = 0.0
        self._lock = threading.Lock()

    def submit(self, spec: JobSpec, id: str) -> Job:
        if spec.recipe not in self.recipes:
            raise InvalidArguments(
                f"there is no recipe {spec.recipe!r} to run; the recipes are: {', '.join(self.recipes)}"
            )
        with self._lock:
            if self.submitted.setdefault(id, spec) != spec:
                raise InvalidArguments(f"{id} stands for another job already; plan anew for an id of its own")
            if id not in self._jobs:
                self.during()
                now = self._tick()
                self._jobs[id] = Job(id=id, state=JobState.RUNNING, created_at=now, started_at=now)
                self._logs[id] = b"started\n"
            return self._jobs[id]

    def status(self, id: str) -> Job:
        try:
            return self._jobs[id]
        except KeyError:
            raise NotFound(f"there is no job {id[:80]!r}; list_jobs lists yours") from None

    def logs(self, id: str, offset: int) -> LogPart:
        job, data = self.status(id), self._logs[id]
        part = data[offset:]
        return LogPart(text=part.decode(), next_offset=len(data), size=len(data), finished=job.state.is_end)

    def stop(self, id: str) -> Job:
        if self.status(id).state.is_end:
            return self._jobs[id]
        return self.advance(id, JobState.CANCELLED, reason="cancelled")

    def say(self, id: str, text: str) -> None:
        self._logs[id] += text.encode()

    def advance(
        self, id: str, state: JobState, *, reason: str = "", code: int = 1, cpu_seconds: float = 0.0
    ) -> Job:
        """Bring the job into `state`."""
        ended = self._tick() if state.is_end else None
        ended_with = {JobState.SUCCEEDED: 0, JobState.FAILED: code}.get(state)
        changed = {"state": state, "ended_at": ended, "exit_code": ended_with, "reason": reason}
        changed["cpu_seconds"] = cpu_seconds
        self._jobs[id] = self.status(id).model_copy(update=changed)
        return self._jobs[id]

    def _tick(self) -> float:
        self._now += 1
        return self._now
