"""Types at a command as a person would: on a terminal of its own, answering prompts as they appear."""

import os
import pty
import select
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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
    screen, seen, left = "", 0, list(answers)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                read = os.read(terminal, 65_536)
            except OSError:  # the other end was closed
                break
            if not read:
                break
            screen += read.decode("utf-8", "replace")
            if left and (at := screen.find(left[0][0], seen)) >= 0:
                seen = at + len(left[0][0])
                os.write(terminal, f"{left.pop(0)[1]}\n".encode())
        else:
            os.kill(child, 9)
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    return Typed(os.waitstatus_to_exitcode(status), screen)


CUEBOOK = (sys.executable, "-c", "from server.cli import main; main()")
