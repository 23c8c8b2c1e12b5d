"""What every backend of jobs keeps to: the fake, this machine, Ray behind a fake head, and a real local Ray."""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tools.jobs.conftest import program
from tests.tools.jobs.fake_ray import ADDRESS, FakeRay
from tests.tools.jobs.local_ray import RayHead, running_head
from tools.errors import InvalidArguments, NotFound
from tools.jobs import FakeJobs, Job, JobBackend, JobSpec, JobState, Limits
from tools.jobs.local import LocalJobs
from tools.jobs.ray import RayJobs
from tools.jobs.spec import ENTRYPOINT

PRINTS, FAILS, WAITS = (
    "print('one'); print('two ä')",
    "raise SystemExit(3)",
    "import time; print('on', flush=True); time.sleep(120)",
)
_SOON = 60.0  # seconds; Ray takes two to start anything


def _nothing(_id: str) -> None:
    """Real processes go on by themselves."""


@dataclass(frozen=True)
class Kind:
    """A backend, a job of it that runs Python code, and what makes it go on where nothing really runs."""

    open: Callable[[], JobBackend]
    spec: Callable[[str], JobSpec]
    works: Callable[[str], None] = _nothing
    fails: Callable[[str], None] = _nothing

    @property
    def jobs(self) -> JobBackend:
        return self.open()

    def ended(self, id: str) -> Job:
        return self._until(id, lambda job: job.state.is_end)

    def under_way(self, id: str) -> Job:
        return self._until(id, lambda job: job.state is JobState.RUNNING)

    def _until(self, id: str, met: Callable[[Job], bool]) -> Job:
        patience = time.monotonic() + _SOON
        while not met(job := self.jobs.status(id)):
            assert time.monotonic() < patience, job
            time.sleep(0.05)
        return job


def _fake() -> Kind:
    jobs = FakeJobs()

    def works(id: str) -> None:
        jobs.say(id, "one\ntwo ä\n")
        jobs.advance(id, JobState.SUCCEEDED)

    def fails(id: str) -> None:
        jobs.advance(id, JobState.FAILED, code=3, reason="it ended with exit code 3; its log says more")

    return Kind(lambda: jobs, _spec("train", "code"), works, fails)


def _behind_a_fake_head(home: Path) -> Kind:
    head = FakeRay()

    def works(id: str) -> None:
        head.say(id, "one\ntwo ä\n")
        head.advance(id, "SUCCEEDED", code=0)

    def open_jobs() -> RayJobs:
        return RayJobs(home, ADDRESS, recipes=("train",), transport=head.transport)

    return Kind(open_jobs, _entrypoint, works, lambda id: head.advance(id, "FAILED", code=3))


def _this_machine(home: Path) -> Kind:
    return Kind(lambda: LocalJobs(home, commands={"program": program}, slots=4), _spec("program", "code"))


def _spec(recipe: str, key: str) -> Callable[[str], JobSpec]:
    def spec(code: str) -> JobSpec:
        return JobSpec(recipe=recipe, config={key: code}, owner="user:default/ada", limits=Limits(niceness=0))

    return spec


def _entrypoint(code: str) -> JobSpec:
    config = {"entrypoint": [sys.executable, "-c", code], "cpus": 0}
    return JobSpec(recipe=ENTRYPOINT, config=config, owner="user:default/ada", limits=Limits(niceness=0))


@pytest.fixture(scope="session")
def ray_head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayHead]:
    with running_head(tmp_path_factory) as head:
        yield head


@pytest.fixture(
    params=[
        "fake",
        "ray behind a fake head",
        pytest.param("this machine", marks=pytest.mark.integration),
        pytest.param("a real Ray", marks=[pytest.mark.integration, pytest.mark.timeout(600)]),
    ]
)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    if request.param == "fake":
        return _fake()
    if request.param == "ray behind a fake head":
        return _behind_a_fake_head(tmp_path)
    if request.param == "this machine":
        return _this_machine(tmp_path)
    head: RayHead = request.getfixturevalue("ray_head")
    return Kind(lambda: RayJobs(tmp_path, head.address, recipes=("train",)), _entrypoint)


