"""Jobs on a Ray cluster, through its Jobs REST API; Ray itself is not imported here.

The job's id is the submission id, which Ray takes once: "already exists" is how a repeated submission is told. What a job
needs goes along as a package: the core's source, the job's configuration and the script that starts a declared command.
Data, models and the job's folder under the home are read and written where the specification says, so the cluster has to
see them under the same paths. Every request is bounded, no redirect is followed, no proxy used.

Ray keeps neither limits nor jobs: time and CPU time are limited by what the entry point begins with, memory is not, and
jobs end with the head node. Then the job is reported as lost and not run again.
"""

import hashlib
import io
import json
import os
import shlex
import time
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import InvalidArguments, NotFound, Unavailable
from tools.jobs.job import Job, JobState, LogPart
from tools.jobs.log_text import readable
from tools.jobs.spec import COMMAND, ENTRYPOINT, JobSpec
from tools.jobs.supervise import identity, write_once

if TYPE_CHECKING:
    import httpx

_PART = 65_536  # bytes of a log in one answer
_LARGEST = 50_000_000  # bytes of an answer
_PATIENCE = 10.0  # seconds that `stop` waits
_UNCONFIRMED = 120.0  # seconds until a submission that the cluster never confirmed counts as lost
_TIMEOUT, _STOPPED_BY_TIMEOUT, _CPU_SIGNAL = 30.0, 124, 24
_PACKAGES = Path(__file__).resolve().parents[2]
_STATES = {
    "PENDING": JobState.QUEUED,
    "RUNNING": JobState.RUNNING,
    "SUCCEEDED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
    "STOPPED": JobState.CANCELLED,
}


