"""Jobs as processes of this machine, each under a supervisor of its own that needs no server.

Everything known about a job is in its working folder `<home>/jobs/<id>/`, so any process that opens the home
can tell how it stands, read its log and end it. See `tools/jobs/supervise.py` for the files.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tools.errors import InvalidArguments, NotFound, Unavailable
from tools.jobs import supervise
from tools.jobs.job import Job, JobState, LogPart
from tools.jobs.log_text import readable
from tools.jobs.recipes import Command
from tools.jobs.spec import JobSpec

_PART = 65_536  # bytes of a log in one answer
_PATIENCE = 8.0  # seconds that `stop` waits: the supervisor gives the job five
_STARTING = 30.0  # seconds for a supervisor to claim its job
_PACKAGES = Path(__file__).resolve().parents[2]


class LocalJobs:
    """`commands` are the recipes that are offered, by name; at most `slots` jobs run at once, others queue."""

    def __init__(self, home: Path, *, commands: Mapping[str, Command], slots: int = 1) -> None:
        self._root = home.resolve() / "jobs"
        self._commands = dict(commands)
        self._slots = slots

    @property
    def recipes(self) -> Collection[str]:
        return self._commands.keys()

    def submit(self, spec: JobSpec, id: str) -> Job:
        command = self._commands.get(spec.recipe)
        if command is None:
            raise InvalidArguments(
                f"there is no recipe {spec.recipe!r} to run; the recipes are: {', '.join(self._commands)}"
            )
        folder = self._root / id
        self._prepare(folder, spec, command)
        if _read(folder / "spec.json") != json.loads(spec.text):
            raise InvalidArguments(f"{id} stands for another job already; plan anew for an id of its own")
        if not (folder / "claim.json").exists():
            _start_supervisor(folder)
        return self.status(id)

    def status(self, id: str) -> Job:
        folder = self._folder(id)
        claim = _read(folder / "claim.json")
        if not (folder / "exit.json").exists():
            self._settle(folder, claim)
        return _job(folder, id)

    def logs(self, id: str, offset: int) -> LogPart:
        folder = self._folder(id)
        ended = self.status(id).state.is_end  # before reading: what comes after its end is not missed
        try:
            with (folder / "log").open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(min(offset, size))
                data = file.read(_PART)
        except FileNotFoundError:
            return LogPart(text="", next_offset=0, size=0, finished=ended)
        end = min(offset, size) + len(data)
        text, kept = readable(data, whole=ended and end >= size)
        return LogPart(text=text, next_offset=end - kept, size=size, finished=ended and end >= size)

    def stop(self, id: str) -> Job:
        folder = self._folder(id)
        supervise.write_once(folder / "cancel.json", {"at": time.time()})
        until = time.monotonic() + _PATIENCE
        while not (job := self.status(id)).state.is_end and time.monotonic() < until:
            time.sleep(0.05)
        return job

    def _folder(self, id: str) -> Path:
        folder = self._root / id
        if not id or Path(id).name != id or not (folder / "spec.json").is_file():
            raise NotFound(f"there is no job {id[:80]!r}; list_jobs lists yours")
        return folder

    def _prepare(self, folder: Path, spec: JobSpec, command: Command) -> None:
        """The working folder with all it needs, whole or not at all; one that is there stays as it is."""
        if folder.exists():
            return
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=self._root))
        try:
            (draft / "tmp").mkdir()
            (draft / "spec.json").write_text(spec.text, encoding="utf-8")
            (draft / "config.json").write_text(json.dumps(spec.config, indent=2), encoding="utf-8")
            submitted = {"at": time.time(), "process": supervise.identity(os.getpid())}
            (draft / "submitted.json").write_text(json.dumps(submitted), encoding="utf-8")
            written = self._command(folder, spec, command)
            (draft / "command.json").write_text(json.dumps(written, indent=2), encoding="utf-8")
            os.rename(draft, folder)  # noqa: PTH104 - refuses a folder that appeared meanwhile and is not empty
        except OSError as error:
            if not (folder / "spec.json").exists():
                raise Unavailable(
                    f"{folder} cannot be written: {error.strerror}; is the disk full?"
                ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _command(self, folder: Path, spec: JobSpec, command: Command) -> dict[str, Any]:
        return {
            "argv": list(command(folder / "config.json", folder / spec.out)),
            "env": _environment(folder),
            "limits": spec.limits.model_dump(),
            "slots": {"folder": str(self._root / ".slots"), "count": self._slots},
        }

    def _settle(self, folder: Path, claim: Mapping[str, Any] | None) -> None:
        """Record the end of a job that can no longer do so itself."""
        if claim is None:
            submitted = _read(folder / "submitted.json") or {}
            if _is_alive(str(submitted.get("process", ""))):
                return
            # Nobody is left to start it. Taking the claim makes sure that nobody does after all.
            own = {"pid": os.getpid(), "process": "", "at": time.time()}
            if supervise.write_once(folder / "claim.json", own):
                _lose(folder, "the process that launched it ended before it was started; nothing ran")
        elif not _is_alive(str(claim.get("process", ""))):
            _lose(folder, "its supervisor is gone without recording an end; how far it came is not known")
            _sweep(folder.name)


def _environment(folder: Path) -> dict[str, str]:
    """All that a job inherits: no secret of this process, and nothing else that would change its result."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_PACKAGES),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "CUEBOOK_JOB": folder.name,
    }


def _start_supervisor(folder: Path) -> None:
    """Returns once it has claimed the job, or found it claimed."""
    with (folder / "supervisor.log").open("ab") as log:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", supervise.__file__, str(folder)],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                timeout=_STARTING,
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"the job {folder.name} could not be started: {error}") from error
    if done.returncode:
        raise Unavailable(f"the job {folder.name} could not be started; {folder / 'supervisor.log'} says why")


def _lose(folder: Path, reason: str) -> None:
    beat = _read(folder / "heartbeat.json") or {}
    supervise.write_once(
        folder / "exit.json",
        {
            "state": JobState.LOST.value,
            "reason": reason,
            "exit_code": None,
            "at": time.time(),
            "cpu_seconds": beat.get("cpu_seconds", 0.0),
            "peak_memory_bytes": beat.get("peak_memory_bytes", 0),
        },
    )


def _sweep(id: str) -> None:
    """End what a lost job left running; its processes are told by their environment, not by numbers."""
    mark = f"CUEBOOK_JOB={id}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                os.kill(int(path.parent.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


def _job(folder: Path, id: str) -> Job:
    submitted = _read(folder / "submitted.json") or {}
    started = _read(folder / "started.json")
    beat = _read(folder / "heartbeat.json") or {}
    end = _read(folder / "exit.json")
    state = JobState(end["state"]) if end else JobState.RUNNING if started else JobState.QUEUED
    latest = end or beat
    return Job(
        id=id,
        state=state,
        created_at=submitted.get("at", 0.0),
        started_at=started["at"] if started else None,
        heartbeat_at=beat.get("at"),
        ended_at=end["at"] if end else None,
        exit_code=end["exit_code"] if end else None,
        reason=end["reason"] if end else "",
        cpu_seconds=latest.get("cpu_seconds", 0.0),
        peak_memory_bytes=latest.get("peak_memory_bytes", 0),
    )


def _is_alive(process: str) -> bool:
    number, _, started = process.partition("@")
    if not number.isdigit():
        return False
    if started:
        return supervise.identity(int(number)) == process
    try:  # a system without /proc
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unavailable(f"{path} cannot be read ({error}); move the job's folder away") from error
    return value if isinstance(value, dict) else None
