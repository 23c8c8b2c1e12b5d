"""`cuebook mcp`: the MCP server on standard input and output."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli.session import Home, settings_of

Policy = Annotated[
    Path | None,
    typer.Option("--policy", help="A policy file of the client's own; it can only tighten the operator's."),
]
Toolsets = Annotated[
    str | None,
    typer.Option(
        help="Toolsets to list, by commas: ask, operate, recsys, admin, or all.", show_default="ask"
    ),
]


def mcp(toolsets: Toolsets = None, policy: Policy = None, home: Home = None) -> None:
    """Serve MCP over stdio, for a client that starts this command itself."""
    from server.composition import compose
    from server.mcp import run_stdio

    settings = settings_of(home, mcp=None if toolsets is None else {"toolsets": toolsets})
    cuebook = compose(settings, client_policy=policy)
    _ = cuebook.policies  # one that cannot be used is told now, not at the first call
    run_stdio(cuebook)
