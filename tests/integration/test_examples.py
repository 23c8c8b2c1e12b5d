"""What `make run` leaves one with, and the scripts in `examples/`, run as their docstrings say."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys_core import demo
from tests.integration.conftest import ROOT, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """A first `cuebook up` in the checkout: the demo organisation, and its models."""
    with serving(home, command="up") as found:
        yield found


def example(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_a_first_start_leaves_the_demos_models_in_the_registry(address: str, home: Path) -> None:
    assert address
    assert demo.is_built(home)


def test_a_model_goes_from_scaffold_to_comparison_through_mcp_alone(address: str) -> None:
    done = example(
        "operate_a_model.py", "--url", f"{address}/mcp?toolsets=recsys,operate", "--name", "als-tried"
    )

    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("  pipeline:1 @production: ndcg@10 0.") for line in lines)
    (judged,) = [line for line in lines if line.startswith("  als-tried:1: ndcg@10 0.")]
    assert "loo-full 96caef8196a3" in judged
    assert any(line.startswith("  owner group:default/home-ranking, run ") for line in lines)
    assert any(line.startswith("  child: evaluation als-tried") for line in lines)
    assert "  paired by user: yes" in lines
    assert any(
        "masked ndcg@10: difference" in line and "pipeline@production is better" in line for line in lines
    )
    sliced = [line.split(",")[0].strip() for line in lines if " users, ndcg@10: difference" in line]
    assert {"audiobook", "episode", "track", "head", "tail", "cold users"} <= set(sliced)


def test_a_scaffold_that_is_there_already_is_refused_with_its_name(address: str) -> None:
    url = f"{address}/mcp?toolsets=recsys,operate"
    example("operate_a_model.py", "--url", url, "--name", "als-twice")
    again = example("operate_a_model.py", "--url", url, "--name", "als-twice")

    assert again.returncode == 1
    assert "als-twice" in again.stderr
    assert "Traceback" not in again.stderr
