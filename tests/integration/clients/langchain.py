"""LangChain's own MCP adapter: what its tools are called and answer, as JSON on standard output."""

import asyncio
import json
import sys
import warnings
from collections.abc import Awaitable

warnings.simplefilter("ignore")  # the module says that it is in beta

from langchain.mcp import MCPAdapter  # noqa: E402 - after the filter


async def main(target: dict) -> dict:
    async with MCPAdapter(target["url"]) as adapter:
        tools = {tool.name: tool for tool in await adapter.list_tools()}
        asked = await tools["ask"].ainvoke({"question": "How do I restart the ranker?"})
        planned = await tools["call_action"].ainvoke({"name": "refresh_index", "arguments": {}})
        digest = json.loads(text_of(planned))["digest"]
        missing = await error_of(tools["describe_entity"].ainvoke({"entity": "none"}))
        applied = await tools["apply_plan"].ainvoke({"digest": digest})
    return {
        "tools": list(tools),
        "answer": json.loads(text_of(asked))["answer"],
        "planned": json.loads(text_of(planned))["status"],
        "applied": json.loads(text_of(applied))["status"],
        "error": missing,
    }


async def error_of(call: Awaitable[object]) -> str:
    """What a failed tool says, whether the adapter raises it or answers it."""
    try:
        return str(await call)
    except Exception as error:
        return str(error)


def text_of(answer: object) -> str:
    """A tool of LangChain answers text or blocks of content."""
    return answer if isinstance(answer, str) else answer[0]["text"]


print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
