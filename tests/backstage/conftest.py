"""One real Backstage for all tests of a module, and a home of its own for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import Settings
from tests.backstage.portal import TOKEN, RunningPortal, install


@pytest.fixture(scope="session")
def installed() -> None:
    install()


@pytest.fixture(scope="module")
def portal(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    running = RunningPortal(tmp_path_factory.mktemp("portal"))
    yield running
    running.stop()


@pytest.fixture
def settings(portal: RunningPortal, tmp_path: Path) -> Settings:
    """Indexes the portal and nothing else, and embeds by counting words."""
    return settings_for(portal, tmp_path / "home", token=TOKEN)


def settings_for(portal: RunningPortal, home: Path, *, token: str) -> Settings:
    values = {
        "home": home,
        "sources": [portal.address],
        "backstage": {"token": token},
        "embedder": {"kind": "hashing"},
    }
    return Settings.model_validate(values)