class RayJobs:
    """`address` is the dashboard's; `transport` stands for the network in tests.

    `runtime_env` is added to each job's, and `python` starts the recipes on the cluster.
    """

    def __init__(
        self,
        home: Path,
        address: str,
        *,
        recipes: Collection[str],
        token: str = "",
        python: str = "python",
        runtime_env: Mapping[str, Any] | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self.recipes = (*recipes, COMMAND, ENTRYPOINT)
        self._root = home.resolve() / "jobs"
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._python = python
        self._runtime_env = dict(runtime_env or {})
        self._transport = transport

    def submit(self, spec: JobSpec, id: str) -> Job:
        if spec.recipe not in self.recipes:
            raise InvalidArguments(
                f"there is no recipe {spec.recipe!r} to run; the recipes are: {', '.join(self.recipes)}"
            )
        folder = self._prepared(spec, id)
        package = _package(spec)
        if (folder / "confirmed.json").exists():
            return self.status(id)
        self._upload(package)
        answer = self._request("POST", "/api/jobs/", json=self._submission(spec, id, package))
        if answer is None:  # sent, and no answer: it may have been taken, and asking again would not tell
            return self.status(id)
        status, text = answer
        if status != 200 and "already exists" not in text:
            raise Unavailable(f"the Ray cluster at {self._address} did not take {id}: {_last_line(text)}")
        if status != 200 and self._details(id).get("metadata", {}).get("spec") != spec.hash:
            raise InvalidArguments(f"{id} stands for another job already; plan anew for an id of its own")
        write_once(folder / "confirmed.json", {"address": self._address, "at": time.time()})
        return self.status(id)

    def status(self, id: str) -> Job:
        folder = self._folder(id)
        submitted = json.loads((folder / "submitted.json").read_text(encoding="utf-8"))
        try:
            job = _job(id, self._details(id), submitted)
        except NotFound:
            return self._unknown(id, folder, submitted)
        if job.state.is_end or not (folder / "cancel.json").exists():
            return job
        if job.state is JobState.RUNNING:  # it was not there yet when it was to be stopped
            self._request("POST", f"/api/jobs/{id}/stop")
        return job.model_copy(update={"reason": "cancelled; Ray ends it as soon as it would begin"})

    def logs(self, id: str, offset: int) -> LogPart:
        job = self.status(id)  # before reading: what comes after its end is not missed
        answer = None if job.state is JobState.LOST else self._request("GET", f"/api/jobs/{id}/logs")
        status, text = answer or (404, "")
        if status not in {200, 404}:
            raise Unavailable(
                f"the Ray cluster at {self._address} does not give the log of {id}: {_last_line(text)}"
            )
        found = _object(text).get("logs", "") if status == 200 else ""
        whole = str(found).encode()
        start = min(offset, len(whole))
        data = whole[start : start + _PART]
        end = start + len(data)
        finished = job.state.is_end and end >= len(whole)
        shown, kept = readable(data, whole=finished)
        return LogPart(text=shown, next_offset=end - kept, size=len(whole), finished=finished)

    def stop(self, id: str) -> Job:
        job = self.status(id)
        if job.state.is_end:
            return job
        write_once(self._folder(id) / "cancel.json", {"at": time.time()})
        answer = self._request("POST", f"/api/jobs/{id}/stop")
        if answer is None or answer[0] not in {200, 404}:
            raise Unavailable(
                f"the Ray cluster at {self._address} did not stop {id}: {_last_line(answer[1]) if answer else 'no answer'}"
            )
        until = time.monotonic() + _PATIENCE
        while (job := self.status(id)).state is JobState.RUNNING and time.monotonic() < until:
            time.sleep(0.2)
        return job

    def _folder(self, id: str) -> Path:
        folder = self._root / id
        if not id or Path(id).name != id or not (folder / "submitted.json").is_file():
            raise NotFound(f"there is no job {id[:80]!r}; list_jobs lists yours")
        return folder

    def _prepared(self, spec: JobSpec, id: str) -> Path:
        """The job's folder with what is to be submitted; the first specification of an id stays."""
        folder = self._root / id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = {"at": time.time(), "process": identity(os.getpid()), "spec": spec.hash}
        write_once(folder / "submitted.json", mine)
        if json.loads((folder / "submitted.json").read_text(encoding="utf-8"))["spec"] != spec.hash:
            raise InvalidArguments(f"{id} stands for another job already; plan anew for an id of its own")
        return folder

    def _submission(self, spec: JobSpec, id: str, package: "_Package") -> dict[str, Any]:
        environment = {
            "PYTHONUNBUFFERED": "1",
            "PYTHONHASHSEED": "0",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "CUEBOOK_JOB": id,
            **self._runtime_env.get("env_vars", {}),
        }
        return {
            "submission_id": id,
            "entrypoint": _entrypoint(self._argv(spec, self._root / id), spec),
            "runtime_env": {**self._runtime_env, "working_dir": package.uri, "env_vars": environment},
            "metadata": {"spec": spec.hash, "owner": spec.owner, "recipe": spec.recipe},
            "entrypoint_num_cpus": spec.config.get("cpus", 1) if spec.recipe == ENTRYPOINT else 1,
            "entrypoint_num_gpus": spec.config.get("gpus", 0) if spec.recipe == ENTRYPOINT else 0,
        }

    def _argv(self, spec: JobSpec, folder: Path) -> Sequence[str]:
        if spec.recipe == ENTRYPOINT:
            return [str(each) for each in spec.config["entrypoint"]]
        if spec.recipe == COMMAND:
            return [self._python, "exec_command.py", "config.json"]
        own = (self._python, "-m", "recsys_core", spec.recipe, "--config", "config.json")
        return [*own, "--out", str(folder / spec.out), "--progress", "json"]

    def _upload(self, package: "_Package") -> None:
        found = self._request("GET", package.path)
        if found is not None and found[0] == 200:
            return
        sent = self._request("PUT", package.path, content=package.content)
        if sent is None or sent[0] != 200:
            raise Unavailable(
                f"the Ray cluster at {self._address} did not take the job's package: {_last_line(sent[1]) if sent else 'no answer'}"
            )

    def _details(self, id: str) -> dict[str, Any]:
        """Raises `NotFound` where the cluster does not know it, `Unavailable` where it does not answer."""
        answer = self._request("GET", f"/api/jobs/{id}")
        if answer is None:
            raise Unavailable(f"the Ray cluster at {self._address} broke off; ask again")
        status, text = answer
        if status == 404:
            raise NotFound(f"the Ray cluster at {self._address} has no job {id}")
        if status != 200:
            raise Unavailable(
                f"the Ray cluster at {self._address} answered {status} about {id}: {_last_line(text)}"
            )
        return _object(text)

    def _unknown(self, id: str, folder: Path, submitted: Mapping[str, Any]) -> Job:
        """How a job stands that the cluster does not know."""
        if (folder / "confirmed.json").exists():
            reason = f"the Ray cluster at {self._address} knows it no more: its head node was started anew, or it was deleted"
        elif time.time() - submitted["at"] < _UNCONFIRMED:
            return Job(id=id, state=JobState.QUEUED, created_at=submitted["at"])
        else:
            reason = f"the Ray cluster at {self._address} never confirmed it; nothing is known to have run"
        return Job(id=id, state=JobState.LOST, created_at=submitted["at"], reason=reason)

    def _request(self, method: str, path: str, **content: Any) -> tuple[int, str] | None:
        """Status and text; None where the request was sent and no answer came. Raises `Unavailable` before that."""
        import httpx

        try:
            with (
                httpx.Client(
                    base_url=self._address,
                    headers={"User-Agent": "cuebook", **self._headers},
                    timeout=_TIMEOUT,
                    trust_env=False,
                    transport=self._transport,
                ) as client,
                client.stream(method, path, **content) as response,
            ):
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > _LARGEST:
                        raise Unavailable(
                            f"the Ray cluster at {self._address} answers {path} with more than {_LARGEST:,} bytes; look at "
                            "it in Ray's own dashboard"
                        )
                return response.status_code, body.decode(errors="replace")
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unavailable(
                f"the Ray cluster at {self._address} cannot be reached: {error}; is it running, and is "
                "CUEBOOK_JOBS__RAY__ADDRESS its dashboard's address?"
            ) from error
        except httpx.HTTPError:
            return None


class _Package:
    """A zip of the same bytes for the same content, under the name by which Ray keeps it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        name = f"_ray_pkg_{hashlib.sha256(content).hexdigest()[:32]}.zip"
        self.uri = f"gcs://{name}"
        self.path = f"/api/packages/gcs/{name}"


def _package(spec: JobSpec) -> _Package:
    from tools.declared import exec_command

    files = {"config.json": json.dumps(spec.config, indent=2, sort_keys=True).encode()}
    if spec.recipe == COMMAND:
        files["exec_command.py"] = Path(exec_command.__file__).read_bytes()
    elif spec.recipe != ENTRYPOINT:
        core = _PACKAGES / "recsys_core"
        for path in sorted(core.rglob("*")):
            if path.suffix in {".py", ".json"} and "__pycache__" not in path.parts:
                files[path.relative_to(_PACKAGES).as_posix()] = path.read_bytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # dated 1980, so that equal content gives equal bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return _Package(made.getvalue())


def _entrypoint(argv: Sequence[str], spec: JobSpec) -> str:
    """The shell line that Ray wants: limits in whole numbers, then the vector with each argument quoted."""
    limits = spec.limits
    first = f"ulimit -S -t {limits.cpu_seconds:d}; exec nice -n {limits.niceness:d} timeout -k 5 {limits.wall_seconds:d}"
    return f"{first} {shlex.join(argv)}"


def _job(id: str, details: Mapping[str, Any], submitted: Mapping[str, Any]) -> Job:
    state = _STATES.get(str(details.get("status")), JobState.RUNNING)
    code = details.get("driver_exit_code")
    started = _seconds(details.get("start_time"))
    return Job(
        id=id,
        state=state,
        created_at=submitted["at"],
        started_at=None if state is JobState.QUEUED else started,
        ended_at=_seconds(details.get("end_time")) if state.is_end else None,
        exit_code=code if isinstance(code, int) else 0 if state is JobState.SUCCEEDED else None,
        reason=_reason(state, code, str(details.get("message") or "")),
    )


def _reason(state: JobState, code: Any, message: str) -> str:
    if state is JobState.CANCELLED:
        return "cancelled"
    return _failure(code, message) if state is JobState.FAILED else ""


def _failure(code: Any, message: str) -> str:
    if code == _STOPPED_BY_TIMEOUT:
        return "stopped: it had not ended within its limit of time"
    if code in {128 + _CPU_SIGNAL, -_CPU_SIGNAL}:
        return "stopped: it used more CPU time than its limit"
    if isinstance(code, int) and code > 0:
        return f"it ended with exit code {code}; its log says more"
    if isinstance(code, int) and code < 0:
        return f"signal {-code} ended it; was the machine out of memory?"
    return f"Ray says: {_last_line(message)}"


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds else None


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Unavailable(f"the Ray cluster answered no JSON: {text[:100]!r}") from error
    return value if isinstance(value, dict) else {}


def _last_line(text: str) -> str:
    """What an answer or a traceback comes to; it is Ray's text, shortened and without control characters."""
    lines = [line for line in readable(text.encode(), whole=True)[0].splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it did not say why"
