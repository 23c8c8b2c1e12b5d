"""A desk that is killed between a job's success, registering and recording loses and doubles nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def _killed(folder: Path, *, fresh: Path, mixed: Path, stride: int) -> int:
    shutil.copytree(fresh, folder / "home")
    for name in ("mixed", "mixed-judged"):
        shutil.copytree(mixed.with_name(name), folder / name)
    command = [sys.executable, "-m", "tests.tools.models.kill_a_desk", str(folder), str(stride)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3_000:]
    return int(ran.stdout.split()[-1])


@pytest.mark.parametrize(
    "stride",
    [
        pytest.param(16, marks=pytest.mark.integration),
        pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_a_desk_killed_at_any_step_registers_once(
    *, fresh: Path, mixed: Path, tmp_path: Path, stride: int
) -> None:
    """Every step takes minutes; the integration suite takes every sixteenth."""
    assert _killed(tmp_path, fresh=fresh, mixed=mixed, stride=stride) * stride >= 80
