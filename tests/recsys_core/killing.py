"""End a process at every step of what it does, one step later each time.

A step is a change to the file system that Python announces (`sys.audit`), or a call of `Steps.take`. Each attempt is
a fork, so that imports are paid once; run it in a process of its own, because a forked pytest would report twice.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Steps:
    """Counts steps of this process and sends it `signal_number` before the one at which it should end."""

    def __init__(self, last: int, signal_number: int) -> None:
        self.left, self.signal_number, self.place = last, signal_number, os.getpid()
        self.paused = False

    def take(self) -> None:
        self.left -= not self.paused
        if self.left == 0 and not self.paused and os.getpid() == self.place:
            os.kill(self.place, self.signal_number)

    def listen(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            self.take()


def ended_at_every_step(
    work: Callable[[Steps], object],
    check: Callable[[], None],
    *,
    signal_number: int = signal.SIGKILL,
    stride: int = 1,
) -> int:
    """Run `work` in forks that end `stride` steps later each, `check` what they left; how many were ended."""
    ended = 0
    while True:
        number = 1 + ended * stride
        child = os.fork()
        if child == 0:
            _work(work, Steps(number, signal_number))
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, -signal_number, 128 + signal_number}, f"step {number}: exit code {code}"
        check()
        if code == 0:
            return ended
        ended += 1


def _work(work: Callable[[Steps], object], steps: Steps) -> None:
    code = 0
    sys.addaudithook(steps.listen)
    try:
        work(steps)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = 1
    os._exit(code)
