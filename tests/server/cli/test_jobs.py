"""`cuebook jobs` over the real composition; what jobs do is tested in `tests/tools/jobs`."""

from tests.server.cli.conftest import Cuebook


def test_no_jobs_are_a_hint_and_no_error(cuebook: Cuebook) -> None:
    shown = cuebook("jobs", "list")
    assert (shown.code, shown.out) == (0, "No jobs. Plan one with `cuebook actions call launch_training`.\n")


def test_an_unknown_job_is_not_found(cuebook: Cuebook) -> None:
    for command in ("show", "logs", "cancel"):
        shown = cuebook("jobs", command, "job-1")
        assert (shown.code, "there is no job 'job-1'" in shown.err) == (7, True), command


def test_a_path_is_no_job(cuebook: Cuebook) -> None:
    shown = cuebook("jobs", "show", "../state.db")
    assert shown.code == 2


def test_without_finished_jobs_there_is_no_accuracy_to_tell(cuebook: Cuebook) -> None:
    shown = cuebook("jobs", "accuracy")
    assert (shown.code, shown.out) == (0, "No job has succeeded yet.\n")
    assert cuebook("jobs", "accuracy", "--json").json == {"items": [], "left_out": {}}
