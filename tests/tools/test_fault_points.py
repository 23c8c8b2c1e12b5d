"""Exactly once, wherever a process dies while it plans, approves or applies."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest


def run_points(migrated: Path, folder: Path, points: int) -> Counter[str]:
    command = [sys.executable, "-m", "tests.tools.fault_points", str(migrated), str(folder), str(points)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    came = json.loads(ran.stdout)["came"]
    assert len(came) == points
    wrong = [each for each in came if each["effects"] != 1 or not each["intact"] or each["unrecorded"]]
    assert wrong == []
    assert sum(each["killed"] for each in came) >= 0.95 * points
    return Counter(each["status"] for each in came)


def test_a_process_that_dies_anywhere_leaves_exactly_one_effect(migrated: Path, tmp_path: Path) -> None:
    run_points(migrated, tmp_path, 6)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_exactly_one_effect_at_450_fault_points(migrated: Path, tmp_path: Path) -> None:
    statuses = run_points(migrated, tmp_path, 450)
    assert statuses["done"] > 150
    assert statuses["running"] > 150
