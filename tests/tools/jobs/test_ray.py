"""What goes to Ray and what is made of its answers, of an unreliable network's too."""

import io
import json
import shlex
import zipfile
from pathlib import Path

import httpx
import pytest

from server.composition import compose
from server.job_desk import check_cluster
from server.settings import Settings, SettingsInvalid, load
from tests.server.memory import small_cuebook
from tests.tools.conftest import Clock
from tests.tools.jobs.fake_ray import ADDRESS, FakeRay
from tools import Principal
from tools.errors import InvalidArguments, Unavailable
from tools.jobs import JobSpec, JobState, Limits
from tools.jobs import ray as ray_module
from tools.jobs.desk import JobDesk
from tools.jobs.ray import RayJobs
from tools.jobs.recipes import FakeRecipes
from tools.jobs.spec import COMMAND, ENTRYPOINT
from tools.state import State

LIMITS = Limits(wall_seconds=60, cpu_seconds=50, niceness=5)
TRAIN = JobSpec(recipe="train", config={"name": "knn"}, owner="user:default/ada", limits=LIMITS)


@pytest.fixture
def head() -> FakeRay:
    return FakeRay()


@pytest.fixture
def jobs(tmp_path: Path, head: FakeRay) -> RayJobs:
    return RayJobs(
        tmp_path,
        ADDRESS,
        recipes=("train",),
        token="correct-horse",
        python="/opt/python",
        runtime_env={"pip": ["numpy"], "env_vars": {"A": "b"}},
        transport=head.transport,
    )


def test_a_recipe_runs_our_own_core_on_its_configuration(
    jobs: RayJobs, head: FakeRay, tmp_path: Path
) -> None:
    jobs.submit(TRAIN, "job-1")
    sent = head.jobs["job-1"]
    assert sent["submission_id"] == "job-1"
    assert sent["entrypoint"] == (
        "ulimit -S -t 50; exec nice -n 5 timeout -k 5 60 /opt/python -m recsys_core train "
        f"--config config.json --out {tmp_path}/jobs/job-1/out --progress json"
    )
    assert sent["metadata"] == {"spec": TRAIN.hash, "owner": "user:default/ada", "recipe": "train"}
    environment = sent["runtime_env"]
    assert (environment["pip"], environment["env_vars"]["A"]) == (["numpy"], "b")
    name = environment["working_dir"].removeprefix("gcs://")
    with zipfile.ZipFile(io.BytesIO(head.packages[name])) as package:
        assert json.loads(package.read("config.json")) == {"name": "knn"}
        assert {"recsys_core/__main__.py", "recsys_core/protocols/loo-full.json"} <= set(package.namelist())
    assert all(request.headers["Authorization"] == "Bearer correct-horse" for request in head.requests)


def test_a_package_is_sent_once(jobs: RayJobs, head: FakeRay) -> None:
    jobs.submit(TRAIN, "job-1")
    jobs.submit(TRAIN, "job-2")
    assert [request.method for request in head.requests].count("PUT") == 1


def test_an_argument_stays_one_argument_on_the_shell_line(jobs: RayJobs, head: FakeRay) -> None:
    argv = ["python", "x.py", "$(id); `id` 'a' \"b\" {c} ä", "--", "-x"]
    config = {"entrypoint": argv, "cpus": 2.0, "gpus": 1.0}
    jobs.submit(JobSpec(recipe=ENTRYPOINT, config=config, owner="ada"), "job-1")
    sent = head.jobs["job-1"]
    assert shlex.split(sent["entrypoint"].partition(" timeout -k 5 3600 ")[2]) == argv
    assert (sent["entrypoint_num_cpus"], sent["entrypoint_num_gpus"]) == (2.0, 1.0)


def test_a_declared_command_is_checked_where_it_runs(jobs: RayJobs, head: FakeRay) -> None:
    config = {"argv": ["/bin/echo", "a"], "environment": {}, "files": {"/bin/echo": "0" * 64}}
    jobs.submit(JobSpec(recipe=COMMAND, config=config, owner="ada"), "job-1")
    assert head.jobs["job-1"]["entrypoint"].endswith("/opt/python exec_command.py config.json")
    (package,) = head.packages.values()
    with zipfile.ZipFile(io.BytesIO(package)) as found:
        assert set(found.namelist()) == {"config.json", "exec_command.py"}


def test_a_cluster_that_is_not_there_is_named_without_the_token(jobs: RayJobs, head: FakeRay) -> None:
    head.down = httpx.ConnectError("connection refused")
    with pytest.raises(
        Unavailable, match=r"at http://127\.0\.0\.1:8265 cannot be reached.*RAY__ADDRESS"
    ) as told:
        jobs.submit(TRAIN, "job-1")
    assert "correct-horse" not in str(told.value)


def test_a_submission_without_an_answer_was_taken_once(jobs: RayJobs, head: FakeRay) -> None:
    head.lost_answers = 1
    assert jobs.submit(TRAIN, "job-1").state is JobState.RUNNING
    assert jobs.submit(TRAIN, "job-1").state is JobState.RUNNING
    assert list(head.jobs) == ["job-1"]


