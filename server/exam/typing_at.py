"""Types at a terminal as a person would, and waits for the program that sat at it."""

import os
import select
import signal
import time
from collections.abc import Sequence


def typed_at(terminal: int, answers: Sequence[Sequence[str]], *, seconds: float) -> str:
    """Type each answer, with a return, once its prompt is on the screen; what that showed until the other end was closed, or the time was up. answers: (prompt, what to type)."""
    screen, seen, left, end = "", 0, list(answers), time.monotonic() + seconds
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
    return screen


def ended(child: int, *, seconds: float) -> int:
    """The exit code of a child, negative for a signal; one that does not end in time is killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
