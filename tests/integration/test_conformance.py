"""The official conformance suite, both eras: all that a revision requires, but for what a baseline names with its reason.

The suite calls fixtures by name, so `conformance_server` adds them to a server that our own factories built. What a
server without them must pass as well is asked of the real one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Tools, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
HERE = Path(__file__).parent
REVISIONS = ("2026-07-28", "2025-11-25")


@pytest.fixture(scope="module")
def fixture_server(home: Path) -> Iterator[str]:
    """The address of our application with the suite's fixtures."""
    with serving(
        home, module="tests.integration.conformance_server", CUEBOOK_LOG__LEVEL="WARNING"
    ) as address:
        yield address


@pytest.mark.parametrize("revision", REVISIONS)
def test_all_that_a_revision_requires_passes_but_for_the_baseline(
    revision: str, tools: Tools, fixture_server: str, tmp_path: Path
) -> None:
    done = tools.run(
        *("conformance", "server", "--url", f"{fixture_server}/mcp", "--requirements", revision),
        *("--expected-failures", str(HERE / f"conformance-{revision}.yaml"), "-o", str(tmp_path)),
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


@pytest.mark.parametrize(
    ("scenario", "revision"),
    [
        ("http-header-validation", "2026-07-28"),
        ("caching", "2026-07-28"),
        ("sep-2164-resource-not-found", "2026-07-28"),
        ("tools-list", "2026-07-28"),
        ("tools-list", "2025-11-25"),
        ("resources-list", "2026-07-28"),
        ("prompts-list", "2026-07-28"),
        ("server-initialize", "2025-11-25"),
        ("ping", "2025-11-25"),
        ("dns-rebinding-protection", "2026-07-28"),
        ("dns-rebinding-protection", "2025-11-25"),
    ],
)
def test_a_scenario_passes_whole(scenario: str, revision: str, tools: Tools, server: str) -> None:
    done = tools.run(
        "conformance", "server", "--url", f"{server}/mcp", "--scenario", scenario, "--spec-version", revision
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "SKIPPED" not in done.stdout
