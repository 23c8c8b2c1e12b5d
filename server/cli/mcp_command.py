"""`cuebook mcp`: the MCP server on standard input and output."""

from server.cli.session import Home, settings_of


def mcp(home: Home = None) -> None:
    """Serve MCP over stdio, for a client that starts this command itself."""
    from server.composition import compose
    from server.mcp import run_stdio

    run_stdio(compose(settings_of(home)))
