"""Jobs as real processes: they end when they should, with all they started, and never run twice."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.tools.jobs.conftest import ended, local_jobs, recorded, spec_of, until
from tools.errors import InvalidArguments, NotFound, Unavailable
from tools.jobs import JobSpec, JobState, supervise
from tools.jobs import local as local_module
from tools.jobs.supervise import identity, write_once
from tools.state.process import is_alive, process_named

pytestmark = pytest.mark.integration


def _log(home: Path, id: str) -> str:
    return local_jobs(home).logs(id, 0).text


def _marked(id: str) -> list[int]:
    """Processes that run on behalf of the job."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"CUEBOOK_JOB={id}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_a_job_runs_and_its_output_is_kept(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("import sys; print('out ä'); print('err', file=sys.stderr)"), "job-1")
    job = ended(jobs, "job-1")
    assert (job.state, job.exit_code, job.reason) == (JobState.SUCCEEDED, 0, "")
    assert sorted(_log(tmp_path, "job-1").splitlines()) == ["err", "out ä"]
    assert jobs.logs("job-1", 10**9).finished


def test_a_job_that_fails_says_how(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("raise SystemExit(3)"), "job-1")
    job = ended(jobs, "job-1")
    assert (job.state, job.exit_code) == (JobState.FAILED, 3)
    assert "exit code 3" in job.reason


def test_a_signal_from_elsewhere_is_named(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("import os; os.kill(os.getpid(), 9)"), "job-1")
    job = ended(jobs, "job-1")
    assert (job.state, job.exit_code) == (JobState.FAILED, -9)
    assert job.reason.startswith("SIGKILL")


def test_an_id_is_run_once_however_often_it_is_submitted(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    spec = spec_of(f"open({str(marks)!r}, 'a').write('x')")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: local_jobs(tmp_path).submit(spec, "job-1"), range(20)))
    ended(local_jobs(tmp_path), "job-1")
    assert local_jobs(tmp_path).submit(spec, "job-1").state is JobState.SUCCEEDED
    assert marks.read_text() == "x"


def test_an_id_stands_for_one_specification(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("pass"), "job-1")
    with pytest.raises(InvalidArguments, match="another job"):
        jobs.submit(spec_of("print()"), "job-1")
    ended(jobs, "job-1")


def test_a_recipe_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArguments, match="the recipes are: program"):
        local_jobs(tmp_path).submit(JobSpec(recipe="shell", config={}, owner="ada"), "job-1")
    assert not (tmp_path / "jobs" / "job-1").exists()


@pytest.mark.parametrize("id", ["job-9", "", "..", "../jobs", "a/b", "/etc"])
def test_an_id_that_is_none_is_not_found(tmp_path: Path, id: str) -> None:
    jobs = local_jobs(tmp_path)
    for ask in (jobs.status, jobs.stop, lambda each: jobs.logs(each, 0)):
        with pytest.raises(NotFound):
            ask(id)


