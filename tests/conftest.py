"""Options and fixtures for every test: golden files, and an environment without anybody's settings."""

import difflib
import gc
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registered_models import artifacts, fresh, mixed, registered, served

__all__ = ["artifacts", "fresh", "mixed", "registered", "served"]  # fixtures

GOLDEN = Path(__file__).parent / "golden"
Golden = Callable[[str, Any], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite the golden files instead of comparing")


def pytest_collection_finish() -> None:
    """What is imported by now stays: walking it again in each collection took a seventh of the CPU time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have set Cuebook up for themselves."""
    for name in [name for name in os.environ if name.startswith("CUEBOOK_")]:
        if not name.startswith("CUEBOOK_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(name, value)` compares a text, or a value as JSON, with the file of that name."""
    rewrite = request.config.getoption("--golden")

    def compare(name: str, value: Any) -> None:
        path = GOLDEN / name
        text = (
            value
            if isinstance(value, str)
            else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        )
        if rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != before:
            lines = difflib.unified_diff(before.splitlines(), text.splitlines(), "golden", "now", lineterm="")
            pytest.fail(
                f"{name} changed; if that is meant, run `make golden`:\n" + "\n".join(list(lines)[:80])
            )

    return compare