def test_a_submission_that_never_arrived_waits_and_is_lost_in_the_end(
    jobs: RayJobs, head: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    head.lost_answers = 1
    jobs.submit(TRAIN, "job-1")
    head.restart()
    assert jobs.status("job-1").state is JobState.QUEUED
    monkeypatch.setattr(ray_module, "_UNCONFIRMED", 0.0)
    job = jobs.status("job-1")
    assert (job.state, "never confirmed it; nothing is known to have run" in job.reason) == (
        JobState.LOST,
        True,
    )


def test_a_new_head_knows_no_job_and_none_is_run_again(jobs: RayJobs, head: FakeRay) -> None:
    jobs.submit(TRAIN, "job-1")
    head.restart()
    job = jobs.status("job-1")
    assert (job.state, "its head node was started anew" in job.reason) == (JobState.LOST, True)
    assert jobs.submit(TRAIN, "job-1").state is JobState.LOST
    assert jobs.logs("job-1", 0).finished
    assert head.jobs == {}


def test_a_job_of_that_id_which_somebody_else_submitted_is_refused(jobs: RayJobs, head: FakeRay) -> None:
    head.jobs["job-1"] = {"status": "RUNNING", "metadata": {"spec": "another"}}
    with pytest.raises(InvalidArguments, match="another job"):
        jobs.submit(TRAIN, "job-1")


def test_a_job_that_waits_is_cancelled_when_it_would_begin(jobs: RayJobs, head: FakeRay) -> None:
    jobs.submit(TRAIN, "job-1")
    head.advance("job-1", "PENDING")
    job = jobs.stop("job-1")
    assert (job.state, job.reason) == (
        JobState.QUEUED,
        "cancelled; Ray ends it as soon as it would begin",
    )
    head.advance("job-1", "RUNNING")
    jobs.status("job-1")
    assert jobs.status("job-1").state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        (124, "", "stopped: it had not ended within its limit of time"),
        (-24, "", "stopped: it used more CPU time than its limit"),
        (152, "", "stopped: it used more CPU time than its limit"),
        (-9, "", "signal 9 ended it; was the machine out of memory?"),
        (1, "", "it ended with exit code 1; its log says more"),
        (None, "Traceback:\n\x1b[31mpip failed\x1b[0m\n", "Ray says: pip failed"),
        (None, "", "Ray says: it did not say why"),
    ],
)
def test_an_end_is_told_in_words(
    *, jobs: RayJobs, head: FakeRay, code: int | None, message: str, reason: str
) -> None:
    jobs.submit(TRAIN, "job-1")
    head.advance("job-1", "FAILED", code=code, message=message)
    job = jobs.status("job-1")
    assert (job.state, job.reason) == (JobState.FAILED, reason)
    assert job.ended_at == 1_800_000_002.0


def test_a_long_log_comes_in_parts_and_a_giant_one_is_refused(
    jobs: RayJobs, head: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.submit(TRAIN, "job-1")
    head.say("job-1", "ä" * 100_000 + "\x1b[2J\n")
    head.advance("job-1", "SUCCEEDED", code=0)
    first = jobs.logs("job-1", 0)
    assert (len(first.text.encode()) <= 65_536, first.finished) == (True, False)
    text, offset = first.text, first.next_offset
    while not (part := jobs.logs("job-1", offset)).finished:
        text, offset = text + part.text, part.next_offset
    assert (text + part.text).endswith("ä" * 1_000 + "\n")
    monkeypatch.setattr(ray_module, "_LARGEST", 10_000)
    with pytest.raises(Unavailable, match="more than 10,000 bytes"):
        jobs.logs("job-1", 0)


def test_an_error_of_the_head_is_told_by_its_last_line(jobs: RayJobs, head: FakeRay) -> None:
    broken = httpx.MockTransport(lambda _: httpx.Response(500, text="Traceback\n  x\nOSError: disk full\n"))
    jobs._transport = broken
    with pytest.raises(Unavailable, match="did not take the job's package: OSError: disk full"):
        jobs.submit(TRAIN, "job-1")


def test_the_desk_opens_while_the_cluster_is_away(
    jobs: RayJobs, head: FakeRay, state: State, tmp_path: Path, clock: Clock
) -> None:
    ada = Principal(ref="user:default/ada", scopes=frozenset(), door="cli")
    desk = JobDesk(jobs, state.jobs, FakeRecipes(), home=tmp_path, clock=clock)
    with state.write() as connection:
        connection.exec_driver_sql("INSERT INTO plans VALUES ('d', 'd', 'a', 'v', 'p', '{}', '{}', 0, 0)")
    job = desk.launch(TRAIN, digest="d")
    head.down = httpx.ConnectError("connection refused")
    desk.look()
    assert desk.list(ada, state=None, limit=10, offset=0)[1][0].job.state is JobState.RUNNING
    with pytest.raises(Unavailable, match="cannot be reached"):
        desk.get(job.id, ada)
    head.down = None
    head.advance(job.id, "SUCCEEDED", code=0)
    assert desk.get(job.id, ada).job.state is JobState.SUCCEEDED


def test_a_cluster_is_chosen_by_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEBOOK_JOBS__BACKEND", "ray")
    with pytest.raises(SettingsInvalid, match=r"ray\.address is needed"):
        load()
    monkeypatch.setenv("CUEBOOK_JOBS__RAY__ADDRESS", "http://ray.example.com:8265")
    with pytest.raises(SettingsInvalid, match=r"ray\.example\.com:8265 is neither this machine nor among"):
        compose(load())
    monkeypatch.setenv("CUEBOOK_ACTIONS__ALLOWED_HOSTS", "ray.example.com:8265")
    check_cluster(load())
    monkeypatch.setenv("CUEBOOK_JOBS__RAY__ADDRESS", "http://ada@ray.example.com:8265")
    with pytest.raises(SettingsInvalid, match="RAY__ADDRESS"):
        load()


async def test_a_server_with_a_cluster_that_is_away_answers_and_says_so(tmp_path: Path) -> None:
    given = Settings.model_validate(
        {"jobs": {"backend": "ray", "ray": {"address": "http://127.0.0.1:1"}}, "home": tmp_path}
    )
    with small_cuebook(tmp_path / "home", jobs=given.jobs) as cuebook:
        ada = cuebook.local_principal(door="cli")
        assert (await cuebook.caller.call("list_jobs", {}, ada))["total"] == 0
