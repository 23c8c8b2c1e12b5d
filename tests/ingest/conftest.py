"""What scores are measured on, indexed once: with the real embedder, so that they are those that users get."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import IndexBusy
from ingest.index.build import build_index
from ingest.index.minilm import MiniLM
from ingest.library import Library
from ingest.sources import read_folders

_ROOT = Path(__file__).parents[2]
_ORG = _ROOT / "examples" / "org"


@pytest.fixture(scope="session")
def org_library(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The demo organisation alone."""
    with _indexed("org", (_ORG,), pytestconfig, tmp_path_factory) as library:
        yield library


@pytest.fixture(scope="session")
def demo_library(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """What `make run` indexes: the demo organisation and our own docs."""
    sources = (_ORG, _ROOT / "catalog-info.yaml")
    with _indexed("demo", sources, pytestconfig, tmp_path_factory) as library:
        yield library


@contextmanager
def _indexed(
    name: str, sources: tuple[Path, ...], config: pytest.Config, temporary: pytest.TempPathFactory
) -> Iterator[Library]:
    """Kept in pytest's cache folder between runs: only what changed is embedded again."""
    home = config.cache.mkdir(f"{name}-index") if config.cache else temporary.mktemp(name)
    embedder = MiniLM(cache=home / "models")
    corpus = read_folders(sources)
    try:
        build_index(corpus, home=home, embedder=embedder)
    except IndexBusy:  # another run of the tests is at it
        home = temporary.mktemp(name)
        build_index(corpus, home=home, embedder=embedder)
    library = Library.open(home, embedder=embedder)
    yield library
    library.close()
