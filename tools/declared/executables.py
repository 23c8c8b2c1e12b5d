"""Which program an argument vector starts: an absolute path, or a name that the operator gave one."""

import hashlib
import stat
from pathlib import Path

from tools.declared.allowed import Allowed
from tools.errors import Unavailable
from tools.plan import Target

_RUNS_ANYTHING = frozenset(
    [
        "ash",
        "bash",
        "busybox",
        "chroot",
        "csh",
        "dash",
        "doas",
        "env",
        "fish",
        "ksh",
        "nohup",
        "nsenter",
        "nice",
        "parallel",
        "pwsh",
        "rbash",
        "runuser",
        "setsid",
        "sh",
        "ssh",
        "stdbuf",
        "su",
        "sudo",
        "tcsh",
        "time",
        "timeout",
        "unshare",
        "watch",
        "xargs",
        "zsh",
    ]
)


def check_program(program: str, allowed: Allowed) -> None:
    """Raises `ValueError` for a program that may not be named, without looking whether it is there."""
    path = Path(program) if program.startswith("/") else allowed.executables.get(program)
    if path is None:
        known = ", ".join(sorted(allowed.executables)) or "none"
        raise ValueError(
            f"the executable {program!r} is neither an absolute path nor one that the operator allowed by name in "
            f"CUEBOOK_ACTIONS__EXECUTABLES ({known})"
        )
    refuse_shells(path)


def refuse_shells(path: Path) -> None:
    """Raises `ValueError` for a program that would run whatever text it is given."""
    if {path.name, path.resolve().name} & _RUNS_ANYTHING:
        raise ValueError(
            f"{str(path)!r} runs other programs or shell lines; put what you want into a program file and name that"
        )


def executable(program: str, allowed: Allowed) -> tuple[Path, Target]:
    """Where it lies, and the file with the hash of its content; links are followed but not replaced.

    Some programs, such as the Python of a virtual environment, go by the name that they are started under. Raises
    `Unavailable` when it cannot be run or everybody may change it.
    """
    named = Path(program) if program.startswith("/") else allowed.executables[program]
    path = named.resolve()
    try:
        found = path.stat()
        refuse_shells(path)
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"the executable {str(named)!r} cannot be used: {error}; tell its operator"
        ) from error
    if not stat.S_ISREG(found.st_mode) or not found.st_mode & 0o111:
        raise Unavailable(f"{str(named)!r} is no executable file; make it one (chmod +x) or correct the path")
    if found.st_mode & stat.S_IWOTH:
        raise Unavailable(f"{str(path)!r} can be changed by everybody on this machine; chmod o-w it first")
    return named, file_target(named)


def file_target(path: Path) -> Target:
    return Target(ref=f"file:{path}", revision=hash_of(path))


def hash_of(path: Path) -> str:
    """SHA-256 of the content, in hex. Raises `Unavailable` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unavailable(f"{str(path)!r} cannot be read: {error.strerror}; tell its operator") from error
