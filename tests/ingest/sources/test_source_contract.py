"""What every source promises, whatever it reads from."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.documents import Page
from ingest.entities import Entity, EntityRef
from ingest.errors import SourceError
from ingest.sources import FolderSource, Source, read_sources
from ingest.sources.git_address import GitAddress
from ingest.sources.git_source import GitSource
from ingest.sources.source import PagesRead
from ingest.sources.tree import Tree
from tests.ingest.sources.backstage.replayed import example as backstage_example
from tests.ingest.sources.repository import example

Make = Callable[[Path], Source]


class Registry:
    """A source that has pages at hand, as a model registry does."""

    address = "registry"

    def read(self) -> PagesRead:
        ref = EntityRef("component", "default", "ranker")
        entity = Entity(ref, "Component", "v1", {"name": "ranker"}, {"owner": "ranking"})
        text = "# Ranker\n\nThe ranker orders candidates."
        return PagesRead("registry", [entity], [Page(ref, "card.md", "Ranker", (), text, "run:1", "00", ())])


def folder(where: Path) -> Source:
    return FolderSource(Tree.at(example(where / "org")))


def repository(where: Path) -> Source:
    return GitSource(GitAddress.parse(f"git+file://{example(where / 'org')}"), where / "cache")


def registry(_where: Path) -> Source:
    return Registry()


def backstage(where: Path) -> Source:
    return backstage_example().source(where / "cache")


SOURCES = pytest.mark.parametrize("make", [folder, repository, registry, backstage])


@SOURCES
def test_everything_has_its_entity_and_a_revision(make: Make, tmp_path: Path) -> None:
    corpus = read_sources([make(tmp_path)])
    refs = {entity.ref for entity in corpus.entities}

    assert EntityRef("component", "default", "ranker") in refs
    assert corpus.pages
    assert {page.entity for page in corpus.pages} <= refs
    assert all(page.revision.partition(":")[2] for page in corpus.pages)
    assert "orders" in "".join(page.markdown for page in corpus.pages)


@SOURCES
def test_reading_twice_gives_the_same(make: Make, tmp_path: Path) -> None:
    source = make(tmp_path)
    assert read_sources([source]) == read_sources([source])


@SOURCES
def test_the_first_of_two_definitions_counts(make: Make, tmp_path: Path) -> None:
    first = PagesRead("first", [Entity(EntityRef("component", "default", "ranker"), "Component", "v9")], [])

    class First:
        address = "first"

        def read(self) -> PagesRead:
            return first

    corpus = read_sources([First(), make(tmp_path)])
    assert [one.api_version for one in corpus.entities if one.ref.name == "ranker"] == ["v9"]


@SOURCES
def test_its_address_is_a_text_that_tells_sources_apart(make: Make, tmp_path: Path) -> None:
    address = make(tmp_path).address
    assert isinstance(address, str)
    assert address != ""


def test_what_cannot_be_read_at_all_is_told(tmp_path: Path) -> None:
    gone = GitSource(GitAddress.parse(f"git+file://{tmp_path}/gone"), tmp_path / "cache")
    with pytest.raises(SourceError, match="cannot be fetched"):
        read_sources([gone])
    with pytest.raises(SourceError, match="does not exist"):
        FolderSource(Tree.at(tmp_path / "gone"))


def test_a_repository_that_is_gone_goes_on_to_be_read(tmp_path: Path) -> None:
    source = repository(tmp_path)
    before = read_sources([source])
    shutil.rmtree(tmp_path / "org")

    after = read_sources([source])
    assert after.pages == before.pages
    assert "was not fetched again" in after.skipped[0].reason
