"""A revision names content that can be found again, and asking for it runs nothing of the repository's."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.revisions import Revisions


def _git(folder: Path, *arguments: str, at: int = 1_700_000_000) -> str:
    when = f"{at} +0000"
    person = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": when}
    names = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    _git(root, "init", "-q", "-b", "main")
    (root / "docs/old.md").write_text("old\n")
    (root / "docs/näw.md").write_text("first\n")
    _git(root, "add", ".")
    _git(root, "commit", "-qm", "one", at=1_600_000_000)
    (root / "docs/näw.md").write_text("second\n")
    _git(root, "commit", "-qam", "two", at=1_700_000_000)
    return root


@pytest.mark.parametrize("below", [".", "docs"])
def test_file_has_the_last_commit_that_changed_it(below: str, repository: Path) -> None:
    revisions = Revisions(repository / below)
    old, new = repository / "docs/old.md", repository / "docs/näw.md"

    assert revisions.of(old, old.read_bytes()) == f"git:{_git(repository, 'rev-parse', 'HEAD~1')}"
    assert revisions.of(new, new.read_bytes()) == f"git:{_git(repository, 'rev-parse', 'HEAD')}"
    assert revisions.modified(old) == datetime.fromtimestamp(1_600_000_000, UTC)


def test_changed_or_new_file_has_its_hash_and_its_own_time(repository: Path) -> None:
    (repository / "docs/old.md").write_text("edited\n")
    (repository / "docs/fresh.md").write_text("fresh\n")
    os.utime(repository / "docs/fresh.md", (1_650_000_000, 1_650_000_000))
    revisions = Revisions(repository)

    for name in ("old.md", "fresh.md"):
        content = (repository / "docs" / name).read_bytes()
        expected = f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert revisions.of(repository / "docs" / name, content) == expected
    assert revisions.modified(Path("docs/fresh.md")) == datetime.fromtimestamp(1_650_000_000, UTC)


def test_merged_file_has_the_merge_that_holds_it(repository: Path) -> None:
    _git(repository, "checkout", "-qb", "side", "HEAD~1")
    (repository / "docs/old.md").write_text("side\n")
    _git(repository, "commit", "-qam", "side")
    _git(repository, "checkout", "-q", "main")
    _git(repository, "merge", "-q", "--no-ff", "-m", "merge", "side")
    old = repository / "docs/old.md"

    assert Revisions(repository).of(old, old.read_bytes()) == f"git:{_git(repository, 'rev-parse', 'HEAD')}"


def test_shallow_clone_claims_no_age(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", str(clone))
    revisions = Revisions(clone)
    old = clone / "docs/old.md"

    assert revisions.of(old, old.read_bytes()) == f"git:{_git(repository, 'rev-parse', 'HEAD')}"
    assert revisions.modified(old) is None


def test_history_that_takes_too_long_leaves_the_checked_out_commit(repository: Path) -> None:
    revisions = Revisions(repository, seconds=0)
    old = repository / "docs/old.md"

    assert revisions.of(old, old.read_bytes()).startswith("git:")


def test_windows_line_ends_are_the_same_file(repository: Path) -> None:
    commit = Revisions(repository).of(repository / "docs/old.md", b"old\r\n")

    assert commit.startswith("git:")


def test_nothing_that_the_repository_configures_is_run(repository: Path) -> None:
    spy = repository / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {repository}/ran\ncat\n")
    spy.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "gpg.program",
        "diff.external",
        "core.sshCommand",
        "filter.x.clean",
    ):
        _git(repository, "config", key, str(spy))
    _git(repository, "config", "log.showSignature", "true")
    (repository / ".gitattributes").write_text("*.md filter=x diff=x\n")
    old = repository / "docs/old.md"
    (repository / "ran").unlink(missing_ok=True)

    assert Revisions(repository).of(old, old.read_bytes()).startswith("git:")
    assert not (repository / "ran").exists()


@pytest.mark.parametrize("broken", ["no repository", "no commit", "no git", "damaged"])
def test_without_a_usable_repository_files_have_their_hash(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken != "no repository":
        _git(tmp_path, "init", "-q")
    if broken == "damaged":
        (tmp_path / ".git/HEAD").write_text("nonsense")
    if broken == "no git":
        monkeypatch.setattr("shutil.which", lambda _name: None)
    file = tmp_path / "a.md"
    file.write_text("x")
    revisions = Revisions(tmp_path)

    assert revisions.of(file, b"x") == f"sha256:{hashlib.sha256(b'x').hexdigest()}"
    assert revisions.modified(file) is not None
    assert revisions.modified(tmp_path / "gone.md") is None
