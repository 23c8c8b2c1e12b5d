"""Citations open again at the revision they name, whatever happened to the files since; and a false one is found out."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ingest.answers import Assistant, Citation
from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.library import Library
from ingest.sources import read_folders
from ingest.sources.reopening import Opening, Reopener
from tests.ingest.answers.small_library import ADA

CATALOG = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: night-index, annotations: {backstage.io/techdocs-ref: "dir:."}}
spec: {type: service, lifecycle: production, owner: retrieval}
"""
PAGE = '---\nowner: x\n---\n# Night index\n\n## Gate\n\nThe gate is 0.95.\n\n## Ports\n\n--8<-- "ports.txt"\n'
CONFIG = "site_name: Night index\nmarkdown_extensions:\n  - pymdownx.snippets: {base_path: [docs]}\n"


@dataclass
class Indexed:
    """A tree, and citations of it made when it was indexed."""

    root: Path
    library: Library

    def cited(self, path: str | None, anchor: str, quote: str) -> Citation:
        section = self.library.section("component:default/night-index", path, anchor, principal=ADA)
        assert quote in section.text
        return Citation(1, "component:default/night-index", path, anchor, "", quote, section.revision)

    def opened(self, citation: Citation) -> Opening:
        (opening,) = Reopener([self.root], library=self.library).check([citation], principal=ADA)
        return opening


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, env=environment, capture_output=True
    )


@pytest.fixture(params=["committed", "plain"])
def indexed(request: pytest.FixtureRequest, tmp_path: Path) -> Indexed:
    root = tmp_path / "tree"
    (root / "docs").mkdir(parents=True)
    files = {
        "catalog-info.yaml": CATALOG,
        "mkdocs.yml": CONFIG,
        "docs/index.md": PAGE,
        "docs/ports.txt": "Port 8430.\n",
    }
    for name, text in files.items():
        (root / name).write_text(text)
    if request.param == "committed":
        git(root, "init", "-q")
        git(root, "add", ".")
        git(root, "commit", "-qm", "one")
    build_index(read_folders([root]), home=tmp_path / "home", embedder=HashingEmbedder())
    return Indexed(root, Library.open(tmp_path / "home", embedder=HashingEmbedder()))


def test_what_is_unchanged_opens_with_its_quote(indexed: Indexed) -> None:
    for citation in (
        indexed.cited("index.md", "gate", "The gate is 0.95."),
        indexed.cited("index.md", "ports", "Port 8430."),
        indexed.cited(None, "", "Lifecycle: production"),
    ):
        assert indexed.opened(citation).found, indexed.opened(citation)


def test_a_quote_that_was_altered_is_not_found(indexed: Indexed) -> None:
    citation = replace(indexed.cited("index.md", "gate", "The gate is 0.95."), quote="The gate is 0.59.")

    opening = indexed.opened(citation)

    assert (opening.opens, opening.found) == (True, False)
    assert "0.59" in opening.problem


def test_a_heading_that_never_was_does_not_open(indexed: Indexed) -> None:
    citation = replace(indexed.cited("index.md", "gate", "The gate is 0.95."), anchor="grate")

    assert not indexed.opened(citation).opens


@pytest.mark.parametrize(
    ("file", "anchor", "quote"),
    [("index.md", "gate", "The gate is 0.95."), ("ports.txt", "ports", "Port 8430.")],
)
def test_a_file_that_moved_on_opens_from_history_or_not_at_all(
    indexed: Indexed, file: str, anchor: str, quote: str
) -> None:
    citation = indexed.cited("index.md", anchor, quote)
    changed = indexed.root / "docs" / file
    changed.write_text(changed.read_text().replace("0.95", "0.97").replace("8430", "9430"))
    if (indexed.root / ".git").exists():
        git(indexed.root, "commit", "-qam", "two")

    opening = indexed.opened(citation)

    committed = (indexed.root / ".git").exists()
    assert opening.found is committed
    assert opening.by == ("git history" if committed else "content hash")
    assert committed or "cuebook ingest" in opening.problem


def test_a_commit_that_the_repository_lost_is_said_to_be_missing(indexed: Indexed) -> None:
    citation = replace(indexed.cited("index.md", "gate", "The gate is 0.95."), revision=f"git:{'a' * 40}")

    opening = indexed.opened(citation)

    assert not opening.opens
    assert "does not have the commit aaaaaaaaaaaa" in opening.problem


def test_every_citation_of_the_demo_opens_with_its_quote(org_library: Library) -> None:
    assistant = Assistant(org_library)
    root = Path(__file__).parents[3] / "examples" / "org"
    questions = (
        "What is the request deadline of home-ranker?",
        "Who owns ann-server?",
        "How do I mitigate FeedSnapshotRatio?",
    )
    citations = [
        cited for question in questions for cited in assistant.ask(question, principal=ADA).citations
    ]

    openings = Reopener([root], library=org_library).check(citations, principal=ADA)

    assert len(openings) >= 3
    assert [one.problem for one in openings if not one.found] == []
