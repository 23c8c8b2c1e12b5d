"""A playbook whose process is killed anywhere goes on in the next one, and nothing happens twice."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "stride",
    [
        pytest.param(7, marks=[pytest.mark.integration, pytest.mark.timeout(300)]),
        pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_a_playbook_killed_at_any_step_does_each_step_once(tmp_path: Path, stride: int) -> None:
    """Every step takes minutes; the integration suite takes every seventh."""
    command = [sys.executable, "-m", "tests.tools.playbooks.kill_a_playbook", str(tmp_path), str(stride)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3_000:]
    assert int(ran.stdout.split()[-1]) * stride >= 40
