"""Watches over one job, apart from any server: run as a script with the job's working folder.

It reads `command.json`, and writes beside it, each whole or not at all:

    claim.json       who watches (pid, start); whoever creates it runs the job, so nobody runs it twice
    started.json     the child's pid, and when it began
    heartbeat.json   every second: time, memory, CPU
    log              standard output and error of the child, cut in the middle when it grows too long
    exit.json        what became of it: always the last file, and never changed

`cancel.json`, written by whoever wants the job to end, ends it. The supervisor leaves the process that started it
at once, so a server may end and come back meanwhile. Only the standard library is imported: it runs as long as
the job, once for each. Memory is watched because an address-space limit (RLIMIT_AS) would count what numpy only
reserves. Where there is no /proc, memory is not watched and only the child's group is ended.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TICK, BEAT, GRACE, LAST_WORDS = 0.1, 1.0, 5.0, 2.0  # seconds
TAIL = 16_384  # bytes of a log's end that are kept however long it gets
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PAGE, _TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def write_once(path: Path, value: Mapping[str, Any]) -> bool:
    """Create `path` with all of `value` in it, durably; false when it exists, which stays as it is."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    _write(draft, value)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    _sync_folder(path.parent)
    return True


def identity(pid: int) -> str:
    """`pid@start`, which no later process of that number shares; as `tools.state.process` spells it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{pid}@"
    return f"{pid}@" if fields[0] in "ZX" else f"{pid}@{fields[19]}.{boot[:8]}"


class Log:
    """Keeps the first `limit` bytes and the last `TAIL`."""

    def __init__(self, path: Path, *, limit: int) -> None:
        self._file = path.open("ab", buffering=0)
        self._limit = limit
        self._tail: deque[bytes] = deque()
        self._room, self._held, self._dropped = limit, 0, 0

    def add(self, data: bytes) -> None:
        head, rest = data[: self._room], data[self._room :]
        self._write(head)
        self._room -= len(head)
        if not rest:
            return
        if not self._held:
            self._write(b"\n[cuebook: the log is full; what follows is dropped but for its end]\n")
        self._tail.append(rest)
        self._held += len(rest)
        while self._held - len(self._tail[0]) >= TAIL:
            gone = len(self._tail.popleft())
            self._held -= gone
            self._dropped += gone

    def close(self) -> None:
        end = b"".join(self._tail)
        dropped = self._dropped + max(0, len(end) - TAIL)
        if end:
            self._write(f"\n[cuebook: {dropped} bytes were dropped here]\n".encode() + end[-TAIL:])
        self._file.close()

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk must not end the watch
            self._file.write(data)


class Watch:
    """One job from claim to exit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command: Mapping[str, Any] = json.loads((folder / "command.json").read_text())
        self._limits: Mapping[str, int] = self._command["limits"]
        self._libc = ctypes.CDLL(None)  # loaded before the fork
        self._selector = selectors.DefaultSelector()
        self._pid, self._pipe = 0, -1
        self._code: int | None = None
        self._began = 0.0
        self._cpu, self._peak = 0.0, 0

    def claim(self) -> bool:
        own = {"pid": os.getpid(), "process": identity(os.getpid()), "at": time.time()}
        return write_once(self._folder / "claim.json", own)

    def run(self) -> None:
        """Wait for a free slot, run the child, record its end."""
        with self._slot() as free:
            if not free:
                self._record("cancelled", "cancelled before it began")
                return
            self._prctl(_PR_SET_CHILD_SUBREAPER, 1)
            try:
                child = self._spawn()
            except (OSError, subprocess.SubprocessError) as error:
                self._record("failed", f"it could not be started: {error}")
                return
            self._began = time.monotonic()
            started = {"pid": child.pid, "process": identity(child.pid), "at": time.time()}
            _replace(self._folder / "started.json", started)
            self._watch(child)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[bool]:
        """Hold one of the slots that all jobs of a home share; false when cancelled while waiting."""
        slots = Path(self._command["slots"]["folder"])
        slots.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context((slots / f"{number}.lock").open("a"))
                for number in range(self._command["slots"]["count"])
            ]
            while not any(_locked(file.fileno()) for file in files) and not self._cancelled():
                self._beat()
                time.sleep(TICK)
            yield not self._cancelled()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command["argv"],
            cwd=self._folder,
            env=self._command["env"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            preexec_fn=self._prepare_child,  # noqa: PLW1509 - this process has one thread
        )

    def _prepare_child(self) -> None:
        self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        seconds = self._limits["cpu_seconds"] + int(GRACE)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(self._limits["niceness"])
        with contextlib.suppress(OSError):  # when memory runs out on the machine, jobs go first
            Path("/proc/self/oom_score_adj").write_text("500")

    def _prctl(self, option: int, value: int) -> None:
        if sys.platform == "linux":
            self._libc.prctl(option, value, 0, 0, 0)

    def _watch(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        self._pid, self._pipe = child.pid, child.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._log = Log(self._folder / "log", limit=self._limits["log_bytes"])
        verdict, beaten = None, 0.0
        while self._code is None and verdict is None:
            self._pump()
            verdict = self._over_limit()
            if time.monotonic() - beaten >= BEAT:
                beaten = time.monotonic()
                self._beat()
        ended_itself = self._code is not None
        self._end(gently=verdict is None or verdict[2])
        child.returncode = self._code  # reaped here, so that Popen does not look for it
        self._log.close()
        if verdict is None or ended_itself:
            self._record(*_verdict(self._code))
        else:
            self._record(*verdict[:2])

    def _pump(self) -> None:
        """Move output to the log for about one tick, and reap whoever ended."""
        until = time.monotonic() + TICK
        while self._code is None and (left := until - time.monotonic()) > 0:
            if not self._selector.get_map():
                time.sleep(min(left, TICK / 4))
            elif self._selector.select(left):
                self._read()
            self._reap()

    def _read(self) -> bool:
        try:
            data = os.read(self._pipe, 65_536)
        except BlockingIOError:
            return False
        if data:
            self._log.add(data)
        else:
            self._selector.unregister(self._pipe)
        return bool(data)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._pid:
                    self._code = os.waitstatus_to_exitcode(found[1])

    def _over_limit(self) -> tuple[str, str, bool] | None:
        """State, reason, and whether there is time to end it gently."""
        memory, limits = self._measure(), self._limits
        if memory > limits["memory_bytes"]:
            told = f"it used {memory:,} bytes of memory, and its limit is {limits['memory_bytes']:,} bytes"
            return "failed", f"stopped: {told}", False
        if self._cpu > limits["cpu_seconds"]:
            told = f"it used {self._cpu:,.0f} s of CPU time, and its limit is {limits['cpu_seconds']:,} s"
            return "failed", f"stopped: {told}", True
        if time.monotonic() - self._began > limits["wall_seconds"]:
            return "failed", f"stopped: it had not ended after {limits['wall_seconds']:,} s, its limit", True
        return ("cancelled", "cancelled", True) if self._cancelled() else None

    def _measure(self) -> int:
        """Bytes resident in the job's processes; pages that several of them share count once for each."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        memory, cpu = 0, ended.ru_utime + ended.ru_stime
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(OSError, IndexError, ValueError):
                memory += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                cpu += sum(int(field) for field in fields[11:15]) / _TICKS
        self._peak, self._cpu = max(self._peak, memory), max(self._cpu, cpu)
        return memory

    def _end(self, *, gently: bool) -> None:
        """End whatever is left of the job: the child, its group, and those of its descendants that left it."""
        if self._code is None and gently:
            self._signal(signal.SIGTERM)
            patience = time.monotonic() + GRACE
            while self._code is None and time.monotonic() < patience:
                self._pump()
        patience = time.monotonic() + GRACE
        while (self._code is None or _descendants(os.getpid())) and time.monotonic() < patience:
            self._signal(signal.SIGKILL)
            time.sleep(TICK / 10)
            self._reap()
        patience = time.monotonic() + LAST_WORDS
        while self._selector.get_map() and time.monotonic() < patience and self._read():
            pass
        self._measure()

    def _signal(self, number: int) -> None:
        if self._code is None:  # not reaped, so the number is still this child's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, number)
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _cancelled(self) -> bool:
        return (self._folder / "cancel.json").exists()

    def _beat(self) -> None:
        value = {"at": time.time(), "peak_memory_bytes": self._peak, "cpu_seconds": round(self._cpu, 2)}
        with contextlib.suppress(OSError):  # the next one may succeed
            _replace(self._folder / "heartbeat.json", value)

    def _record(self, state: str, reason: str) -> None:
        record = {
            "state": state,
            "reason": reason,
            "exit_code": self._code,
            "at": time.time(),
            "cpu_seconds": round(self._cpu, 2),
            "peak_memory_bytes": self._peak,
        }
        write_once(self._folder / "exit.json", record)


def main(arguments: list[str]) -> int:
    """Claim the job and go on in the background; 0 once it is claimed, by this process or an earlier one."""
    folder = Path(arguments[1]).resolve()
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        return 0 if os.read(read, 1) else 1
    os.close(read)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    watch = Watch(folder)
    mine = watch.claim()
    os.write(write, b"1")
    os.close(write)
    if mine:
        watch.run()
    return 0


def _verdict(code: int | None) -> tuple[str, str]:
    if code == 0:
        return "succeeded", ""
    if code is None:
        return "failed", "it could not be ended"
    if code > 0:
        return "failed", f"it ended with exit code {code}; its log says more"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    return "failed", f"{name} ended it, and its supervisor had not sent that; was the machine out of memory?"


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


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, value: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, value: Mapping[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
