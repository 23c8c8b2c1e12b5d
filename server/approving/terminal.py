"""The terminal itself: what a person types there comes from no pipe, file, flag or variable.

https://man7.org/linux/man-pages/man4/tty.4.html
"""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from tools.errors import NotAllowed

_LONGEST = 4_096


class NoTerminal(NotAllowed):
    """A person is asked on the terminal, and this process has none."""


class Terminal:
    """The controlling terminal, whatever standard input and output are connected with."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, text: str) -> None:
        left = text.encode("utf-8", "replace") + b"\n"
        while left:
            left = left[os.write(self._descriptor, left) :]

    def ask(self, prompt: str) -> str:
        """A line, without spaces around it."""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)
        os.write(self._descriptor, prompt.encode())
        return self._line().strip()

    def ask_hidden(self, prompt: str) -> str:
        """A line that is not shown while it is typed. What was typed before the prompt is dropped."""
        before = termios.tcgetattr(self._descriptor)
        hidden = termios.tcgetattr(self._descriptor)
        hidden[3] &= ~termios.ECHO
        try:
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, hidden)
            os.write(self._descriptor, prompt.encode())
            return self._line()
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, before)
            os.write(self._descriptor, b"\n")

    def _line(self) -> str:
        # A terminal gives a line at a time, at most 4,095 bytes of it.
        read = os.read(self._descriptor, _LONGEST)
        if not read:
            raise NoTerminal("the terminal was closed before the answer; nothing was decided")
        return read.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Raises `NoTerminal`."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise NoTerminal("this is asked of a person at a terminal, and there is none here") from error
    try:
        yield Terminal(descriptor)
    finally:
        os.close(descriptor)
