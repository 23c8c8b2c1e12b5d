"""The MCP door: tools, resources and prompts over the official SDK, both protocol eras."""

from server.mcp.server import build_mcp, run_stdio

__all__ = ["build_mcp", "run_stdio"]
