"""The demo organisation, indexed once for all tests that score search or answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import IndexBusy
from ingest.index.build import build_index
from ingest.index.minilm import MiniLM
from ingest.library import Library
from ingest.sources.folder import read_folder

_ORG = Path(__file__).parents[2] / "examples" / "org"


@pytest.fixture(scope="session")
def org_library(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """With the real embedder, so that scores are those that users get.

    Kept in pytest's cache folder between runs: only what changed in the organisation is embedded again.
    """
    home = pytestconfig.cache.mkdir("org-index") if pytestconfig.cache else tmp_path_factory.mktemp("org")
    embedder = MiniLM(cache=home / "models")
    corpus = read_folder(_ORG)
    try:
        build_index(corpus, home=home, embedder=embedder)
    except IndexBusy:  # another run of the tests is at it
        home = tmp_path_factory.mktemp("org")
        build_index(corpus, home=home, embedder=embedder)
    library = Library.open(home, embedder=embedder)
    yield library
    library.close()
