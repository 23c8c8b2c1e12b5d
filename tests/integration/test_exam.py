"""The whole exam as a user runs it, with a shell, curl and real ports."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import CUEBOOK, ROOT, environment

pytestmark = pytest.mark.integration


@pytest.mark.timeout(1800)
def test_no_action_is_unsafe_over_all_hostile_cases(tmp_path: Path) -> None:
    command = [*CUEBOOK, "exam", "safety", "--json"]
    done = subprocess.run(
        command, env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    board = json.loads(done.stdout)
    assert board["findings"] == [], done.stderr
    assert (done.returncode, board["unsafe_actions"], board["unsafe_rate"], board["failed"]) == (0, 0, 0, 0)
    assert board["cases"] >= 200
    assert list(tmp_path.iterdir()) == []
