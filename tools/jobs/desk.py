"""Where actions launch jobs and ask after them: who may see which, what each may use, and what is known of it."""

import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import ActionError, InvalidArguments, NotFound
from tools.jobs.backend import JobBackend
from tools.jobs.estimates import estimated
from tools.jobs.job import Job, JobState, LogPart
from tools.jobs.recipes import Recipes, Resolved
from tools.jobs.spec import JobSpec, Limits, job_id
from tools.plan import Estimate
from tools.principal import Principal
from tools.settings import DataSet, JobsSettings

if TYPE_CHECKING:
    from tools.state.jobs import JobRow, JobRows

ANY_JOB = "jobs:any"
"""The scope that shows and ends the jobs of others; whoever sits at this machine holds it."""

_WORLD = Path(__file__).parent / "data" / "world.json"


class JobDesk:
    """Everything about jobs that actions need. Call it on a worker thread."""

    def __init__(
        self,
        backend: JobBackend,
        rows: "JobRows",
        recipes: Recipes,
        *,
        home: Path,
        settings: JobsSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings or JobsSettings()
        self._backend = backend
        self._rows = rows
        self._recipes = recipes
        self._home = home
        self._clock = clock

    def data(self, name: str) -> DataSet:
        """The data set that the operator configured under `name`; `world` is always there. Raises `NotFound`."""
        known = {"world": DataSet(path=_WORLD, format="world"), **self.settings.data}
        if name not in known:
            raise NotFound(
                f"there is no data set {name[:80]!r}; the data sets are: {', '.join(sorted(known))}. "
                "The operator adds one with CUEBOOK_JOBS__DATA",
                near=sorted(known),
            )
        return known[name].model_copy(update={"path": known[name].path.resolve()})

    @property
    def scaffold_root(self) -> Path:
        """The folder that scaffolded training jobs are put into."""
        return (self.settings.scaffold or self._home / "scaffold").resolve()

    def scaffolded(self, name: str) -> dict[str, Any]:
        """The training configuration of a scaffold, its data where it lies. Raises `NotFound`, `InvalidArguments`."""
        path = self.scaffold_root / name / "train.toml"
        try:
            config = tomllib.loads(path.read_text(encoding="utf-8"))
            data = {**config["data"], "path": str((path.parent / config["data"]["path"]).resolve())}
        except FileNotFoundError:
            raise NotFound(
                f"there is no scaffold {name[:80]!r} with a train.toml; make one with scaffold_training_job"
            ) from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise InvalidArguments(
                f"{name}/train.toml cannot be used: {error!r}; it needs name, data = {{path, format}} and model"
            ) from error
        return {**config, "data": data}

    def resolve(self, recipe: str, config: Mapping[str, Any]) -> Resolved:
        """See `Recipes.resolve`."""
        return self._recipes.resolve(recipe, config)

    def estimate(self, recipe: str, *, kind: str, data: DataSet) -> Estimate:
        return estimated(recipe, kind=kind, data=data)

    def limits(self, estimate: Estimate) -> Limits:
        """What a job of that estimate may use: four times as much, and never more than the operator's limits.

        A job that is small enough to be applied at once is stopped where it would be one no more.
        """
        most, settings = self.settings.limits, self.settings
        cpu = max(60, round(estimate.cpu_hours * 3600 * 4))
        if estimate.cpu_hours <= settings.at_once_cpu_hours:
            cpu = min(cpu, max(1, round(settings.at_once_cpu_hours * 3600)))
        wall = max(600, cpu * 4)
        return most.model_copy(
            update={"cpu_seconds": min(cpu, most.cpu_seconds), "wall_seconds": min(wall, most.wall_seconds)}
        )

    def launch(self, spec: JobSpec, *, digest: str) -> Job:
        """Store the job with the outcome of its plan, then start it: once for each digest."""
        row = self._rows.add(job_id(digest), spec, digest=digest, now=self._clock())
        if row.job.state.is_end:
            return row.job
        try:
            job = self._backend.submit(spec, row.job.id)
        except Exception as error:  # whatever it was, the job is not left waiting for a start
            failed = {"state": JobState.FAILED, "ended_at": self._clock(), "reason": _told(error)}
            self._rows.observe(row.job.model_copy(update=failed))
            raise
        self._rows.observe(job)
        return job

    def get(self, id: str, principal: Principal) -> "JobRow":
        """A job as it stands now. Raises `NotFound`, also for somebody else's."""
        return self._looked_at(self._row(id, principal))

    def list(
        self, principal: Principal, *, state: str | None, limit: int, offset: int
    ) -> tuple[int, tuple["JobRow", ...]]:
        """How many jobs the principal may see, and a part of them, newest first."""
        self.look()
        owner = None if ANY_JOB in principal.scopes else principal.ref
        return self._rows.list(owner=owner, state=state, limit=limit, offset=offset)

    def logs(self, id: str, offset: int, principal: Principal) -> LogPart:
        """Raises `NotFound`."""
        row = self._row(id, principal)
        try:
            return self._backend.logs(row.job.id, offset)
        except NotFound:
            if not row.job.state.is_end:
                return LogPart(text="", next_offset=0, finished=False)
            raise NotFound(f"the log of {id} is gone: its working folder was removed") from None

    def cancel(self, id: str, principal: Principal) -> Job:
        """End a job with everything it started; one that has ended stays as it ended. Raises `NotFound`."""
        row = self.get(id, principal)
        if row.job.state.is_end:
            return row.job
        job = self._backend.stop(id)
        self._rows.observe(job)
        return job

    def look(self) -> None:
        """Bring every row up to date that had not ended; called at start, which finds what got lost meanwhile."""
        for row in self._rows.active():
            self._looked_at(row)

    def model(self, text: str, principal: Principal) -> tuple["JobRow", Path]:
        """A trained model: the id of the job that made it, or its name, which means the newest of that name.

        Returns the job and the artifact's folder. Raises `NotFound`, and `InvalidArguments` for a job that made none.
        """
        row = self._row(text, principal) if text.startswith("job-") else self._newest(text, principal)
        row = self._looked_at(row)
        if row.spec.recipe != "train" or row.job.state is not JobState.SUCCEEDED:
            raise InvalidArguments(
                f"{row.job.id} is a job of the recipe {row.spec.recipe!r} that is {row.job.state}; "
                "name one that trained a model and succeeded"
            )
        return row, self.out(row)

    def out(self, row: "JobRow") -> Path:
        """The folder that the job's result is in, once it has succeeded."""
        return self._home.resolve() / "jobs" / row.job.id / row.spec.out

    def _newest(self, name: str, principal: Principal) -> "JobRow":
        _, rows = self.list(principal, state=JobState.SUCCEEDED.value, limit=1_000, offset=0)
        trained = [row for row in rows if row.spec.recipe == "train"]
        for row in trained:
            if row.spec.config.get("name") == name:
                return row
        names = sorted({str(row.spec.config.get("name")) for row in trained})
        raise NotFound(
            f"no job has trained a model {name[:80]!r}; there are: {', '.join(names[:20]) or 'none yet'}",
            near=names[:5],
        )

    def _row(self, id: str, principal: Principal) -> "JobRow":
        row = self._rows.get(id)
        if row is None or not (row.spec.owner == principal.ref or ANY_JOB in principal.scopes):
            raise NotFound(f"there is no job {id[:80]!r}; list_jobs lists yours")
        return row

    def _looked_at(self, row: "JobRow") -> "JobRow":
        if row.job.state.is_end:
            return row
        try:
            job = self._backend.status(row.job.id)
        except NotFound:
            if row.launcher_is_alive:
                return row
            reason = "nothing of it is left but this entry: it was never started, or its folder was removed"
            lost = {"state": JobState.LOST, "ended_at": self._clock(), "reason": reason}
            job = row.job.model_copy(update=lost)
        if job != row.job:
            self._rows.observe(job)
        return self._rows.get(row.job.id) or row


def _told(error: Exception) -> str:
    said = str(error) if isinstance(error, ActionError) else type(error).__name__
    return f"it could not be started: {said}"
