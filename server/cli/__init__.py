"""The command `cuebook`: one module a command, named after it."""

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    try:
        from server.cli import app  # here, so that Ctrl-C while modules load shows no traceback either

        app.main(arguments)
    except KeyboardInterrupt:
        sys.exit(130)
