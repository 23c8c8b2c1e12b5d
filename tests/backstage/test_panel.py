"""The panel: its types and its own tests, and in a real portal with a real Cuebook behind it, in a real browser.

`panel.mjs` drives Chromium once and reports; the tests judge. Screenshots go to `test-output/panel/`.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backstage.cuebook import PASSPHRASE, RunningCuebook
from tests.backstage.portal import PANEL, ROOT, RunningPortal, install_app

pytestmark = [pytest.mark.integration, pytest.mark.backstage]
_INSTALL = (
    *("npm", "install", "--legacy-peer-deps", "--ignore-scripts"),
    *("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"),
)


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_panel_fits_its_types_and_passes_its_own_tests(script: str) -> None:
    subprocess.run(_INSTALL, cwd=PANEL, check=True)
    done = subprocess.run(
        ["npm", "run", "--silent", script], cwd=PANEL, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


@pytest.fixture(scope="module")
def app() -> Path:
    """The folder of the portal's built frontend, which has the browser's driver too."""
    return install_app()


@pytest.fixture(scope="module")
def served(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    portal = RunningPortal(tmp_path_factory.mktemp("panel"), app=app.is_dir())
    try:
        cuebook = RunningCuebook(portal)
        try:
            done = cuebook.call("launch_training", {"name": "nightly", "model": "popularity"})
            assert done["status"] == "planned", done
            cuebook.apply(done["digest"])
            for model in ("item_knn:1", "pipeline:1"):
                waiting = cuebook.call("launch_eval", {"model": model})
                assert waiting["status"] == "waiting", waiting
            yield portal
        finally:
            cuebook.stop()
    finally:
        portal.stop()


@pytest.fixture(scope="module")
def seen(served: RunningPortal, app: Path) -> dict[str, Any]:
    """What the browser saw."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed, so the panel cannot be looked at here")
    task = {
        "base": served.url,
        "tools": str(app),
        "chromium": chromium,
        "out": str(ROOT / "test-output" / "panel"),
        "question": "How do I restart a replica?",
        "passphrase": PASSPHRASE,
    }
    command = ["node", str(Path(__file__).with_name("panel.mjs")), json.dumps(task)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_an_answer_shows_its_steps_and_opens_techdocs_at_the_heading(seen: dict[str, Any]) -> None:
    assert "rankctl queue --watch" in seen["citation"]["answer"]
    assert "`" not in seen["citation"]["answer"].split("Sources")[0]
    assert seen["citation"]["address"].endswith("/docs/default/component/ranker/runbook/#restart-a-replica")
    assert "Restart a replica" in seen["citation"]["heading"]


def test_a_rating_of_a_portals_user_is_kept(seen: dict[str, Any]) -> None:
    assert seen["thumbs"] == "kept"


def test_a_job_is_shown_with_its_log(seen: dict[str, Any]) -> None:
    assert "train nightly" in seen["log"]
    assert "user:default/ada" in seen["log"]


def test_another_user_approves_with_their_passphrase_and_its_maker_applies_it(seen: dict[str, Any]) -> None:
    found = seen["approval"]
    assert "Planned by user:default/ada." in found["shown"]
    assert "item_knn:1" in found["shown"]
    assert "belong to no approver here" in found["refused"]
    assert found["decided"] == "The plan is approved."
    assert "bob approved it" in found["applied"]
    assert re.search(r"\b(running|done)\b", found["applied"])


def test_a_plan_that_waits_is_shown_whole_and_taken_back_but_not_approved_by_its_maker(
    seen: dict[str, Any],
) -> None:
    shown = seen["plan"]["shown"]
    assert "Rule “evaluations”" in shown
    assert "group:ranking" in shown or "group:default/ranking" in shown
    assert seen["plan"]["approve"] == 0


def test_tabs_in_both_themes_and_widths_have_no_serious_violation_and_do_not_scroll_sideways(
    seen: dict[str, Any],
) -> None:
    assert [look["state"] for look in seen["looks"]] == [
        f"{tab} {width} {theme}"
        for tab in ("ask", "jobs", "plans", "approving")
        for width in ("desk", "phone")
        for theme in ("light", "dark")
    ]
    assert [look for look in seen["looks"] if look["serious"] or look["sideways"]] == []
