"""Where actions launch jobs and ask after them: who may see which, what each may use, and what is known of it."""

import re
import time
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import ActionError, InvalidArguments, NotFound, Unavailable
from tools.jobs.accuracy import Measured
from tools.jobs.backend import JobBackend
from tools.jobs.estimates import estimated
from tools.jobs.job import Job, JobState, LogPart
from tools.jobs.recipes import Recipes, Resolved
from tools.jobs.results import Kept, Results
from tools.jobs.spec import JobSpec, Limits, job_id
from tools.plan import Estimate
from tools.principal import Principal
from tools.settings import DataSet, JobsSettings

if TYPE_CHECKING:
    from tools.state.jobs import JobRow, JobRows

ANY_JOB = "jobs:any"
"""The scope that shows and ends the jobs of others; whoever sits at this machine holds it."""

SMALL = 0.1
"""CPU-hours below which a job is small: the shipped policy starts such jobs at once."""

_OWNER = re.compile(
    r"(?:(?P<kind>group|user):)?(?:(?P<namespace>[a-z0-9-]{1,63})/)?(?P<name>[a-z0-9][a-z0-9._-]{0,62})"
)
_AT_A_TIME = 10  # results that one look keeps at most
_WORLD = Path(__file__).parent / "data" / "world.json"


