"""A small world shared by the learning tests, a registry's home, and the folder with public data where there is one."""

import os
import shutil
from pathlib import Path

import pytest

from recsys_core import World, WorldConfig, generate
from recsys_core.judge import Split, load_protocol, split


@pytest.fixture(scope="session")
def world() -> World:
    return generate(WorldConfig(users=800, tracks=300, episodes=120, audiobooks=60, playlists=200))


@pytest.fixture(scope="session")
def parts(world: World) -> Split:
    return split(world.data, load_protocol("loo-refit"))


@pytest.fixture(scope="session")
def public() -> Path:
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("CUEBOOK_TEST_DATA", str(default)))
    if not (folder / "s3rec").is_dir():
        pytest.skip("no public data; set CUEBOOK_TEST_DATA to a folder with s3rec, ml-100k and hetrec-lastfm")
    return folder


@pytest.fixture
def home(fresh: Path, tmp_path: Path) -> Path:
    shutil.copytree(fresh, tmp_path / "home")
    return tmp_path / "home"
