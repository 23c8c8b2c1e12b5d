"""FastMCP's client, over HTTP and stdio: what it lists, asks, plans and applies, as JSON on standard output."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main(target: dict) -> dict:
    place = target["url"] if "url" in target else StdioTransport(**target["stdio"])
    async with Client(place) as client:
        tools = [tool.name for tool in await client.list_tools()]
        asked = await client.call_tool("ask", {"question": "How do I restart the ranker?"})
        planned = await client.call_tool("call_action", {"name": "refresh_index", "arguments": {}})
        applied = await client.call_tool("apply_plan", {"digest": planned.structured_content["digest"]})
        missing = await client.call_tool("describe_entity", {"entity": "none"}, raise_on_error=False)
    return {
        "tools": tools,
        "answer": asked.structured_content["answer"],
        "planned": planned.structured_content["status"],
        "applied": applied.structured_content["status"],
        "error": missing.content[0].text if missing.is_error else "",
    }


print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
