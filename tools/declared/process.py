"""Runs one argument vector to its end within bounds: no shell, no terminal, its own folder, a fixed environment.

The limits guard against accidents; they are no sandbox against a hostile program, which has the server's rights.
"""

import contextlib
import os
import resource
import secrets
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.errors import Unavailable

_GRACE = 2.0  # seconds between asking a process to end and ending it
_TICK = 0.1
_MARK = "CUEBOOK_RUN"


@dataclass(frozen=True, slots=True)
class Bounds:
    wall_seconds: int
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """`exit_code` is negative for the signal that ended it; `stopped` says which bound it broke, if it did."""

    exit_code: int
    output: bytes
    errors: bytes
    dropped: int
    seconds: float
    stopped: str = ""


class _Kept:
    """The first half and the last half of what fits; what lies between is counted."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head, self._tail = bytearray(), bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if (over := len(self._tail) - self._half) > 0:
            del self._tail[:over]
            self.dropped += over

    def all(self) -> bytes:
        note = f"\n[cuebook: {self.dropped} bytes were dropped here]\n".encode() if self.dropped else b""
        return bytes(self._head + note + self._tail)


def run(argv: Sequence[str], *, environment: Mapping[str, str], bounds: Bounds) -> Ended:
    """Blocks until it and all it started have ended, `bounds.wall_seconds` and a moment at most.

    Raises `Unavailable` when it cannot be started; nothing ran then.
    """
    folder = Path(tempfile.mkdtemp(prefix="cuebook-run-"))
    mark = secrets.token_hex(16)
    fixed = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
    }
    try:
        child = subprocess.Popen(
            list(argv),
            cwd=folder,
            env={**fixed, **environment, _MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unavailable(f"{argv[0]!r} could not be started: {error}; nothing ran") from error
    try:
        with child:
            return _watched(child, bounds, mark)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watched(child: "subprocess.Popen[bytes]", bounds: Bounds, mark: str) -> Ended:
    began = time.monotonic()
    kept = (_Kept(bounds.output_bytes), _Kept(bounds.output_bytes))
    stopped = ""
    try:
        _limit(child.pid, bounds)
        with selectors.DefaultSelector() as selector:
            for pipe, into in zip((child.stdout, child.stderr), kept, strict=True):
                assert pipe is not None  # noqa: S101 - both are pipes
                selector.register(pipe, selectors.EVENT_READ, into)
            while selector.get_map() or child.poll() is None:
                if time.monotonic() - began > bounds.wall_seconds:
                    stopped = f"it had not ended after {bounds.wall_seconds} s, its limit"
                    break
                _read(selector)
                if child.poll() is not None and not _read(selector):
                    break  # what it left behind may hold the pipes open for ever
    finally:
        _end(child, mark)
    return Ended(
        exit_code=child.returncode,
        output=kept[0].all(),
        errors=kept[1].all(),
        dropped=kept[0].dropped + kept[1].dropped,
        seconds=round(time.monotonic() - began, 3),
        stopped=stopped or _limit_broken(child.returncode, bounds),
    )


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


def _limit(pid: int, bounds: Bounds) -> None:
    if not hasattr(resource, "prlimit"):  # outside Linux only time and output are bounded
        return
    limits = {
        resource.RLIMIT_CPU: bounds.cpu_seconds,
        resource.RLIMIT_AS: bounds.memory_bytes,
        resource.RLIMIT_FSIZE: bounds.file_bytes,
        resource.RLIMIT_CORE: 0,
    }
    with contextlib.suppress(ProcessLookupError):
        for kind, value in limits.items():
            hard = (
                value + 1 if kind == resource.RLIMIT_CPU else value
            )  # at the hard one it is killed without a word
            resource.prlimit(pid, kind, (value, hard))


def _limit_broken(code: int, bounds: Bounds) -> str:
    if code == -signal.SIGXCPU:
        return f"it used {bounds.cpu_seconds} s of CPU time, its limit"
    if code == -signal.SIGXFSZ:
        return f"it wrote a file of more than {bounds.file_bytes:,} bytes, its limit"
    return ""


def _end(child: "subprocess.Popen[bytes]", mark: str) -> None:
    """End the child if it still runs, and everything that carries its mark, in other groups too."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    wanted = f"{_MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError, ValueError):
            if wanted in path.read_bytes().split(b"\0"):
                os.kill(int(path.parent.name), signal.SIGKILL)
