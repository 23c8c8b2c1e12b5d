"""What most commands begin with: the settings, the composed parts, and the person at the terminal."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from server.composition import Cuebook, compose
from server.logs import configure_logging
from server.settings import Settings, load
from tools.principal import Principal

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Where the index and all state live.", show_default="$CUEBOOK_HOME or .cuebook"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def settings_of(home: Path | None, **overrides: Any) -> Settings:
    """The settings of this process, with what the command line named on top."""
    settings = load({"home": home, **overrides})
    configure_logging(settings, quiet=True)
    return settings


def open_session(home: Path | None) -> tuple[Cuebook, Principal]:
    """The composed parts, and the principal that stands for the person at the terminal."""
    cuebook = compose(settings_of(home))
    return cuebook, cuebook.local_principal(door="cli")


def call(home: Path | None, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call one action as the person at the terminal."""
    cuebook, principal = open_session(home)
    try:
        return asyncio.run(cuebook.caller.call(name, arguments, principal))
    finally:
        cuebook.close()


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")
