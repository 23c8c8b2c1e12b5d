"""What most commands begin with: the settings, the composed parts, and the person at the terminal."""

import asyncio
import json
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

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

Answer = TypeVar("Answer")

_WIDEST = 1000  # columns


def settings_of(home: Path | None, **overrides: Any) -> Settings:
    """The settings of this process, with what the command line named on top."""
    settings = load({"home": home, **overrides})
    configure_logging(settings, quiet=True)
    return settings


def open_session(home: Path | None, **overrides: Any) -> tuple[Cuebook, Principal]:
    """The composed parts, and the principal that stands for the person at the terminal; `overrides` are settings."""
    cuebook = compose(settings_of(home, **overrides))
    return cuebook, cuebook.local_principal(door="cli")


def call(home: Path | None, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call one action as the person at the terminal."""
    cuebook, principal = open_session(home)
    try:
        result = asyncio.run(cuebook.caller.call(name, arguments, principal))
        _tell_what_is_missing(cuebook)
        return result
    finally:
        cuebook.close()


def call_within(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run one call of an open session to its end."""
    return asyncio.run(work)


def _tell_what_is_missing(cuebook: Cuebook) -> None:
    """An answer by words alone is worth less: say so, where it cannot get into what a script reads."""
    library = cuebook.parts.opened_library.made
    if library is not None and (degraded := library.status()["degraded"]):
        print(f"note: searched by words alone: {degraded}", file=sys.stderr)


def print_table(table: Table) -> None:
    """A table on standard output: as wide as the terminal, and whole lines where a program reads it.

    What stands in it is text: a title with brackets is no markup.
    """
    width = None if sys.stdout.isatty() else _WIDEST
    Console(width=width, markup=False, emoji=False).print(table)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")
