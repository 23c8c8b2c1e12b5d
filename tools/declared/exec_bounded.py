"""Runs one command for the server and ends whatever is left of it: run as a script with the number of a descriptor.

It is the command's parent and its reaper, so a process that the command leaves behind comes to it, whatever group, session
or environment that process took. The order comes as a line of JSON on standard input, which then stays open; limits are set
before the command begins. Everything is ended

- when the command has ended,
- when standard input closes: by the server, whose patience is over, or with the server, however that ended.

What became of the command is written to the descriptor, which the command does not get. Only the standard library is
imported, since it starts with every command. Where there is no /proc, only the command's group is ended.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GRACE, PATIENCE = 2.0, 5.0  # seconds until a command that was asked ends, and until the rest does
_TICK = 0.01
_PR_SET_CHILD_SUBREAPER = 36


class Watch:
    """One command, from its start to the end of all that it started."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._order = order
        self._pid = 0
        self._code: int | None = None

    def run(self) -> Mapping[str, Any]:
        """`{"exit_code": …}`, negative for a signal; `{"error": …}` where it could not be started."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        reason, told = os.pipe()  # a successful start closes it
        self._pid = os.fork()
        if not self._pid:
            self._become(told)
        os.close(told)
        with os.fdopen(reason, encoding="utf-8") as error:
            if text := error.read():
                return {"error": text}
        while self._code is None and not select.select([0], [], [], _TICK)[0]:
            self._reap()
        self._end()
        return {"exit_code": self._code}

    def _become(self, told: int) -> None:
        """Does not return."""
        try:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for name, (soft, hard) in self._order["limits"].items():
                _limit(getattr(resource, name), soft, hard)
            argv = self._order["argv"]
            os.execve(argv[0], argv, self._order["environment"])  # noqa: S606 - no shell is meant
        except (OSError, ValueError) as error:
            os.write(told, str(error).encode("utf-8", "replace"))
        finally:
            os._exit(127)

    def _end(self) -> None:
        """The command, asked first if it still runs; its group; and all that came of it."""
        if self._code is None:
            self._signal(signal.SIGTERM)
            patience = time.monotonic() + GRACE
            while self._code is None and time.monotonic() < patience:
                time.sleep(_TICK)
                self._reap()
        patience = time.monotonic() + PATIENCE
        while (self._code is None or _descendants(os.getpid())) and time.monotonic() < patience:
            self._signal(signal.SIGKILL)
            time.sleep(_TICK / 10)
            self._reap()

    def _signal(self, number: int) -> None:
        if self._code is None:  # not reaped, so the number is still the command's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, number)
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._pid:
                    self._code = os.waitstatus_to_exitcode(found[1])


def main(arguments: list[str]) -> None:
    answer = int(arguments[1])
    os.set_inheritable(answer, False)
    line = b""
    while not line.endswith(b"\n"):
        if not (more := os.read(0, 65_536)):
            return  # the server is gone; nothing ran
        line += more
    with os.fdopen(answer, "w", encoding="utf-8") as file:
        json.dump(Watch(json.loads(line)).run(), file)


def _limit(kind: int, soft: int, hard: int) -> None:
    """What this machine allows already may be less, and stays."""
    most = resource.getrlimit(kind)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for children in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                new = [int(number) for number in children.read_text().split()]
                found += new
                waiting += new
    return found


if __name__ == "__main__":
    main(sys.argv)
