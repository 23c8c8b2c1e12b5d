"""Lists in Parquet as a real pyarrow writes them, which is no part of the installation, are judged as in JSONL."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import CUEBOOK
from tests.integration.test_clients import python_of, seen_by

pytestmark = pytest.mark.integration


def judged(folder: Path, lists: str) -> subprocess.CompletedProcess[str]:
    (packages,) = python_of("pyarrow").parents[1].glob("lib/python*/site-packages")
    command = [*CUEBOOK, "recsys", "evaluate", "--data", "toys.txt", "--format", "s3rec", "--json"]
    return subprocess.run(
        [*command, "--predictions", lists],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(packages), "CUEBOOK_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_parquet_of_a_real_pyarrow_is_judged_as_jsonl(tmp_path: Path) -> None:
    chance = random.Random(1)
    users, catalogue = range(1, 60), range(1, 80)
    histories = (f"{user} {' '.join(map(str, chance.sample(catalogue, 8)))}\n" for user in users)
    (tmp_path / "toys.txt").write_text("".join(histories))
    lists = ({"user": str(user), "items": list(map(str, chance.sample(catalogue, 60)))} for user in users)
    (tmp_path / "lists.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lists))
    seen_by("pyarrow", {"folder": str(tmp_path), "lists": str(tmp_path / "lists.jsonl")})
    expected = json.loads(judged(tmp_path, "lists.jsonl").stdout)
    for name in ("plain.parquet", "categories.parquet"):
        found = json.loads(judged(tmp_path, name).stdout)
        assert found["metrics"] == expected["metrics"]
    damaged = judged(tmp_path, "damaged.parquet")
    assert damaged.returncode == 2
    assert "damaged.parquet is damaged after row 0" in damaged.stderr
    assert "Traceback" not in damaged.stderr
