"""A Git repository as a source, from the terminal: read, asked what changed, and each citation opened again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.ingest.sources.repository import commit, example
from tests.server.cli.conftest import Cuebook


def test_a_repository_is_read_and_asked_what_changed(cuebook: Cuebook, tmp_path: Path) -> None:
    repository = example(tmp_path / "org")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    commit(repository, "Raise the cap to 5", {"ranker/cap.txt": "5"}, at=yesterday)
    ran = cuebook("ingest", f"git+file://{repository}")
    assert ran.code == 0, ran.err
    assert "2 entities, 3 pages" in ran.out

    told = cuebook("ask", "What changed in the ranker in the last 2 days?", "--verify")
    assert told.code == 0, told.err
    assert "Raise the cap to 5 [1]" in told.out
    assert "UTC" in told.out
    listed = cuebook("ask", "What changed in the ranker since v1.4?", "--json", "--verify").json
    assert listed["produced_by"] == "history"
    assert [check["found"] for check in listed["checks"]] == [True, True]


def test_a_second_ingest_fetches_what_is_new(cuebook: Cuebook, tmp_path: Path) -> None:
    repository = example(tmp_path / "org")
    assert cuebook("ingest", f"git+file://{repository}").code == 0
    commit(
        repository, "Say more", {"store/docs/index.md": "# Store\n\nKeeps 9 days.\n"}, at=datetime.now(UTC)
    )

    again = cuebook("ingest", "--json").json
    assert again["changed"]
    assert "9 days" in cuebook("ask", "How many days does the store keep?").out


def test_a_host_that_nobody_allowed_is_told(cuebook: Cuebook) -> None:
    ran = cuebook("ingest", "git+https://git.example.com/team/ranker.git")
    assert ran.code != 0
    assert "CUEBOOK_SOURCE_HOSTS" in ran.err