def test_a_job_that_eats_memory_is_stopped_with_the_figures(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    code = "import time\nheld = []\nwhile True: held.append(bytearray(5_000_000)); time.sleep(0.02)"
    jobs.submit(spec_of(code, memory_bytes=60_000_000), "job-1")
    job = ended(jobs, "job-1")
    assert (job.state, job.exit_code) == (JobState.FAILED, -9)
    assert "bytes of memory, and its limit is 60,000,000 bytes" in job.reason
    assert 60_000_000 < job.peak_memory_bytes < 200_000_000


def test_memory_of_children_counts(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(80_000_000); input()'])"
    )
    code = code.replace("input()", "import time; time.sleep(60)")
    jobs.submit(spec_of(code, memory_bytes=60_000_000), "job-1")
    assert "bytes of memory" in ended(jobs, "job-1").reason
    assert _marked("job-1") == []


def test_a_job_that_never_ends_is_stopped_in_time(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("import time; time.sleep(60)", wall_seconds=1), "job-1")
    job = ended(jobs, "job-1")
    assert (job.state, job.reason) == (JobState.FAILED, "stopped: it had not ended after 1 s, its limit")


def test_a_job_that_spins_is_stopped_by_its_cpu_time(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("while True: pass", cpu_seconds=1), "job-1")
    assert "s of CPU time, and its limit is 1 s" in ended(jobs, "job-1").reason


def test_a_flood_of_output_fills_no_disk(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(
        spec_of("for n in range(300_000): print('x' * 100)\nprint('the end')", log_bytes=10_000), "job-1"
    )
    assert ended(jobs, "job-1").state is JobState.SUCCEEDED
    text = _log(tmp_path, "job-1")
    assert "the log is full" in text
    assert "bytes were dropped here" in text
    assert text.endswith("the end\n")
    assert (tmp_path / "jobs" / "job-1" / "log").stat().st_size < 40_000


def test_a_log_is_followed_by_offset(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("for n in range(20_000): print('line', n, 'ä' * 3)"), "job-1")
    parts, offset = [], 0
    while True:
        part = jobs.logs("job-1", offset)
        parts.append(part.text)
        offset = part.next_offset
        if part.finished:
            break
    assert "".join(parts) == "".join(f"line {n} äää\n" for n in range(20_000))
    assert len(parts) > 2


_STUBBORN = """
import os, signal, subprocess, sys, time
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(120)"
subprocess.Popen([sys.executable, "-c", ignore])
subprocess.Popen([sys.executable, "-c", ignore], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(120)
    os._exit(0)
print("ready", flush=True)
time.sleep(120)
"""


def test_cancelling_ends_the_whole_family(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of(_STUBBORN), "job-family")
    # A process has no environment that can be read between its exec and its first instruction.
    until(lambda: "ready" in _log(tmp_path, "job-family") and len(_marked("job-family")) == 4)
    job = jobs.stop("job-family")
    assert (job.state, job.reason) == (JobState.CANCELLED, "cancelled")
    assert _marked("job-family") == []
    assert jobs.stop("job-family") == job


def test_a_child_left_behind_ends_with_its_job(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    code = "import subprocess; subprocess.Popen(['sleep', '120'], start_new_session=True); print('bye')"
    jobs.submit(spec_of(code), "job-orphan")
    assert ended(jobs, "job-orphan").state is JobState.SUCCEEDED
    assert _marked("job-orphan") == []


def test_jobs_queue_for_a_slot_and_a_queued_one_can_be_cancelled(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path, slots=1)
    jobs.submit(spec_of("import time; print('on', flush=True); time.sleep(120)"), "job-1")
    until(lambda: "on" in _log(tmp_path, "job-1"))
    for id in ("job-2", "job-3"):
        assert jobs.submit(spec_of("print('ran')"), id).state is JobState.QUEUED
    assert jobs.stop("job-2").reason == "cancelled before it began"
    assert _log(tmp_path, "job-2") == ""
    jobs.stop("job-1")
    assert ended(jobs, "job-3").state is JobState.SUCCEEDED


def test_a_job_gets_no_secret_and_a_fixed_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOOK_TEST_API_KEY", "hunter2")
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    jobs = local_jobs(tmp_path)
    jobs.submit(spec_of("import os; print(dict(os.environ)); print(os.getcwd())"), "job-1")
    ended(jobs, "job-1")
    text = _log(tmp_path, "job-1")
    assert "CUEBOOK_JOB" in text
    assert "hunter2" not in text
    assert text.endswith(f"{(tmp_path / 'jobs' / 'job-1').resolve()}\n")


_SUBMITTING = """
import os, sys
from pathlib import Path
from tests.tools.jobs.conftest import local_jobs, spec_of
home, marks = Path(sys.argv[1]), sys.argv[2]
code = f"import time; time.sleep(1); open({marks!r}, 'a').write('x'); print('done')"
local_jobs(home).submit(spec_of(code), "job-1")
os.kill(os.getpid(), 9)
"""


def test_a_job_survives_the_end_of_its_server(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    command = [sys.executable, "-c", _SUBMITTING, str(tmp_path), str(marks)]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    jobs = local_jobs(tmp_path)
    assert jobs.status("job-1").state in {JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED}
    assert ended(jobs, "job-1").state is JobState.SUCCEEDED
    assert (marks.read_text(), _log(tmp_path, "job-1")) == ("x", "done\n")


def test_a_job_whose_supervisor_was_killed_is_lost_and_its_processes_end(tmp_path: Path) -> None:
    jobs = local_jobs(tmp_path)
    spec = spec_of(_STUBBORN)
    jobs.submit(spec, "job-1")
    until(lambda: "ready" in _log(tmp_path, "job-1"))
    os.kill(recorded(tmp_path, "job-1", "claim.json")["pid"], signal.SIGKILL)
    job = ended(jobs, "job-1")
    assert job.state is JobState.LOST
    assert "its supervisor is gone" in job.reason
    until(lambda: not _marked("job-1"))
    assert jobs.submit(spec, "job-1") == job


class Killed(BaseException):
    """Stands for a process that ends right there."""


def _die(*_arguments: object, **_options: object) -> None:
    raise Killed


def test_killed_before_the_folder_is_whole_nothing_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", _die)
        with pytest.raises(Killed):
            local_jobs(tmp_path).submit(spec_of("pass"), "job-1")
    with pytest.raises(NotFound):
        local_jobs(tmp_path).status("job-1")


def test_killed_between_folder_and_spawn_the_job_is_lost_and_never_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of("print('ran')")
    with subprocess.Popen(["sleep", "60"]) as process:
        dead = identity(process.pid)
        process.kill()
    with monkeypatch.context() as patched:
        patched.setattr(local_module, "_start_supervisor", _die)
        patched.setattr(supervise, "identity", lambda _pid: dead)
        with pytest.raises(Killed):
            local_jobs(tmp_path).submit(spec, "job-1")
    job = local_jobs(tmp_path).status("job-1")
    assert (job.state, job.reason) == (
        JobState.LOST,
        "the process that launched it ended before it was started; nothing ran",
    )
    assert local_jobs(tmp_path).submit(spec, "job-1").state is JobState.LOST
    assert _log(tmp_path, "job-1") == ""


def test_killed_between_claim_and_spawn_the_job_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(local_module, "_start_supervisor", lambda _folder: None)
        local_jobs(tmp_path).submit(spec_of("print('ran')"), "job-1")
    with subprocess.Popen(["sleep", "60"]) as process:
        claim = {"pid": process.pid, "process": identity(process.pid), "at": time.time()}
        assert write_once(tmp_path / "jobs" / "job-1" / "claim.json", claim)
        assert local_jobs(tmp_path).status("job-1").state is JobState.QUEUED
        process.kill()
    assert local_jobs(tmp_path).status("job-1").state is JobState.LOST


def test_a_command_that_does_not_exist_fails_and_says_so(tmp_path: Path) -> None:
    jobs = local_module.LocalJobs(tmp_path, commands={"program": lambda *_: ("/no/such/command",)})
    jobs.submit(spec_of("pass"), "job-1")
    assert "could not be started" in ended(jobs, "job-1").reason


def test_a_supervisor_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "__file__", str(tmp_path / "missing.py"))
    with pytest.raises(Unavailable, match=r"supervisor\.log says why"):
        local_jobs(tmp_path).submit(spec_of("pass"), "job-1")


def test_both_spellings_of_a_process_agree() -> None:
    assert identity(os.getpid()) == process_named(os.getpid())
    assert is_alive(identity(os.getpid()))