@pytest.fixture
def id(tmp_path: Path) -> str:
    """Of this test only: a real cluster remembers what it ran."""
    return f"job-{tmp_path.parent.parent.name}-{tmp_path.name}".lower().replace("_", "-")[-60:].lstrip("-")


def _log(jobs: JobBackend, id: str) -> str:
    parts, offset = [], 0
    while True:
        part = jobs.logs(id, offset)
        parts.append(part.text)
        offset = part.next_offset
        if part.finished:
            return "".join(parts)


def test_a_job_that_works_succeeds_and_its_log_ends(kind: Kind, id: str) -> None:
    started = kind.jobs.submit(kind.spec(PRINTS), id)
    assert (started.id, started.state.is_end and started.state is not JobState.SUCCEEDED) == (id, False)
    kind.works(id)
    job = kind.ended(id)
    assert (job.state, job.exit_code, job.reason) == (JobState.SUCCEEDED, 0, "")
    assert job.ended_at is not None
    log = _log(kind.jobs, id)
    assert log.endswith("one\ntwo ä\n")
    size = len(log.encode())
    assert kind.jobs.logs(id, size - len("two ä\n".encode())).text == "two ä\n"
    past = kind.jobs.logs(id, 10**9)
    assert (past.text, past.next_offset, past.finished) == ("", size, True)


def test_a_job_that_fails_says_how(kind: Kind, id: str) -> None:
    kind.jobs.submit(kind.spec(FAILS), id)
    kind.fails(id)
    job = kind.ended(id)
    assert (job.state, job.exit_code) == (JobState.FAILED, 3)
    assert "exit code 3" in job.reason


def test_a_job_is_stopped_and_stays_so(kind: Kind, id: str) -> None:
    kind.jobs.submit(kind.spec(WAITS), id)
    assert kind.under_way(id).ended_at is None
    assert not kind.jobs.logs(id, 0).finished
    kind.jobs.stop(id)
    job = kind.ended(id)
    assert (job.state, job.reason) == (JobState.CANCELLED, "cancelled")
    again = kind.jobs.stop(id)
    assert (again.state, again.ended_at) == (job.state, job.ended_at)
    assert kind.jobs.submit(kind.spec(WAITS), id).state is JobState.CANCELLED


def test_an_id_is_run_once_however_often_it_is_submitted(kind: Kind, id: str, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    spec = kind.spec(f"open({str(marks)!r}, 'a').write('x'); print('one'); print('two ä')")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kind.jobs.submit(spec, id), range(8)))
    assert {job.id for job in found} == {id}
    kind.works(id)
    assert kind.ended(id).state is JobState.SUCCEEDED
    assert kind.jobs.submit(spec, id).state is JobState.SUCCEEDED
    assert not marks.exists() or marks.read_text() == "x"
    assert _log(kind.jobs, id).count("one\n") == 1


def test_an_id_stands_for_one_specification(kind: Kind, id: str) -> None:
    kind.jobs.submit(kind.spec(PRINTS), id)
    with pytest.raises(InvalidArguments, match="another job"):
        kind.jobs.submit(kind.spec(FAILS), id)
    kind.works(id)
    assert kind.ended(id).state is JobState.SUCCEEDED


def test_a_recipe_that_is_not_offered_is_refused(kind: Kind, id: str) -> None:
    spec = kind.spec(PRINTS).model_copy(update={"recipe": "shell"})
    assert "shell" not in kind.jobs.recipes
    with pytest.raises(InvalidArguments, match="there is no recipe 'shell' to run; the recipes are: "):
        kind.jobs.submit(spec, id)
    with pytest.raises(NotFound):
        kind.jobs.status(id)


@pytest.mark.parametrize("other", ["job-9", "", "..", "../jobs", "a/b", "/etc", "job-9/stop"])
def test_an_id_that_is_none_is_not_found(kind: Kind, other: str) -> None:
    asked: tuple[Callable[[], Any], ...] = (
        lambda: kind.jobs.status(other),
        lambda: kind.jobs.stop(other),
        lambda: kind.jobs.logs(other, 0),
    )
    for ask in asked:
        with pytest.raises(NotFound):
            ask()
