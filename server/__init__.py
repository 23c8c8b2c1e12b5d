"""The doors: MCP, REST/SSE, web page and CLI over the same actions."""

__version__ = "0.1.0"
