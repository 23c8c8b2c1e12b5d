"""The demo's models for `cuebook up`: trained beside the indexing, by a process of their own.

Only the demo organisation gets them: whoever indexes docs of their own has models of their own.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.cli.progress import Progress
from server.indexing import chosen_sources
from server.settings import Settings

_ORG = Path("examples") / "org"


class DemoModels:
    """A child process that trains, judges and registers the demo's models; without one there is nothing to do."""

    def __init__(self, child: "subprocess.Popen[str] | None") -> None:
        self._child = child

    def wait(self, progress: Progress) -> str:
        """Show how far it is until it has ended; returns why there are no models, or "" when all is well."""
        if self._child is None or self._child.stdout is None:
            return ""
        last = ""
        for line in self._child.stdout:
            event = _event(line)
            if event:
                progress(f"Training {event['stage']}", int(event["done"]), int(event["total"]))
            else:
                last = line.strip() or last
        return "" if self._child.wait() == 0 else last or f"training them ended with {self._child.returncode}"


@contextmanager
def demo_models(settings: Settings) -> Iterator[DemoModels]:
    """Begin to build the demo's models where they are wanted and not there; ended with the block."""
    child = _started(settings) if _wanted(settings) else None
    try:
        yield DemoModels(child)
    finally:
        if child is not None:
            child.terminate()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _wanted(settings: Settings) -> bool:
    from recsys_core import demo
    from recsys_core.errors import RecsysError

    if _ORG.resolve() not in {source.resolve() for source in chosen_sources(settings)}:
        return False
    try:
        return not demo.is_built(settings.home)
    except RecsysError:
        return True  # the child says what is wrong


def _started(settings: Settings) -> "subprocess.Popen[str]":
    own = (sys.executable, "-m", "recsys_core", "demo", "--home", str(settings.home), "--progress", "json")
    return subprocess.Popen(
        own, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _event(line: str) -> dict[str, Any] | None:
    """A line of progress; None for anything else that it prints."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("event") == "progress" else None
