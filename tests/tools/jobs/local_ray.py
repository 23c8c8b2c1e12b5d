"""A real Ray head on this machine, in an environment of its own made from the pins beside this file.

What is known to go wrong is met here. Ports are given, since Ray's own choices collide with each other. On a busy machine
Ray gives up after its own fixed 15 and 30 seconds, so a start is tried three times and then skipped, with what Ray said.
`ray stop` would end every Ray of the machine, so processes are ended by their ids, found by a mark in their environment.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

PINS = Path(__file__).parent / "ray.lock"
_ATTEMPTS, _START, _MARK = 3, 90.0, "CUEBOOK_TEST_RAY_MARK"
_PORTS = (
    "port",
    "object-manager-port",
    "node-manager-port",
    "ray-client-server-port",
    "dashboard-port",
    "dashboard-agent-listen-port",
    "dashboard-agent-grpc-port",
    "runtime-env-agent-port",
    "metrics-export-port",
)
_WORKERS = 30


@dataclass(frozen=True)
class RayHead:
    address: str
    python: Path


@contextlib.contextmanager
def running_head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayHead]:
    """Skips, with the reason, only where Ray itself does not start."""
    python = environment()
    said = ""
    for _ in range(_ATTEMPTS):
        mark = secrets.token_hex(8)
        folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # its sockets' paths have to be short
        log = tmp_path_factory.mktemp("ray") / "head.log"
        child, address = _started(python, mark, folder, log)
        try:
            if _answers(child, address):
                yield RayHead(address, python)
                return
            said = log.read_text(errors="replace")[-800:]
        finally:
            _end(mark)
            child.wait(30)
            shutil.rmtree(folder, ignore_errors=True)
    pytest.skip(f"Ray did not start in {_ATTEMPTS} attempts of {_START:g} s; it said: {said}")


def environment() -> Path:
    """Python of an environment that holds the pins and nothing else; kept beside ours, and made anew when pins change."""
    home = Path(sys.prefix) / "test-environments" / "ray"
    python, stamp = home / "bin" / "python", home / "pins"
    if stamp.is_file() and stamp.read_text() == PINS.read_text():
        return python
    uv = shutil.which("uv") or str(Path(sys.prefix) / "bin" / "uv")
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(exist_ok=True)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(python), "--no-deps", "-r", str(PINS)], check=True
    )
    stamp.write_text(PINS.read_text())
    return python


def _started(python: Path, mark: str, folder: Path, log: Path) -> tuple["subprocess.Popen[bytes]", str]:
    """The head's process, and the address that it will answer at."""
    ports = _free_ports(len(_PORTS))
    options = [f"--{name}={port}" for name, port in zip(_PORTS, ports, strict=True)]
    workers = _free_range(_WORKERS)
    command = [
        str(python), "-m", "ray.scripts.scripts", "start", "--head", "--block", "--disable-usage-stats",
        "--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1", "--num-cpus=2",
        "--object-store-memory=100000000", f"--min-worker-port={workers}",
        f"--max-worker-port={workers + _WORKERS}", f"--temp-dir={folder}", *options,
    ]  # fmt: skip
    own = {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RAY_USAGE_STATS_ENABLED": "0",
        _MARK: mark,
    }
    address = f"http://127.0.0.1:{ports[_PORTS.index('dashboard-port')]}"
    with log.open("wb") as file:
        return subprocess.Popen(command, env=own, stdout=file, stderr=file, start_new_session=True), address


def _answers(child: "subprocess.Popen[bytes]", address: str) -> bool:
    patience = time.monotonic() + _START
    while time.monotonic() < patience and child.poll() is None:
        if _takes_jobs(address):
            return True
        time.sleep(0.5)
    return False


def _takes_jobs(address: str) -> bool:
    """The dashboard answers before there is an agent, without which no job can be submitted: try one."""
    try:
        asked = {"entrypoint": "true", "entrypoint_num_cpus": 0}
        return httpx.post(f"{address}/api/jobs/", json=asked, timeout=30, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def _free_range(count: int) -> int:
    """A first port below the ones the system gives out, with `count` free ones after it."""
    for first in range(20_100, 32_000, count + 1):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count + 1):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    pytest.skip(f"there are no {count} free ports in a row between 20100 and 32000")


def _end(mark: str) -> None:
    """End every process that carries the mark."""
    wanted = f"{_MARK}={mark}".encode()
    for number in (signal.SIGTERM, signal.SIGKILL):
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError, ValueError):
                if wanted in path.read_bytes().split(b"\0"):
                    os.kill(int(path.parent.name), number)
        time.sleep(1)
