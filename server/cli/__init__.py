"""The command `cuebook`: one module a command, named after it."""

from server.cli.app import main

__all__ = ["main"]
