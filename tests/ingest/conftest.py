"""The demo organisation, indexed once for all tests that score search or answers."""

from pathlib import Path

import pytest

from ingest.index.build import build_index
from ingest.index.minilm import MiniLM
from ingest.library import Library
from ingest.sources.folder import read_folder

_ORG = Path(__file__).parents[2] / "examples" / "org"


@pytest.fixture(scope="session")
def org_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """With the real embedder, so that scores are those that users get."""
    home = tmp_path_factory.mktemp("org")
    embedder = MiniLM(cache=home / "models")
    build_index(read_folder(_ORG), home=home, embedder=embedder)
    return Library.open(home, embedder=embedder)
