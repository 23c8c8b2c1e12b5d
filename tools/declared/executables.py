"""Which program an argument vector starts: an absolute path, or a name that the operator gave one."""

import hashlib
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from tools.declared.allowed import Allowed
from tools.declared.templates import Argument
from tools.errors import Unavailable
from tools.plan import Target

_RUNS_ANYTHING = re.compile(
    r"(?:(?:a|ba|c|da|fi|k|mk|ok|pw|rba|s|tc|ya|z)?sh|busybox|toybox|"
    r"su|sudo|doas|pkexec|runuser|chroot|nsenter|unshare|setsid|systemd-run|ssh|"
    r"env|nohup|nice|ionice|chrt|taskset|flock|stdbuf|time|timeout|watch|script|strace|gdb|xargs|parallel|at|batch|"
    r"npx|uvx|pipx)(?:[-.]?\d[\w.-]*|[-.]static)?"
)
_INTERPRETER = re.compile(
    r"(?:python|pypy|perl|ruby|node|nodejs|deno|bun|php|lua|luajit|Rscript|java|tclsh|wish|guile|[gmn]?awk|sed)"
    r"(?:[-.]?\d[\w.-]*)?"
)
_TAKES_PROGRAM = re.compile(r"-[A-Za-z]*[cefm]|-jar|--eval|--file|--expression")


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
    if any(_RUNS_ANYTHING.fullmatch(name) for name in (path.name, path.resolve().name)):
        raise ValueError(
            f"{str(path)!r} runs other programs or shell lines; put what you want into a program file and name that"
        )


def check_interpreted(argv: Sequence[str], template: Sequence[Argument], allowed: Allowed | None) -> None:
    """Raises `ValueError` where a parameter could be the program that an interpreter runs, or an option before it."""
    named = Path(argv[0] if allowed is None else allowed.executables.get(argv[0], argv[0]))
    names = {named.name} if allowed is None else {named.name, named.resolve().name}
    if not any(_INTERPRETER.fullmatch(name) for name in names):
        return
    before = ""
    for text, each in zip(argv[1:], template[1:], strict=True):
        if each.parameter is not None:
            raise ValueError(
                f"{text!r} stands where {named.name} takes what it runs, and which program runs is a constant; put the path of "
                "a program file before it"
            )
        if _TAKES_PROGRAM.fullmatch(before) or (not text.startswith("-") and re.search(r"[/.]", text)):
            return
        before = text


def executable(program: str, allowed: Allowed) -> tuple[Path, Target]:
    """Where it lies, and the file with the hash of its content; links are followed but not replaced.

    Some programs, such as the Python of a virtual environment, go by the name that they are started under. Raises
    `Unavailable` when it cannot be run, or everybody may change or replace it.
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
    return named, file_target(named)


def file_target(path: Path) -> Target:
    """Raises `Unavailable` when it cannot be read, or everybody may change or replace it."""
    revision = hash_of(path)
    real = path.resolve()
    for each in (real, real.parent):
        mode = each.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise Unavailable(
                f"{str(each)!r} can be changed by everybody on this machine; chmod o-w it first"
            )
    return Target(ref=f"file:{path}", revision=revision)


def hash_of(path: Path) -> str:
    """SHA-256 of the content, in hex. Raises `Unavailable` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unavailable(f"{str(path)!r} cannot be read: {error.strerror}; tell its operator") from error
