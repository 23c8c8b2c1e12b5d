"""The official conformance suite: the scenarios that ask for no fixture tools of its own."""

import pytest

from tests.integration.conftest import Tools

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


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
