"""Which process does something, told apart from a later one that was given the same number."""

import os
import sys
from pathlib import Path


def this_process() -> str:
    """The name of the process that asks."""
    return process_named(os.getpid())


def process_named(pid: int) -> str:
    """`pid@start`: the start in the kernel's clock ticks since boot and the boot's id, where the system tells."""
    return f"{pid}@{_started(pid)}"


def is_alive(process: str) -> bool:
    """Whether that very process still runs on this machine."""
    number, _, started = process.partition("@")
    if not number.isdigit():
        return False
    return _exists(int(number)) and _started(int(number)) == started


def _exists(pid: int) -> bool:
    if sys.platform == "win32":  # there os.kill(pid, 0) would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    try:
        # The second field is the command in parentheses, which may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{fields[19]}.{boot[:8]}"
