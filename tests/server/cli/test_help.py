import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from server.cli.app import app
from tests.conftest import Golden
from tests.server.cli.conftest import Cuebook

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"


def _commands(command: Any, name: str) -> list[str]:
    if not hasattr(command, "commands"):
        return [name]
    return [each for sub, child in command.commands.items() for each in _commands(child, f"{name} {sub}")]


def test_help_is_what_was_reviewed(cuebook: Cuebook, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")
    names = _commands(typer.main.get_command(app), "cuebook")
    pages = [cuebook(*name.split()[1:], "--help").out for name in names]
    golden("cli-help.txt", "\n".join([cuebook("--help").out, *pages]))


def test_every_command_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name in _commands(typer.main.get_command(app), "cuebook"):
        assert re.search(rf"`(?:cuebook )?{re.escape(name.split()[1])}\b", text), name
