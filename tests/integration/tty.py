"""Types at a command as a person would: on a terminal of its own, answering prompts as they appear."""

import os
import pty
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.exam.typing_at import ended, typed_at

_ENDING = 60.0  # seconds that a command may take once its terminal is gone


@dataclass(frozen=True)
class Typed:
    """What a command left on its terminal, and its exit code."""

    code: int
    screen: str


def typed(
    command: Sequence[str],
    answers: Sequence[tuple[str, str]],
    *,
    environment: Mapping[str, str],
    seconds: float = 120,
) -> Typed:
    """Run `command` on a new terminal; each answer is typed, with a return, once its prompt is on the screen."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], list(command), dict(environment))  # noqa: S606 - no shell is wanted
    try:
        screen = typed_at(terminal, answers, seconds=seconds)
    finally:
        os.close(terminal)
        code = ended(child, seconds=_ENDING)
    return Typed(code, screen)


CUEBOOK = (sys.executable, "-c", "from server.cli import main; main()")
