"""An argument vector as a job: on this machine or, declared as `ray`, on a Ray cluster."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from tools.declared import exec_command
from tools.declared.allowed import Allowed
from tools.declared.command import Argv, Command, Limits, check_environment, checked_argv, resolved_argv
from tools.declared.executables import refuse_shells
from tools.declared.parameters import Parameter, Strict
from tools.declared.templates import Values, rendered
from tools.declared.work import Resolved
from tools.jobs.spec import COMMAND, ENTRYPOINT, JobSpec
from tools.jobs.spec import Limits as JobLimits
from tools.launching import Launched, launched
from tools.plan import Estimate
from tools.run import Run
from tools.shapes import Output

_WILL_NOT = ("pass the command to a shell", "run a second time, whatever becomes of it")


class RayJob(Strict):
    """What the head node starts, and what it sets aside for that; workers ask for theirs by themselves."""

    entrypoint: Argv
    cpus: float = Field(default=1, ge=0, le=1_000)
    gpus: float = Field(default=0, ge=0, le=1_000)
    limits: Limits = Limits()


class _JobWork:
    output: type[Output] = Launched
    open_world = True

    def __init__(self, estimate: Estimate, limits: Limits) -> None:
        self._estimate = estimate
        self._limits = limits

    def _spec(self, recipe: str, config: Mapping[str, Any], run: Run) -> JobSpec:
        most = run.jobs.limits(self._estimate)
        stated = self._limits.model_dump(exclude_none=True, include=set(JobLimits.model_fields))
        limits = most.model_copy(
            update={name: min(value, getattr(most, name)) for name, value in stated.items()}
        )
        return JobSpec(recipe=recipe, config=dict(config), owner=run.principal.ref, limits=limits)

    async def do(self, details: Mapping[str, Any], run: Run) -> Output:
        return await run.in_thread(launched)


class CommandJobWork(_JobWork):
    """The program, checked again by its hash, in the job's own folder."""

    def __init__(
        self,
        command: Command,
        parameters: Mapping[str, Parameter],
        allowed: Allowed,
        *,
        estimate: Estimate,
    ) -> None:
        """Raises `ValueError`."""
        super().__init__(estimate, command.limits)
        if command.secrets:
            raise ValueError(
                "secrets: what a job prints is kept as a file, so a job gets none; let the program read its own "
                "credentials, or use a command that does not start a job"
            )
        self._argv = checked_argv(command.argv, parameters, allowed)
        check_environment(command, allowed)
        self._command = command
        self._allowed = allowed

    async def resolve(self, values: Values, run: Run) -> Resolved:
        return await run.in_thread(self._resolved, values)

    def _resolved(self, values: Values, run: Run) -> Resolved:
        argv, targets = resolved_argv(self._argv, values, self._allowed)
        config = {
            "argv": argv,
            "environment": dict(self._command.environment),
            "files": {target.ref.removeprefix("file:"): target.revision for target in targets},
        }
        spec = self._spec(COMMAND, config, run)
        return _resolved(f"start the job {shlex.join(argv)}", spec, targets)


class RayWork(_JobWork):
    """Runs on the cluster that `CUEBOOK_JOBS__RAY__ADDRESS` names; its program is the cluster's."""

    def __init__(self, job: RayJob, parameters: Mapping[str, Parameter], *, estimate: Estimate) -> None:
        """Raises `ValueError`."""
        super().__init__(estimate, job.limits)
        self._argv = checked_argv(job.entrypoint, parameters, None)
        refuse_shells(Path(job.entrypoint[0]))
        self._job = job

    async def resolve(self, values: Values, run: Run) -> Resolved:
        return await run.in_thread(self._resolved, values)

    def _resolved(self, values: Values, run: Run) -> Resolved:
        run.jobs.offers(ENTRYPOINT)
        entrypoint = list(rendered(self._argv, values))
        config = {"entrypoint": entrypoint, "cpus": self._job.cpus, "gpus": self._job.gpus}
        spec = self._spec(ENTRYPOINT, config, run)
        return _resolved(f"start {shlex.join(entrypoint)} on the Ray cluster", spec, ())


def exec_of(config: Path, _out: Path) -> Sequence[str]:
    """The command of a job of the recipe `command`: checks the files, then becomes the program."""
    return (sys.executable, "-I", "-S", exec_command.__file__, str(config))


def _resolved(step: str, spec: JobSpec, targets: Any) -> Resolved:
    limits = spec.limits
    bounds = (
        f"stop it at {limits.cpu_seconds:,} CPU-seconds or {limits.wall_seconds:,} s, if it comes to that"
    )
    return Resolved(
        step=f"{step}; {bounds}",
        details={"spec": spec.model_dump(mode="json"), "spec_hash": spec.hash},
        targets=targets,
        will_not=_WILL_NOT,
    )
