"""Servers in processes of their own, and what they cost: CPU time and memory as the kernel counts them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds
_IDLE = 0.02  # CPU-seconds a second
_CUEBOOK = (sys.executable, "-c", "from server.cli import main; main()")


@dataclass(frozen=True)
class Child:
    """A server that answers at `address`."""

    address: str
    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of all its threads, in ticks of the kernel's clock (a hundredth of a second)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK

    def settle(self) -> None:
        """Wait until it does nothing by itself any more, such as loading modules that later calls need."""
        before = -1.0
        while (now := self.cpu_seconds()) - before > _IDLE:
            before = now
            time.sleep(1)

    def resident_megabytes(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def files_and_threads(self) -> tuple[int, int]:
        """How many files it holds open, and how many threads it has."""
        files, threads = (list(Path(f"/proc/{self.pid}/{each}").iterdir()) for each in ("fd", "task"))
        return len(files), len(threads)


def cuebook(home: Path, *arguments: str) -> None:
    """Run one of our commands to its end. Raises `CalledProcessError`."""
    subprocess.run([*_CUEBOOK, *arguments], check=True, env=environment(home), cwd=ROOT, capture_output=True)


@contextmanager
def serving(home: Path, *, log: Path) -> Iterator[Child]:
    """`cuebook serve` over `home`, on a free port."""
    with _started([*_CUEBOOK, "serve", "--port", "0"], environment(home), log) as child:
        yield child


@contextmanager
def bare_sdk(*, log: Path) -> Iterator[Child]:
    """`benchmarks.bare_server`, on a free port."""
    command = [sys.executable, "-m", "benchmarks.bare_server"]
    with _started(command, environment(Path("/nonexistent")), log) as child:
        yield child


def environment(home: Path) -> dict[str, str]:
    """Nobody's own settings, and an embedder that needs no model."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CUEBOOK_")}
    own = {"CUEBOOK_HOME": str(home), "CUEBOOK_EMBEDDER__KIND": "hashing", "PYTHONPATH": str(ROOT)}
    return {**kept, **own}


@contextmanager
def _started(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Child]:
    """Its standard error goes to `log`, where it also says on which address it serves."""
    with log.open("wb") as written:
        process = subprocess.Popen(list(command), env=dict(environment), cwd=ROOT, stderr=written)
    try:
        yield Child(_address(process, log), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    while True:
        if found := re.search(r"serves on (http://\S+)", log.read_text(errors="replace")):
            return found[1]
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"the server ended before it served:\n{log.read_text(errors='replace')[-2000:]}")
