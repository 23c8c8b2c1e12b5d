"""The portal's page: its types and its own tests, with packages from npm."""

import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.backstage]
PANEL = Path(__file__).parents[2] / "plugins" / "cuebook"
_INSTALL = (
    *("npm", "install", "--legacy-peer-deps", "--ignore-scripts"),
    *("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"),
)


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    subprocess.run(_INSTALL, cwd=PANEL, check=True)


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_page_fits_its_types_and_passes_its_own_tests(script: str) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", script], cwd=PANEL, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