class JobDesk:
    """Everything about jobs that actions need. Call it on a worker thread.

    What succeeded jobs made is handed to `results` when somebody looks; without one it stays where it is.
    """

    def __init__(
        self,
        backend: JobBackend,
        rows: "JobRows",
        recipes: Recipes,
        *,
        home: Path,
        settings: JobsSettings | None = None,
        results: Results | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings or JobsSettings()
        self._backend = backend
        self._rows = rows
        self._recipes = recipes
        self._home = home
        self._clock = clock
        self._results = results
        self._settled: set[str] = set()  # jobs whose result is kept, or cannot be

    def data(self, name: str) -> DataSet:
        """The data set that the operator configured under `name`; `world` is always there. Raises `NotFound`."""
        known = self._known_data()
        if name not in known:
            raise NotFound(
                f"there is no data set {name[:80]!r}; the data sets are: {', '.join(self.data_names)}. "
                "The operator adds one with CUEBOOK_JOBS__DATA",
                near=self.data_names,
            )
        return known[name].model_copy(update={"path": known[name].path.resolve()})

    @property
    def data_names(self) -> tuple[str, ...]:
        """The names that `data` takes, sorted."""
        return tuple(sorted(self._known_data()))

    def _known_data(self) -> dict[str, DataSet]:
        return {"world": DataSet(path=_WORLD, format="world"), **self.settings.data}

    @property
    def home(self) -> Path:
        """The folder that everything of this deployment is under."""
        return self._home.resolve()

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

    def scaffold_owner(self, name: str) -> str:
        """Who owns the first entity of a scaffold's catalog file, as a full ref; empty where none is named.

        Raises `InvalidArguments` for a file that cannot be read, or an owner that is no reference.
        """
        import yaml

        path = self.scaffold_root / name / "catalog-info.yaml"
        try:
            document = next(yaml.safe_load_all(path.read_text(encoding="utf-8")))
            owner = str(document["spec"]["owner"])
        except (FileNotFoundError, StopIteration, KeyError, TypeError):
            return ""
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            told = " ".join(str(error).split())[:200]
            raise InvalidArguments(f"{name}/catalog-info.yaml cannot be read: {told}") from error
        found = _OWNER.fullmatch(owner.strip().lower())
        if found is None:
            raise InvalidArguments(
                f"{name}/catalog-info.yaml: spec.owner = {owner[:80]!r} is no group or user; "
                "write it like group:default/ranking"
            )
        return f"{found['kind'] or 'group'}:{found['namespace'] or 'default'}/{found['name']}"

    def resolve(self, recipe: str, config: Mapping[str, Any]) -> Resolved:
        """See `Recipes.resolve`."""
        return self._recipes.resolve(recipe, config)

    def offers(self, recipe: str) -> None:
        """Raises `Unavailable` for a recipe that the backend does not run."""
        if recipe not in self._backend.recipes:
            raise Unavailable(
                f"jobs of the kind {recipe!r} do not run here, but on a Ray cluster; the operator connects one with "
                "CUEBOOK_JOBS__BACKEND=ray"
            )

    def estimate(self, recipe: str, *, kind: str, data: DataSet) -> Estimate:
        return estimated(recipe, kind=kind, data=data)

    def limits(self, estimate: Estimate) -> Limits:
        """What a job of that estimate may use: four times as much, and never more than the operator's limits.

        A small job is stopped where it would be one no more.
        """
        most = self.settings.limits
        cpu = max(60, round(estimate.cpu_hours * 3600 * 4))
        if estimate.cpu_hours < SMALL:
            cpu = min(cpu, round(SMALL * 3600))
        wall = max(600, cpu * 4)
        return most.model_copy(
            update={"cpu_seconds": min(cpu, most.cpu_seconds), "wall_seconds": min(wall, most.wall_seconds)}
        )

    def launch(self, spec: JobSpec, *, digest: str) -> Job:
        """Store the job with the outcome of its plan, then start it: once for each digest."""
        row = self._rows.add(job_id(digest), spec, digest=digest, now=self._clock())
        return row.job if row.job.state.is_end else self._submitted(row)

    def launch_again(self, id: str) -> bool:
        """Start a job whose launcher was killed before the backend had heard of it; false for any other."""
        row = self._rows.get(id)
        if row is None or row.job.started_at is not None or row.launcher_is_alive:
            return False
        try:
            self._backend.status(id)
        except NotFound:
            if self._rows.take_up(id):
                self._submitted(row)
                return True
        return False

    def _submitted(self, row: "JobRow") -> Job:
        spec = row.spec
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

    def measured(
        self, principal: Principal, *, recipe: str | None = None
    ) -> tuple[tuple[Measured, ...], dict[str, int]]:
        """What jobs that succeeded used and were estimated at, and how many others ended, by state."""
        self.look()
        owner = None if ANY_JOB in principal.scopes else principal.ref
        return self._rows.measured(owner=owner, recipe=recipe)

    def logs(self, id: str, offset: int, principal: Principal) -> LogPart:
        """Raises `NotFound`."""
        row = self._row(id, principal)
        try:
            return self._backend.logs(row.job.id, offset)
        except NotFound:
            if not row.job.state.is_end:
                return LogPart(text="", next_offset=0, size=0, finished=False)
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
        """Bring every row up to date that had not ended; called at start, which finds what got lost meanwhile.

        Where the backend does not answer the rows stay as they were.
        """
        with suppress(Unavailable):
            for row in self._rows.active():
                self._looked_at(row)

    def keep_results(self) -> None:
        """Hand over what succeeded jobs made and nobody kept yet, in the order they ended; some at a time.

        What cannot be kept now is tried again at the next look. Raises nothing of a backend that does not answer.
        """
        if self._results is None:
            return
        with suppress(ActionError):
            self.look()
        waiting = (
            id
            for id, recipe in self._rows.succeeded()
            if id not in self._settled and self._results.keeps(recipe)
        )
        for id in islice(waiting, _AT_A_TIME):
            if (row := self._rows.get(id)) is None:
                continue
            kept = self._results.keep(row, self.out(row))
            if kept.why and kept.later:
                return  # the others would fare no better
            self._settled.add(id)

    def kept(self, row: "JobRow") -> Kept | None:
        """Where the job's result is kept, or why it is not, trying that now; None for a job that makes none."""
        succeeded = row.job.state is JobState.SUCCEEDED
        if self._results is None or not succeeded or not self._results.keeps(row.spec.recipe):
            return None
        self.keep_results()  # what it judged comes first
        return self._results.keep(row, self.out(row))

    def kept_ref(self, row: "JobRow") -> str | None:
        """The version that holds the job's result, as far as is noted."""
        found = self._results.kept(row.job.id) if self._results else None
        return found.ref if found else None

    def trained(self, id: str, principal: Principal) -> "JobRow":
        """The job that trained a model. Raises `NotFound`, and `InvalidArguments` for a job that trained none."""
        row = self.get(id, principal)
        if row.spec.recipe != "train" or row.job.state is not JobState.SUCCEEDED:
            raise InvalidArguments(
                f"{row.job.id} is a job of the recipe {row.spec.recipe!r} that is {row.job.state}; "
                "name one that trained a model and succeeded"
            )
        return row

    def out(self, row: "JobRow") -> Path:
        """The folder that the job's result is in, once it has succeeded."""
        return self.home / "jobs" / row.job.id / row.spec.out

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
