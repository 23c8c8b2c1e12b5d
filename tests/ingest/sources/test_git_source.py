"""A repository is fetched and read; nothing of it runs, and no host is asked that nobody allowed."""

from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.sources import read_sources
from ingest.sources.git_address import GitAddress
from ingest.sources.git_source import GitLimits, GitSource
from tests.ingest.sources.repository import commit, example, git


def source(repository: Path, cache: Path, ref: str = "", limits: GitLimits | None = None) -> GitSource:
    address = GitAddress.parse(f"git+file://{repository}{f'@{ref}' if ref else ''}")
    return GitSource(address, cache, limits=limits or GitLimits())


def test_docs_and_changelogs_are_pages_at_their_commits(tmp_path: Path) -> None:
    repository = example(tmp_path / "org")
    corpus = read_sources([source(repository, tmp_path / "cache")])

    pages = {(page.entity.name, page.path): page for page in corpus.pages}
    assert set(pages) == {("ranker", "index.md"), ("ranker", "CHANGELOG.md"), ("store", "index.md")}
    changelog = pages["ranker", "CHANGELOG.md"]
    assert changelog.revision == f"git:{git(repository, 'rev-list', '-1', 'v1.4')}"
    assert [section.anchor for section in changelog.sections] == ["", "14"]
    assert changelog.modified is not None


def test_a_ref_is_read_and_what_is_new_is_fetched(tmp_path: Path) -> None:
    repository = example(tmp_path / "org")
    old = read_sources([source(repository, tmp_path / "cache", "v1.4")])
    assert "500" not in "".join(page.markdown for page in old.pages)

    head = source(repository, tmp_path / "cache")
    read_sources([head])
    commit(
        repository,
        "Rank 600",
        {"ranker/docs/index.md": "# Ranker\n\n600 now.\n"},
        at="2026-11-26T08:00:00+00:00",
    )
    assert "600 now" in "".join(page.markdown for page in read_sources([head]).pages)


def test_a_repository_without_catalog_stands_for_itself(tmp_path: Path) -> None:
    repository = tmp_path / "notes"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    commit(repository, "Begin", {"README.md": "# Notes\n\nThe cap is 3.\n"}, at="2026-11-01T12:00:00+00:00")

    corpus = read_sources([source(repository, tmp_path / "cache")])
    assert [str(entity.ref) for entity in corpus.entities] == ["resource:default/notes"]
    assert [page.path for page in corpus.pages] == ["README.md"]


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    repository, mark = example(tmp_path / "org"), tmp_path / "ran"
    for hook in ("post-checkout", "post-merge", "reference-transaction", "pre-auto-gc"):
        path = repository / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {mark}\n")
        path.chmod(0o755)
    git(repository, "config", "filter.evil.smudge", f"touch {mark}")
    git(repository, "config", "uploadpack.packObjectsHook", f"touch {mark}; exec git pack-objects")
    git(repository, "config", "core.fsmonitor", f"touch {mark}")
    files = {
        ".gitattributes": "*.md filter=evil\n",
        ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ../x\n',
    }
    commit(repository, "Set a trap", files, at="2026-11-26T08:00:00+00:00")
    (repository / "link").symlink_to("/etc/hostname")
    commit(repository, "Link out", {}, at="2026-11-26T08:01:00+00:00")
    mark.unlink(missing_ok=True)

    made = source(repository, tmp_path / "cache")
    assert read_sources([made]).pages
    assert not mark.exists()
    assert not (made.checkout / "link").is_symlink()


def test_what_grows_too_large_or_takes_too_long_is_stopped(tmp_path: Path) -> None:
    repository = example(tmp_path / "org")
    with pytest.raises(SourceError, match=r"took longer than 0 s|larger than 0 MB"):
        read_sources([source(repository, tmp_path / "cache", limits=GitLimits(seconds=0, megabytes=0))])


@pytest.mark.parametrize(
    "address",
    ["git+http://host/x", "git+ssh://host/x", "git+https://host/../x", "git+https://u:p@host/x", "git+file:///x@-ref", "git+ext::sh"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match="no address of a Git repository"):
        GitAddress.parse(address)


def test_a_host_has_to_be_allowed(tmp_path: Path) -> None:
    address = GitAddress.parse("git+https://git.example.com/team/ranker.git")
    with pytest.raises(SourceError, match="CUEBOOK_SOURCE_HOSTS"):
        read_sources([GitSource(address, tmp_path)])
    address.check_host({"git.example.com"})
    assert (address.name, address.url) == ("ranker", "https://git.example.com/team/ranker.git")
