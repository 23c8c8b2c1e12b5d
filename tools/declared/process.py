"""Runs one argument vector to its end within bounds: no shell, no terminal, its own folder, a fixed environment.

The command is watched by a process of its own (`exec_bounded.py`), which ends all that the command left, and ends it with
this server too. The limits guard against accidents; they are no sandbox against a hostile program, which has the server's
rights.
"""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.declared import exec_bounded
from tools.errors import RunFailed, Unavailable

_TICK = 0.1
_LAST_WORDS = exec_bounded.GRACE + exec_bounded.PATIENCE + 2.0  # seconds that ending everything may take


@dataclass(frozen=True, slots=True)
class Bounds:
    wall_seconds: int
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Printed:
    """What was printed: all of it in `head`, or, where `dropped` bytes are missing between them, beginning and end."""

    head: bytes
    tail: bytes = b""
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """`exit_code` is negative for the signal that ended it; `stopped` says which bound it broke, if it did."""

    exit_code: int
    output: Printed
    errors: Printed
    seconds: float
    stopped: str = ""


class _Kept:
    """The first half and the last half of what fits; what lies between is counted."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head, self._tail = bytearray(), bytearray()
        self._dropped = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if (over := len(self._tail) - self._half) > 0:
            del self._tail[:over]
            self._dropped += over

    def all(self) -> Printed:
        if self._dropped:
            return Printed(bytes(self._head), bytes(self._tail), self._dropped)
        return Printed(bytes(self._head + self._tail))


def run(argv: Sequence[str], *, environment: Mapping[str, str], bounds: Bounds) -> Ended:
    """Blocks until it and all it started have ended: `bounds.wall_seconds` and some seconds at most.

    Raises `Unavailable` when it cannot be started, so that nothing ran, and `RunFailed` when what became of it cannot be told.
    """
    folder = Path(tempfile.mkdtemp(prefix="cuebook-run-"))
    fixed = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
    }
    order = {"argv": list(argv), "environment": {**fixed, **environment}, "limits": _limits(bounds)}
    answer, told = os.pipe()
    with os.fdopen(answer, "rb") as answered:
        try:
            watch = _watch(folder, told)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unavailable(f"{argv[0]!r} could not be started: {error}; nothing ran") from error
        finally:
            os.close(told)
        try:
            with watch:
                ended = _watched(watch, order, bounds)
            return _ended(argv[0], json.loads(answered.read() or b"{}"), ended, bounds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _watch(folder: Path, told: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", exec_bounded.__file__, str(told)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=(told,),
        start_new_session=True,
    )


def _watched(watch: "subprocess.Popen[bytes]", order: Mapping[str, Any], bounds: Bounds) -> Ended:
    """What was printed and whether time was up; the exit code is the watcher's."""
    assert watch.stdin is not None  # noqa: S101 - it is a pipe
    began = time.monotonic()
    stopped = ""
    kept = (_Kept(bounds.output_bytes), _Kept(bounds.output_bytes))
    try:
        with selectors.DefaultSelector() as selector:
            for pipe, into in zip((watch.stdout, watch.stderr), kept, strict=True):
                assert pipe is not None  # noqa: S101 - both are pipes
                selector.register(pipe, selectors.EVENT_READ, into)
            with contextlib.suppress(BrokenPipeError):  # it ended at once, and its answer will be missing
                watch.stdin.write(json.dumps(order).encode() + b"\n")
            until = began + bounds.wall_seconds
            while watch.poll() is None:
                _read(selector)
                if time.monotonic() > until:
                    if stopped:
                        break
                    stopped = f"it had not ended after {bounds.wall_seconds} s, its limit"
                    watch.stdin.close()
                    until = time.monotonic() + _LAST_WORDS
            while time.monotonic() < until + _TICK and _read(selector):
                pass
    finally:
        if watch.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(watch.pid, signal.SIGKILL)
    seconds = round(time.monotonic() - began, 3)
    return Ended(watch.wait(), kept[0].all(), kept[1].all(), seconds, stopped)


def _ended(program: str, answer: Mapping[str, Any], ended: Ended, bounds: Bounds) -> Ended:
    if "error" in answer:
        raise Unavailable(f"{program!r} could not be started: {answer['error']}; nothing ran")
    code = answer.get("exit_code")
    if code is None:
        raise RunFailed(
            f"{program} could not be followed to its end ({ended.stopped or 'what watched it is gone'}); whether it did "
            "what was asked is not known, so look there before you plan it again"
        )
    stopped = ended.stopped or _limit_broken(code, bounds)
    return Ended(code, ended.output, ended.errors, ended.seconds, stopped)


def _read(selector: selectors.BaseSelector) -> bool:
    """Take what there is; whether there was anything."""
    if not selector.get_map():
        time.sleep(_TICK / 10)
        return False
    found = False
    for key, _ in selector.select(_TICK):
        data = os.read(key.fd, 65_536)
        if data:
            key.data.add(data)
            found = True
        else:
            selector.unregister(key.fileobj)
    return found


def _limits(bounds: Bounds) -> dict[str, tuple[int, int]]:
    """Soft and hard, by name. At the hard limit of CPU time a process is killed without a word, so it lies above."""
    memory = {"RLIMIT_AS": (bounds.memory_bytes, bounds.memory_bytes)} if sys.platform == "linux" else {}
    return {
        **memory,
        "RLIMIT_CPU": (bounds.cpu_seconds, bounds.cpu_seconds + 1),
        "RLIMIT_FSIZE": (bounds.file_bytes, bounds.file_bytes),
        "RLIMIT_CORE": (0, 0),
    }


def _limit_broken(code: int, bounds: Bounds) -> str:
    if code == -signal.SIGXCPU:
        return f"it used {bounds.cpu_seconds} s of CPU time, its limit"
    if code == -signal.SIGXFSZ:
        return f"it wrote a file of more than {bounds.file_bytes:,} bytes, its limit"
    return ""
