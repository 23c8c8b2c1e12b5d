"""Keeps what a benchmark printed in a section of `benchmarks/RESULTS.md`, with what it takes to judge the figures."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def put(name: str, text: str) -> None:
    """Replace the section `name`; a new one goes to the end."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    old = RESULTS.read_text("utf-8") if RESULTS.exists() else "# Results\n"
    before, _, rest = old.partition(start)
    _, _, after = rest.partition(end)
    new = f"{before.rstrip()}\n\n{start}\n{text}\n{end}\n\n{after.lstrip()}"
    RESULTS.write_text(f"{new.rstrip()}\n", encoding="utf-8")


def measured(command: str) -> str:
    """With what, when, from which revision and on what machine it was measured."""
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return (
        f"`{command}`, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}, revision "
        f"{revision.stdout.strip() or 'unknown'}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )
