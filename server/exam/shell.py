"""The agent's shell: runs our command line as its own account would, without a terminal unless one is typed at.

Run as a program it imports the command line once and forks for each order, because starting Python takes longer than
most commands. Orders and answers are JSON, a line each. Other programs than ours are started as they are.
"""

import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from server.exam.typing_at import ended, typed_at

_LONGEST = 60.0  # seconds that a command may take
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


@dataclass(frozen=True)
class Ran:
    """A command's exit code and everything it printed, on standard output, standard error or its terminal."""

    code: int
    output: str


class Shell:
    """One account's shell; close it at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from server.exam.shell import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**_environment(), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        given: str = "",
        typed: Sequence[tuple[str, str]] = (),
    ) -> Ran:
        """Raises `FileNotFoundError` for a program that is not installed. Call it on a worker thread."""
        variables = {**_environment(), **environment}
        if command[0] != "cuebook":
            return _other(command, folder=folder, environment=variables, given=given)
        order = {
            "arguments": list(command[1:]),
            "folder": str(folder),
            "environment": variables,
            "given": given,
            "typed": [list(each) for each in typed],
        }
        assert self._process.stdin and self._process.stdout  # noqa: S101 - both are pipes
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ran(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate(timeout=_LONGEST)


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def _other(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], given: str) -> Ran:
    done = subprocess.run(
        list(command),
        cwd=folder,
        env=dict(environment),
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        check=False,
        timeout=_LONGEST,
    )
    return Ran(done.returncode, done.stdout)


def main(orders: TextIO = sys.stdin, answers: TextIO = sys.stdout) -> None:
    """Serve orders until there are no more."""
    # What commands load late is loaded before the first fork.
    import tools.call
    import tools.state  # noqa: F401
    from server.cli.app import main as cuebook

    for line in orders:
        order = json.loads(line)
        ran = (_on_a_terminal if order["typed"] else _without_a_terminal)(cuebook, order)
        answers.write(json.dumps(vars(ran)) + "\n")
        answers.flush()


def _without_a_terminal(cuebook: Any, order: Mapping[str, Any]) -> Ran:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(order["given"].encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            os.setsid()
            for descriptor, file in ((0, given), (1, printed), (2, printed)):
                os.dup2(file.fileno(), descriptor)
            _become(cuebook, order)
        code = ended(child, seconds=_LONGEST)
        printed.seek(0)
        return Ran(code, printed.read().decode("utf-8", "replace"))


def _on_a_terminal(cuebook: Any, order: Mapping[str, Any]) -> Ran:
    """Each answer is typed once its prompt is on the screen."""
    child, terminal = pty.fork()
    if child == 0:
        _become(cuebook, order)
    screen = typed_at(terminal, order["typed"], seconds=_LONGEST)
    os.close(terminal)
    return Ran(ended(child, seconds=_LONGEST), screen)


def _become(cuebook: Any, order: Mapping[str, Any]) -> NoReturn:
    code: object = 1
    try:
        sys.stdin, sys.stdout, sys.stderr = (
            open(  # noqa: SIM115 - they end with the process
                descriptor, mode, encoding="utf-8", closefd=False
            )
            for descriptor, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        cuebook(order["arguments"])
        code = 0
    except SystemExit as left:
        code = left.code
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)
