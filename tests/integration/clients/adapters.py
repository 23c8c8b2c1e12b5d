"""`langchain-mcp-adapters` on a 1.x SDK, which speaks the eras with a handshake; JSON on standard output."""

import asyncio
import json
import sys

from langchain_mcp_adapters.client import MultiServerMCPClient


async def main(target: dict) -> dict:
    place = (
        {"transport": "streamable_http", "url": target["url"]}
        if "url" in target
        else {
            "transport": "stdio",
            **target["stdio"],
        }
    )
    client = MultiServerMCPClient({"cuebook": place})
    tools = {tool.name: tool for tool in await client.get_tools()}
    asked = await tools["ask"].ainvoke({"question": "How do I restart the ranker?"})
    planned = await tools["call_action"].ainvoke({"name": "refresh_index", "arguments": {}})
    applied = await tools["apply_plan"].ainvoke({"digest": json.loads(text_of(planned))["digest"]})
    missing = await tools["describe_entity"].ainvoke({"entity": "none"})
    return {
        "tools": list(tools),
        "answer": json.loads(text_of(asked))["answer"],
        "planned": json.loads(text_of(planned))["status"],
        "applied": json.loads(text_of(applied))["status"],
        "error": text_of(missing),
    }


def text_of(answer: object) -> str:
    """A tool of LangChain answers text or blocks of content."""
    return answer if isinstance(answer, str) else answer[0]["text"]


print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
