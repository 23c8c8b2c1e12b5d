"""A trivial tool on the MCP SDK alone, served as ours is: what a call costs at the least."""

import asyncio
import socket
import sys

import uvicorn
from mcp.server import MCPServer


def main() -> None:
    server = MCPServer("bare", log_level="WARNING")

    @server.tool()
    async def add(left: int, right: int) -> int:
        """Add two numbers."""
        return left + right

    asyncio.run(_serve(uvicorn.Config(server.streamable_http_app(), log_config=None, access_log=False)))


async def _serve(config: uvicorn.Config) -> None:
    server = uvicorn.Server(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.02)
        print(f"serves on http://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
        await serving


if __name__ == "__main__":
    main()
